//! Check 20 for cursors: what was not sealed here leads nowhere, whatever it looks like.

use super::*;
use crate::tests::fuzz::Target;

#[test]
fn no_cursor_but_a_sealed_one_leads_anywhere() {
    let cursors = Cursors::new(&[7; 32]).unwrap();
    let list = List {
        name: "findings\u{0}a\u{0}b\u{0}sev:>=high".into(),
    };
    let slice = |keys: Vec<Key>| Slice {
        items: vec![keys],
        before: true,
        after: true,
    };
    let sealed: Vec<String> = [
        vec![Key::Int(i64::MIN), Key::Null],
        vec![
            Key::Text("\u{0}é".repeat(50)),
            Key::Real(-0.5),
            Key::Id(uuid::Uuid::nil()),
        ],
        Vec::new(),
    ]
    .into_iter()
    .flat_map(|keys| {
        let page: Page<()> = cursors.around(&list, &slice(keys), Clone::clone);
        [page.next.unwrap(), page.prev.unwrap()]
    })
    .collect();
    let target = Target {
        name: "cursors",
        seeds: sealed.iter().map(|c| c.clone().into_bytes()).collect(),
        others: &[],
        words: &["=", "-", "_", "AAAA"],
        rounds: 2_000,
    };
    let (units, failed) = target.run(|bytes| {
        let cursor = String::from_utf8_lossy(bytes);
        let opened = cursors.window(&list, None, Some(&cursor)).is_ok();
        assert_eq!(opened, sealed.iter().any(|s| *s == cursor), "{cursor}");
        let elsewhere = List {
            name: "findings\u{0}a\u{0}b\u{0}".into(),
        };
        assert!(cursors.window(&elsewhere, None, Some(&cursor)).is_err(), "{cursor}");
        format!("{opened}")
    });
    assert!(failed.is_empty() && units >= 50, "{failed:#?}");
}
