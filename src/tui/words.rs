//! Words that depend on a number.

/// `1 draft`, `2 drafts`.
pub fn counted(n: usize, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(0, "draft"), "0 drafts");
        assert_eq!(counted(1, "draft"), "1 draft");
        assert_eq!(counted(2, "draft"), "2 drafts");
    }
}
