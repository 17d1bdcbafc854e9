//! Words as shells have them: quotes taken off, flags found, and an answer written the way each shell reads it.

use std::ffi::OsString;

use super::Shell;

/// A word as the program would get it. A quote may still be open.
#[must_use]
pub fn unquote(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut quote = None;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '\\') => out.extend(chars.next()),
            (Some('"'), '\\') => match chars.next() {
                Some(next @ ('"' | '\\' | '$' | '`')) => out.push(next),
                next => {
                    out.push('\\');
                    out.extend(next);
                }
            },
            (_, c) => out.push(c),
        }
    }
    out
}

/// The last value of a flag among words that nobody has parsed yet.
#[must_use]
pub fn flag(words: &[OsString], flag: &str) -> Option<String> {
    let mut found = None;
    let mut words = words.iter().map(|w| w.to_string_lossy());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if word == flag {
            found = words.next().map(std::borrow::Cow::into_owned);
        } else if let Some(value) = word.strip_prefix(flag).and_then(|rest| rest.strip_prefix('=')) {
            found = Some(value.to_owned());
        }
    }
    found.filter(|value| !value.is_empty())
}

/// One line of an answer. bash is given only what it will put in; `kept` is what stays before that.
#[must_use]
pub fn line(shell: Shell, value: &str, kept: &str, help: &str) -> String {
    match shell {
        Shell::Bash => match value.strip_prefix(kept) {
            Some(rest) => format!("{rest}\n"),
            None => String::new(),
        },
        Shell::Zsh => {
            let value = value.replace('\\', "\\\\").replace(':', "\\:");
            if help.is_empty() {
                format!("{value}\n")
            } else {
                format!("{value}:{}\n", help.replace('\\', "\\\\"))
            }
        }
        Shell::Fish if help.is_empty() => format!("{value}\n"),
        Shell::Fish => format!("{value}\t{help}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_come_off_open_or_closed() {
        for (word, want) in [
            ("plain", "plain"),
            ("'sev:>=high cl", "sev:>=high cl"),
            ("\"a \\\"b\\\" \\n $x", "a \"b\" \\n $x"),
            ("a\\ b", "a b"),
            ("client:'ac me'", "client:ac me"),
            ("\\", ""),
            ("", ""),
        ] {
            assert_eq!(unquote(word), want, "{word}");
        }
    }

    #[test]
    fn flags_are_found_in_both_spellings_and_the_last_one_counts() {
        let of = |words: &[&str]| flag(&words.iter().map(OsString::from).collect::<Vec<_>>(), "--profile");
        assert_eq!(
            of(&["riskdesk", "--profile", "one", "--profile=two"]).as_deref(),
            Some("two")
        );
        assert_eq!(of(&["riskdesk", "--profile"]), None);
        assert_eq!(of(&["riskdesk", "--profile="]), None);
        assert_eq!(of(&["riskdesk", "--profiles", "x", "--", "--profile", "y"]), None);
    }

    #[test]
    fn each_shell_gets_what_it_reads() {
        assert_eq!(line(Shell::Bash, "client:acme", "client:", "ACME"), "acme\n");
        assert_eq!(line(Shell::Bash, "P-4Q7M", "p-", "x"), "");
        assert_eq!(
            line(Shell::Zsh, "client:acme", "", "A: \\b"),
            "client\\:acme:A: \\\\b\n"
        );
        assert_eq!(line(Shell::Fish, "acme", "", "ACME"), "acme\tACME\n");
        assert_eq!(line(Shell::Fish, "acme", "", ""), "acme\n");
    }
}
