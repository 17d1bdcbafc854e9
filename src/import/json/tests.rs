//! The reader at the ends of its buffer, and against hostile text.

use super::*;

fn walker(text: &str) -> Walker<&[u8]> {
    Walker::new(text.as_bytes(), 0, &Limits::default())
}

#[test]
fn entries_come_out_with_their_offsets() {
    let text = " [ {\"a\": \"x]\\\"\"} ,\n 12, null ] ";
    let mut w = walker(text);
    assert!(w.enter(b'[').unwrap());
    let (mut first, mut raw, mut seen) = (true, Vec::new(), Vec::new());
    while w.next_item(&mut first).unwrap() {
        let span = w.capture(&mut raw).unwrap();
        let (from, to) = (span.offset as usize, (span.offset + span.length) as usize);
        assert_eq!(raw, text.as_bytes()[from..to]);
        seen.push(String::from_utf8(raw.clone()).unwrap());
    }
    assert_eq!(seen, ["{\"a\": \"x]\\\"\"}", "12", "null"]);
    w.finish().unwrap();
}

#[test]
fn a_capture_survives_the_ends_of_the_buffer() {
    let long = "é\\\"".repeat(BUFFER);
    let text = format!("[{{\"k\":\"{long}\"}},1]");
    let mut w = walker(&text);
    assert!(w.enter(b'[').unwrap());
    let (mut first, mut raw) = (true, Vec::new());
    assert!(w.next_item(&mut first).unwrap());
    w.capture(&mut raw).unwrap();
    assert_eq!(raw, text.as_bytes()[1..text.len() - 3]);
    assert!(w.next_item(&mut first).unwrap());
    w.skip().unwrap();
    assert!(!w.next_item(&mut first).unwrap());
}

#[test]
fn hostile_text_is_refused_with_its_place() {
    let deep = "[".repeat(100_000);
    for (text, line, part) in [
        (deep.as_str(), 1, "deeper"),
        ("[1,\n NaN]", 2, "`NaN`"),
        ("{\"a\":\n\n [1, ", 3, "cut short"),
        ("{\"a\":\"b", 1, "cut short"),
        ("[1}", 1, "unexpected `}`"),
        ("\u{7f}", 1, "0x7f"),
        ("[\"a\", Infinity]", 1, "`Infinity`"),
    ] {
        let refusal = walker(text).skip().unwrap_err();
        assert_eq!(refusal.line, Some(line), "{refusal}");
        assert!(refusal.to_string().contains(part), "{refusal}");
    }
}

#[test]
fn serde_errors_point_into_the_report() {
    let text = "[\n  {\n \"a\": 01 }]";
    let mut w = walker(text);
    assert!(w.enter(b'[').unwrap());
    let (mut first, mut raw) = (true, Vec::new());
    assert!(w.next_item(&mut first).unwrap());
    let span = w.capture(&mut raw).unwrap();
    let error = serde_json::from_slice::<serde_json::Value>(&raw).unwrap_err();
    let refusal = w.inside(span, &raw, &error);
    assert_eq!(refusal.line, Some(3));
    assert_eq!(&text.as_bytes()[..2], b"[\n");
    assert!(refusal.byte.unwrap() > 7);
}

#[test]
fn the_shape_shows_keys_as_far_as_they_are_there() {
    assert_eq!(Shape::of(b"").first, None);
    assert_eq!(Shape::of(b" [{\"a\":{},\"b\":[1,2],\"c\":\"x").keys, ["a", "b", "c"]);
    assert!(Shape::of(b"{\"runs\": [").has("runs"));
    assert_eq!(Shape::of(b"<x/>").first, Some(b'<'));
}
