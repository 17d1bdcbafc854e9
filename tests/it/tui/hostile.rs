//! Check 8 in the console: hostile text in every field of every noun, through every pane, sheet and text field. What
//! reaches the screen is safe text in every cell, with the attack visibly marked.

use riskdesk::api::act::{Act, ActState, ListActs, ShowAct};
use riskdesk::api::correction::{Correction, CorrectionDone, CorrectionKind, MergeFindings, Related};
use riskdesk::api::finding::ShowRecord;
use riskdesk::domain::safe::Safe;
use riskdesk::tui::effect::Fault;

use super::*;
use crate::support::checked;

/// What an attacker plants: control characters, sequences, reordering, hiding, piling, length.
fn payloads() -> Vec<String> {
    let mut out: Vec<String> = [
        "\u{1b}[31mred",
        "\u{1b}[2J",
        "\u{1b}[H",
        "\u{1b}]0;title\u{7}",
        "\u{1b}]0;title\u{1b}\\",
        "\u{1b}]8;;https://evil.test\u{7}link\u{1b}]8;;\u{7}",
        "\u{1b}]52;c;ZXZpbA==\u{7}",
        "\u{1b}P+q544e\u{1b}\\",
        "\u{1b}_apc\u{1b}\\",
        "\u{1b}^pm\u{1b}\\",
        "\u{1b}[?1049l",
        "\u{1b}[6n",
        "\u{1b}[>c",
        "\u{1b}c",
        "\u{9b}31m",
        "\u{9d}0;title\u{9c}",
        "\u{90}q\u{9c}",
        "a\rb",
        "a\nb",
        "a\u{8}b",
        "a\tb",
        "\u{7}\u{7}",
        "\0nul",
        "\u{7f}del",
        "\u{85}nel",
        "\u{202e}fdp.exe",
        "\u{202d}ltr",
        "\u{2066}iso\u{2069}",
        "\u{2067}rtl",
        "\u{61c}alm",
        "\u{200f}rlm",
        "\u{200b}zero",
        "\u{200d}join",
        "\u{feff}bom",
        "\u{2060}wj",
        "\u{ad}shy",
        "\u{2028}line",
        "\u{2029}par",
        "\u{e0041}\u{e007f}tags",
        "\u{fe0f}vs",
        "\u{3164}filler",
        "\u{115f}jamo",
        "\u{f0000}private",
        "\u{e000}pua",
        "\u{34f}cgj",
        "\u{180e}mvs",
        "\u{1d173}beam",
        "\u{fff9}anno\u{fffb}",
        "\u{20dd}enclose",
        "\u{ffff}non",
    ]
    .iter()
    .map(|s| (*s).to_owned())
    .collect();
    out.push(format!("z{}", "\u{301}".repeat(200)));
    out
}

/// Lines that never end.
fn long() -> [String; 2] {
    ["x".repeat(100_000), "東".repeat(5_000)]
}

/// The payloads at the beginning, in the middle, at the end, doubled, and inside a host and a path.
pub fn corpus() -> Vec<String> {
    let around: [fn(&str) -> String; 6] = [
        |p| p.to_owned(),
        |p| format!("before {p} after"),
        |p| format!("end {p}"),
        |p| format!("{p}{p}"),
        |p| format!("https://{p}.test/path"),
        |p| format!("src/{p}/main.rs:12"),
    ];
    let short = payloads();
    let all = short.iter().flat_map(|p| around.iter().map(move |a| a(p)));
    all.chain(long()).collect()
}

/// Whether every cell of the screen holds safe text.
pub fn offences(desk: &mut Harness) -> Vec<String> {
    let buffer = desk.draw();
    let cells = buffer.content.iter().map(ratatui::buffer::Cell::symbol);
    let bad = cells.filter(|symbol| Safe::new(symbol).as_str() != *symbol && !is_tail(symbol));
    bad.map(|symbol| symbol.escape_unicode().to_string()).collect()
}

/// A combining mark alone in a symbol stands behind its letter in the cell before.
fn is_tail(symbol: &str) -> bool {
    symbol.is_empty()
}

