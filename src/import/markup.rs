//! HTML inside reports: many scanners write their texts as pages. What people read is the text; links stand on their own.

use super::limits::{clip_line, text};
use super::names;

/// Elements that end a line of text.
const BREAKS: [&str; 16] = [
    "p",
    "br",
    "div",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "blockquote",
    "dd",
    "hr",
];

/// A tag, or what stands between two.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Name (as it stands, `/` in front of closing ones) and the rest of the tag.
    Tag(&'t str, &'t str),
    /// Text with its entities still in it.
    Text(&'t str),
}

/// The pieces of a page. A `<` that begins no tag is text; nothing is ever refused.
pub fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((piece, after)) = tag(rest) {
            rest = after;
            return Some(piece);
        }
        // At least one byte is text, also where it is a lone `<`.
        let mut end = rest.len();
        for (at, _) in rest.match_indices('<').skip_while(|(at, _)| *at == 0) {
            if begins(&rest[at..]) {
                end = at;
                break;
            }
        }
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Text(piece))
    })
}

/// Whether a tag could begin here.
fn begins(from: &str) -> bool {
    let mut bytes = from.bytes().skip(1);
    match bytes.next() {
        Some(b'/') => bytes.next().is_some_and(|b| b.is_ascii_alphabetic()),
        Some(b) => b.is_ascii_alphabetic() || b == b'!',
        None => false,
    }
}

fn tag(from: &str) -> Option<(Piece<'_>, &str)> {
    let inside = from.strip_prefix('<').filter(|_| begins(from))?;
    if let Some(comment) = inside.strip_prefix("!--") {
        let after = comment.split_once("-->").map_or("", |(_, after)| after);
        return Some((Piece::Tag("!--", ""), after));
    }
    let end = inside.find('>')?;
    let (inside, after) = (&inside[..end], &inside[end + 1..]);
    let name_end = inside
        .char_indices()
        .find(|(at, c)| *at > 0 && !c.is_ascii_alphanumeric())
        .map_or(inside.len(), |(at, _)| at);
    Some((Piece::Tag(&inside[..name_end], &inside[name_end..]), after))
}

/// The value of an attribute in the rest of a tag.
#[must_use]
pub fn attribute(rest: &str, name: &str) -> Option<String> {
    let lower = rest.to_ascii_lowercase();
    let at = lower.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = at.checked_sub(1).map(|b| rest.as_bytes()[b]);
        before.is_none_or(|b| b.is_ascii_whitespace()) && rest[at + name.len()..].trim_start().starts_with('=')
    })?;
    let value = rest[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_whitespace().next()?,
    };
    Some(unescape(value))
}

/// Resolves the entities that scanners write; what is none stays as it is.
#[must_use]
pub fn unescape(from: &str) -> String {
    /// Longest name between an ampersand and its semicolon.
    const NAME: usize = 10;
    let mut out = String::with_capacity(from.len());
    let mut rest = from;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(NAME + 1).position(|b| b == b';');
        let named = end.and_then(|at| entity(&after[..at]).map(|c| (c, &after[at + 1..])));
        if let Some((c, more)) = named {
            out.push(c);
            rest = more;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "copy" => '©',
        "reg" => '®',
        "bull" => '•',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    })
}

/// The text of a page as people read it: paragraphs and entries of lists on lines of their own.
#[must_use]
pub fn plain(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.trim().to_owned();
    }
    let mut out = String::with_capacity(html.len());
    let mut hidden = false;
    for piece in pieces(html) {
        match piece {
            Piece::Tag(name, _) => {
                let closing = name.starts_with('/');
                let name = name.trim_start_matches('/').to_ascii_lowercase();
                if matches!(name.as_str(), "script" | "style") {
                    hidden = !closing;
                }
                if BREAKS.contains(&name.as_str()) && !out.ends_with('\n') {
                    out.push('\n');
                }
                if name == "li" && !closing {
                    out.push_str("- ");
                }
            }
            Piece::Text(_) if hidden => {}
            Piece::Text(words) => {
                let words = unescape(words);
                // Lines of the page's own source are no paragraphs.
                let words = if out.ends_with('\n') || out.ends_with("- ") {
                    words.trim_start()
                } else {
                    &words
                };
                out.push_str(words);
            }
        }
    }
    let mut tidy = String::with_capacity(out.len());
    let mut blank = 0;
    for line in out.lines().map(str::trim_end) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy.trim().to_owned()
}

/// The text of a page with its own blanks and lines: a part of a request, say.
#[must_use]
pub fn verbatim(html: &str) -> String {
    let texts = pieces(html).filter_map(|piece| match piece {
        Piece::Text(words) => Some(unescape(words)),
        Piece::Tag(..) => None,
    });
    texts.collect()
}

/// The addresses a page links to, each once.
#[must_use]
pub fn links(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in pieces(html) {
        if let Piece::Tag("a" | "A", rest) = piece
            && let Some(link) = attribute(rest, "href")
            && link.contains("://")
        {
            names::add(&mut found, clip_line(&link, text::PLACE));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_text() {
        let html = "<p>One &lt;b&gt; &amp; <b class=x>two</b>.</p>\n<ul>\n<li>a</li><li>b &#x41;&#66;</li></ul>if (1 < 2) <script>alert(1)</script>&bogus; <!-- no -->end<br/>x";
        assert_eq!(plain(html), "One <b> & two.\n- a\n- b AB\nif (1 < 2) &bogus; end\nx");
        assert_eq!(plain(" a\nb "), "a\nb");
        for odd in ["<", "<a", "&", "<!--", "</", "é<é>", "<a href=", "a & b; <3"] {
            let _ = plain(odd);
        }
        assert_eq!(plain("a <3 & b"), "a <3 & b");
    }

    #[test]
    fn links_are_addresses() {
        let html = "<a target='_blank' href='https://a.example/?x=1&amp;y=2'>A</a><A HREF=https://b.example>b</A><a href=\"#x\">c</a><a data-href='https://no.example'>";
        assert_eq!(links(html), ["https://a.example/?x=1&y=2", "https://b.example"]);
    }
}
