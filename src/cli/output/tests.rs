//! What reaches a terminal, a pipe and a machine.

use super::*;

fn printer(mode: Mode) -> Printer {
    Printer { mode, pager: None }
}

const COLUMNS: &[Column] = &[col("key"), long("title"), num("n")];

fn rows() -> Vec<Vec<Safe>> {
    [
        ["F-1", "a\x1b[31m\ttitle that is rather long", "7"],
        ["F-22", "日本", "12"],
    ]
    .iter()
    .map(|row| row.iter().map(|c| Safe::new(c)).collect())
    .collect()
}

#[test]
fn plain_text_is_aligned_and_marked() {
    let text = printer(Mode::Text).table(COLUMNS, &rows());
    assert_eq!(
        text,
        "KEY   TITLE                              N\n\
         F-1   a␛[31m␉title that is rather long   7\n\
         F-22  日本                              12\n"
    );
}

#[test]
fn a_terminal_gets_lines_that_fit() {
    let mode = Mode::Table { width: 30, bold: false };
    let text = printer(mode).table(COLUMNS, &rows());
    for line in text.lines() {
        assert!(Safe::new(line).width() <= 30, "{line}");
    }
    assert!(text.contains("a␛[31m␉title tha"), "{text}");
}

#[test]
fn tab_separated_rows_have_no_header_and_no_stray_tab() {
    let text = printer(Mode::Plain).table(COLUMNS, &rows());
    assert_eq!(text, "F-1\ta␛[31m␉title that is rather long\t7\nF-22\t日本\t12\n");
}

#[test]
fn json_keeps_its_meaning_and_steers_no_terminal() {
    let hostile = "a\u{1b}[31m \u{202e}b\u{9b}c\u{7f} \u{e0041} é 日本 👍 \"q\\\"";
    let text = json_safe(&serde_json::to_string(hostile).unwrap());
    assert!(
        text.contains("\\u202e") && text.contains("\\u009b") && text.contains("\\u007f"),
        "{text}"
    );
    assert!(text.contains("\\udb40\\udc41") && text.contains("é 日本 👍"), "{text}");
    assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
}

/// Every control, bidi, invisible and tag character, alone and inside a word, and the sequences terminals obey.
fn corpus() -> Vec<String> {
    let mut all: Vec<String> = [
        "\u{1b}[31mred",
        "\u{1b}]0;t\u{7}",
        "\u{1b}]8;;http://e.test\u{1b}\\l",
        "\u{1b}]52;c;ZQ==\u{7}",
    ]
    .map(str::to_owned)
    .to_vec();
    let ranges = [
        0..=0x1f,
        0x7f..=0x9f,
        0x200b..=0x200f,
        0x2028..=0x202e,
        0x2060..=0x206f,
        0xfff9..=0xfffb,
        0xe0000..=0xe007f,
    ];
    for c in ranges
        .into_iter()
        .flatten()
        .chain([0xad, 0x61c, 0x180e, 0xfeff])
        .filter_map(char::from_u32)
    {
        all.push(c.to_string());
        all.push(format!("a{c}b"));
    }
    all
}

#[test]
fn nothing_of_the_corpus_passes_any_way_of_printing() {
    let modes = [
        Mode::Text,
        Mode::Plain,
        Mode::Table { width: 40, bold: false },
        Mode::Table { width: 20, bold: true },
    ];
    let mut checked = 0;
    for hostile in corpus() {
        let row = vec![Safe::new(&hostile), Safe::new(&hostile), Safe::new("1")];
        let mut texts: Vec<String> = modes
            .iter()
            .map(|mode| printer(*mode).table(COLUMNS, std::slice::from_ref(&row)))
            .collect();
        texts.push(json_safe(&serde_json::to_string_pretty(&[&hostile]).unwrap()));
        for text in texts {
            let ours = text.replace("\x1b[1m", "").replace("\x1b[0m", "");
            let raw = ours.chars().find(|c| !matches!(c, '\n' | '\t') && !is_safe(*c));
            assert_eq!(raw, None, "{hostile:?} in {ours:?}");
            checked += 1;
        }
    }
    assert!(checked > 300 * 5, "{checked}");
}