#[test]
fn hostile_text_reaches_no_cell_of_any_pane_or_sheet() {
    let mut count = 0;
    let mut failed = Vec::new();
    for text in corpus() {
        let mut desk = Harness::new(120, 40).signed_in(Role::Admin);
        let mut look = |desk: &mut Harness, place: &str| {
            let bad = offences(desk);
            count += 1;
            if !bad.is_empty() {
                failed.push(format!("{place}: {} in {}", bad.join(" "), text.escape_debug()));
            }
        };
        fill(&mut desk, &text);
        look(&mut desk, "panes");
        desk.resize(80, 24);
        for pane in ["1", "2", "3", "4"] {
            desk.press(pane);
            look(&mut desk, "pane");
        }
        desk.press("1j<enter>");
        fill(&mut desk, &text);
        look(&mut desk, "breadcrumbs");
        desk.press("e");
        look(&mut desk, "edit client");
        desk.paste(&text)
            .press("<tab>")
            .paste(&text)
            .press("<tab><tab>")
            .paste(&text);
        look(&mut desk, "pasted into the form");
        desk.press("<esc>0.");
        fill(&mut desk, &text);
        look(&mut desk, "pin");
        desk.press(".2m");
        fill(&mut desk, &text);
        look(&mut desk, "place picker");
        desk.paste(&text);
        look(&mut desk, "pasted into the picker");
        desk.press("<esc>3<enter>");
        fill(&mut desk, &text);
        look(&mut desk, "facts");
        for tab in ["places", "comments", "history"] {
            desk.press("l");
            fill(&mut desk, &text);
            look(&mut desk, tab);
        }
        desk.press("<esc>w");
        fill(&mut desk, &text);
        look(&mut desk, "why");
        desk.press("<esc>M");
        fill(&mut desk, &text);
        look(&mut desk, "what is related");
        desk.press("<enter>");
        fill(&mut desk, &text);
        look(&mut desk, "what a merge would do");
        desk.press("<esc>W");
        fill(&mut desk, &text);
        look(&mut desk, "raw record");
        desk.press("d");
        look(&mut desk, "raw record alone");
        desk.press("<esc>Y");
        fill(&mut desk, &text);
        look(&mut desk, "copy menu");
        desk.press("t");
        look(&mut desk, "what was copied");
        let harmless = |c: char| {
            c == '\n' || !(c.is_control() || "\u{202a}\u{202d}\u{202e}\u{2066}\u{2067}\u{2069}\u{200b}".contains(c))
        };
        assert!(desk.copied.iter().all(|t| t.chars().all(harmless)));
        desk.press("z");
        fill(&mut desk, &text);
        look(&mut desk, "undo");
        desk.press("<esc>!");
        fill(&mut desk, &text);
        look(&mut desk, "inbox");
        desk.press("<esc>B");
        fill(&mut desk, &text);
        look(&mut desk, "handover");
        desk.press("y<esc>@");
        look(&mut desk, "log of calls");
        desk.press("<esc>s");
        fill(&mut desk, &text);
        desk.press("x").paste(&text);
        look(&mut desk, "move sheet");
        desk.press("<ctrl-s>");
        if desk.call::<MoveFinding>().is_some() {
            desk.refuse::<MoveFinding>(problem(Code::InvalidRequest, &text));
        }
        look(&mut desk, "a refusal in a sheet");
        desk.press("<ctrl-x>").edited(&text);
        look(&mut desk, "what came from the editor");
        desk.press("<esc>:drafts<enter>");
        look(&mut desk, "drafts");
        desk.press("<esc>");
        desk.press("<esc>c").paste(&text);
        look(&mut desk, "comment");
        desk.press("<esc>a");
        look(&mut desk, "person");
        desk.press("<esc>f").paste(&text).press("<enter>");
        look(&mut desk, "query");
        desk.press("<esc>/").paste(&text).press("<enter>");
        look(&mut desk, "find");
        desk.press(":").paste(&text).press("<enter>");
        look(&mut desk, "palette");
        desk.press("<esc>r");
        desk.refuse::<ListFindings>(Fault::Unreachable(text.clone()));
        look(&mut desk, "a fault");
    }
    assert!(failed.is_empty(), "{:#?}", &failed[..failed.len().min(10)]);
    assert!(corpus().len() >= 300);
    checked("check 8: hostile text in the console", count, failed.len(), 300 * 20);
}

#[test]
fn what_was_hostile_is_marked_and_not_hidden() {
    let mut desk = Harness::new(120, 40).signed_in(Role::Admin);
    fill(&mut desk, "abc\u{202e}fdp\u{1b}[2J");
    let screen = desk.screen();
    assert!(screen.contains("abc‹U+202E›fdp␛[2J"), "{screen}");
}

#[test]
fn pasting_into_a_list_does_nothing_and_into_a_field_types() {
    let mut desk = Harness::new(120, 40).signed_in(Role::Admin);
    settle(&mut desk);
    let mut count = 0;
    for text in corpus() {
        desk.paste(&text).paste("\nq\n:quit\n");
        assert!(!desk.has_quit());
        assert!(desk.calls().is_empty(), "{:#?}", desk.calls());
        count += 1;
    }
    checked("check 9: pastes that act", count, 0, 300);
}

