//! What is read rightly, and what is refused.

use super::*;

fn tree(text: &str) -> Result<Node, Refusal> {
    let mut reader = Reader::new(text.as_bytes(), 0, &Limits::default());
    let root = reader.root()?;
    let node = reader.element(root)?;
    reader.finish()?;
    Ok(node)
}

#[test]
fn elements_attributes_and_references_are_read() {
    let text = "<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE nmaprun>\n<!-- note -->\n\
        <a x:y='1 &amp; 2&#x9;' z=\"\"><b>one &lt;<![CDATA[<two>]]> &#8364; & more</b><c/><b>é</b></a>\n<!-- end -->\n";
    let node = tree(text).unwrap();
    assert_eq!(node.attr("y"), Some("1 & 2"));
    assert_eq!(node.attr("z"), None);
    assert_eq!(node.get("b"), Some("one <<two> € & more"));
    assert_eq!(node.each("b").count(), 2);
    let c = node.child("c").unwrap();
    let span = c.span.offset as usize..(c.span.offset + c.span.length) as usize;
    assert_eq!(&text[span], "<c/>");
    let whole = node.span.offset as usize..(node.span.offset + node.span.length) as usize;
    assert!(text[whole.clone()].starts_with("<a ") && text[whole].ends_with("</a>"));
}

#[test]
fn document_types_may_be_named_and_declare_nothing() {
    for good in [
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
        "<!DOCTYPE a PUBLIC \"-//X//DTD Y//EN\" \"http://h.test/x.dtd\"><a/>",
    ] {
        tree(good).unwrap();
    }
    for bad in [
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        "<!DOCTYPE a [<!ELEMENT a ANY>]><a/>",
        "<a>&nbsp;</a>",
        "<a b='&x;'/>",
    ] {
        assert_eq!(tree(bad).unwrap_err().kind, Kind::Malformed, "{bad}");
    }
    let declared = |text: &str| {
        let mut reader = Reader::new(text.as_bytes(), 0, &Limits::default()).with_declarations();
        reader.root()
    };
    assert!(declared("<!DOCTYPE a [<!ELEMENT a (b*)><!ATTLIST a c CDATA \"\">]><a/>").is_ok());
    assert!(declared("<!DOCTYPE a [<!ENTITY % x \"y\">]><a/>").is_err());
    assert!(declared("<!DOCTYPE a [<!ELEMENT a ANY> %x; ]><a/>").is_err());
}

#[test]
fn damage_and_bombs_are_refused_with_their_place() {
    let deep = "<a>".repeat(100_000);
    let wide = format!(
        "<a {}/>",
        (0..1_000_000).map(|n| format!("b{n}='' ")).collect::<String>()
    );
    let some = format!("<a {}/>", "b='' ".repeat(300));
    let long = format!("<a>{}</a>", "x".repeat(9 << 20));
    let many = format!("<a>{}</a>", "<b/>".repeat(60_000));
    for (text, part) in [
        (deep.as_str(), "deeper than 96"),
        (wide.as_str(), "larger than 8 MiB"),
        (some.as_str(), "256 attributes"),
        (long.as_str(), "larger than 8 MiB"),
        (many.as_str(), "50000 elements"),
        ("<a>\n<b>", "line 2"),
        ("<a>\n</b>", "line 2"),
        ("<a/>more", "outside"),
        ("<a/><b/>", "follows"),
        ("<a", "cut short"),
        ("", "no element"),
    ] {
        let refusal = tree(text).unwrap_err().to_string();
        assert!(refusal.contains(part), "{part}: {refusal}");
    }
}

#[test]
fn a_walk_may_skip_and_take() {
    let mut reader = Reader::new(
        "<r>t<s><x><y/></x></s><t>1</t>u<t>2</t></r>".as_bytes(),
        7,
        &Limits::default(),
    );
    assert_eq!(reader.root().unwrap().offset, 7);
    let mut seen = Vec::new();
    while let Some(tag) = reader.child().unwrap() {
        if tag.name == "s" {
            reader.skip().unwrap();
        } else {
            seen.push(reader.element(tag).unwrap().text);
        }
    }
    assert_eq!(seen, ["1", "2"]);
    reader.finish().unwrap();
}

/// Each would take minutes where every ampersand looks for its end in all that follows.
#[test]
fn a_row_of_ampersands_is_read_in_one_go() {
    let many = "&".repeat(4 << 20);
    let node = tree(&format!("<a b=\"{many}\"/>")).unwrap();
    assert_eq!(node.attr("b").map(str::len), Some(many.len()));
    let node = tree(&format!("<a>{many}</a>")).unwrap();
    assert_eq!(node.words().map(str::len), Some(many.len()));
}
