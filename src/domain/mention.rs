//! Names called in a text: `@ana`, `@ana@agency.test`.

/// The most people one text can call.
pub const CALLED_MAX: usize = 20;

/// What stands behind each `@` that begins a word, in lower case, each once and in order.
#[must_use]
pub fn called(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let opens = |c: char| c.is_whitespace() || matches!(c, '(' | '[' | ',' | ';' | '"' | '\'');
    for word in text.split(opens) {
        let Some(name) = word.strip_prefix('@') else { continue };
        let part = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '@');
        let name: String = name.chars().take_while(part).collect();
        // A sentence may end right behind a name.
        let name = name.trim_end_matches(['.', '-', '@']).to_lowercase();
        if !name.is_empty() && !out.contains(&name) && out.len() < CALLED_MAX {
            out.push(name);
        }
    }
    out
}

/// Whether a name calls the person with this e-mail: the whole address, or what stands before its `@`.
#[must_use]
pub fn calls(name: &str, email: &str) -> bool {
    let email = email.to_lowercase();
    name == email || email.split_once('@').is_some_and(|(local, _)| local == name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("@ana look", &["ana"])]
    #[case("ask @Ana@Alpha.test, (@bob) and @ana@alpha.test.", &["ana@alpha.test", "bob"])]
    #[case("mail ana@alpha.test or a@b", &[])]
    #[case("@ @. @@", &[])]
    #[case("@ana: why?\n@ana.", &["ana"])]
    fn names_behind_an_at_are_called(#[case] text: &str, #[case] names: &[&str]) {
        assert_eq!(called(text), names);
    }

    #[test]
    fn an_address_or_its_beginning_calls() {
        assert!(calls("ana", "Ana@alpha.test"));
        assert!(calls("ana@alpha.test", "ana@alpha.test"));
        assert!(!calls("an", "ana@alpha.test"));
        assert!(!calls("ana@beta.test", "ana@alpha.test"));
    }

    #[test]
    fn a_wall_of_names_calls_a_few() {
        let wall: String = (0..5_000).map(|n| format!("@u{n} ")).collect();
        assert_eq!(called(&wall).len(), CALLED_MAX);
    }
}