/// Answers everything that is asked with hostile text in every field.
fn fill(desk: &mut Harness, text: &str) {
    for _ in 0..40 {
        if desk.call::<ListClients>().is_some() {
            let mut row = client(1, "acme", text);
            row.contact_email = Some(text.into());
            row.external_ref = Some(text.into());
            row.notes = text.into();
            row.account_manager.name = text.into();
            desk.reply::<ListClients>(page(vec![row]));
        } else if desk.call::<ListProjects>().is_some() {
            let mut row = project(1, "P-4Q7M", text, Some(reference(1, "acme", text)));
            row.badges.fix.state = text.into();
            desk.reply::<ListProjects>(page(vec![row]));
        } else if desk.call::<ListFindings>().is_some() {
            desk.reply::<ListFindings>(page(vec![hostile_finding(text)]));
        } else if desk.call::<ListQueue>().is_some() {
            let mut item = queue().items.remove(1);
            item.finding = hostile_finding(text);
            if let Some(holder) = &mut item.holder {
                holder.user.name = text.into();
            }
            desk.reply::<ListQueue>(page(vec![item]));
        } else if desk.call::<CountLanes>().is_some() {
            desk.reply::<CountLanes>(LaneCounts { lanes: Vec::new() });
        } else if desk.call::<ShowFinding>().is_some() {
            let mut all = detail(hostile_finding(text));
            all.description = text.into();
            all.remediation = text.into();
            all.references = vec![text.into()];
            all.due_reason = Some(text.into());
            all.corrections = vec![hostile_correction(text)];
            all.related = vec![Related {
                finding: hostile_finding(text),
                why: text.into(),
            }];
            desk.reply::<ShowFinding>(all);
        } else if desk.call::<ListOccurrences>().is_some() {
            desk.reply::<ListOccurrences>(page(vec![place(0, text, false)]));
        } else if desk.call::<ListComments>().is_some() {
            let mut comment = comments().items.remove(1);
            comment.text = text.into();
            comment.author.name = text.into();
            desk.reply::<ListComments>(page(vec![comment]));
        } else if desk.call::<ListHistory>().is_some() {
            let mut entry = history().items.remove(0);
            entry.notes = text.into();
            entry.rule = Some(text.into());
            entry.act = text.into();
            entry.to = None;
            entry.via = Some(text.into());
            desk.reply::<ListHistory>(page(vec![entry]));
        } else if desk.call::<ShowRecord>().is_some() {
            let mut all = layers::records(text, Some("before"));
            all.place = text.into();
            if let Some(latest) = &mut all.latest {
                latest.file = text.into();
            }
            desk.reply::<ShowRecord>(all);
        } else if desk.call::<ListActs>().is_some() {
            desk.reply::<ListActs>(page(vec![hostile_act(text)]));
        } else if desk.call::<ShowAct>().is_some() {
            let mut shown = layers::preview(hostile_act(text));
            shown.also = vec![text.into()];
            shown.not_undone = vec![text.into()];
            for change in &mut shown.changes {
                (change.field, change.from, change.to) = (text.into(), text.into(), text.into());
                change.object.name = text.into();
            }
            desk.reply::<ShowAct>(shown);
        } else if desk.call::<MergeFindings>().is_some() {
            desk.reply::<MergeFindings>(CorrectionDone {
                applied: false,
                act: None,
                finding: hostile_finding(text),
                made: None,
                says: vec![text.into()],
                client_sees: vec![text.into()],
            });
        } else if desk.call::<ExplainFinding>().is_some() {
            desk.reply::<ExplainFinding>(Explanation {
                fingerprint_version: 1,
                fields: vec![(text.into(), text.into())],
                hash: text.into(),
                imports: Vec::new(),
                corrections: vec![hostile_correction(text)],
                moves: vec![HistoryEntry {
                    by: None,
                    rule: Some(text.into()),
                    act: text.into(),
                    to: None,
                    notes: text.into(),
                    via: Some(text.into()),
                    ..history().items.remove(0)
                }],
            });
        } else {
            return;
        }
    }
}

fn hostile_act(text: &str) -> Act {
    layers::act(1, text, ActState::Undoable)
}

fn hostile_correction(text: &str) -> Correction {
    Correction {
        kind: CorrectionKind::Merged,
        key: text.into(),
        title: text.into(),
        tool: text.into(),
        hash: text.into(),
        fingerprint_version: 1,
        fields: vec![(text.into(), text.into())],
        occurrences: 1,
        by: Some(text.into()),
        at: NOON,
    }
}

fn hostile_finding(text: &str) -> Finding {
    let mut row = finding(0, "F-7K3QX2", text, Severity::High, Status::Open);
    row.tool = text.into();
    row.cve = vec![text.into()];
    row.client = Some(reference(1, "acme", text));
    row.project = reference(101, "P-4Q7M", text);
    row.assignee = Some(PersonRef {
        name: text.into(),
        ..ada()
    });
    if let Some(cvss) = &mut row.cvss {
        cvss.vector = text.into();
        cvss.version = text.into();
    }
    row
}
