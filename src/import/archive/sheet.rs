//! A workbook (`.xlsx`) as the table that it is: a zip archive of XML, of which the first sheet is read as if it had been
//! exported as CSV. Some desks export nothing better.
//!
//! Cells are read as they are written: formulas give the value they had, days that a spreadsheet keeps as numbers stay
//! numbers. Other sheets, and what cells look like, are passed over.

use super::zip::{Directory, Member};
use crate::import::json::size;
use crate::import::limits::{Kind, Limits, Refusal};
use crate::import::source::{Bytes, Source};
use crate::import::xml::{Node, Reader};

const BOOK: &str = "xl/workbook.xml";
const STRINGS: &str = "xl/sharedStrings.xml";
const SHEETS: &str = "xl/worksheets/";

/// Most columns of a sheet that are read; tables have no more.
const COLUMNS: usize = 1_000;

/// The sheet of an archive that is a workbook: the first by its name, as the programs number them.
pub fn of(directory: &Directory) -> Option<&Member> {
    directory.members.iter().find(|m| m.name == BOOK)?;
    let number = |m: &Member| {
        let digits: String = m.name.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(u32::MAX)
    };
    let sheets = directory.members.iter();
    let sheets = sheets.filter(|m| m.name.starts_with(SHEETS) && !m.name.contains("_rels"));
    sheets.min_by_key(|m| number(m))
}

/// The sheet as CSV.
///
/// # Errors
/// Where the workbook cannot be read, or says more than is held in memory.
pub fn table(archive: Bytes<'_>, directory: &Directory, sheet: &Member, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let mut budget = Budget {
        left: limits.table_bytes,
        limits,
    };
    let strings = match directory.members.iter().find(|m| m.name == STRINGS) {
        Some(member) => strings(archive, member, &mut budget)?,
        None => Vec::new(),
    };
    let mut text = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut source = Source::Member(archive, sheet.clone());
    let mut reader = Reader::open(source.open(limits)?, limits);
    reader.root()?;
    while let Some(tag) = reader.child()? {
        if tag.name != "sheetData" {
            reader.skip()?;
            continue;
        }
        while let Some(tag) = reader.child()? {
            let row = cells(&reader.element(tag)?, &strings);
            budget.spend(row.iter().map(|cell| cell.len() + 3).sum())?;
            // An empty row says nothing, and would not be a row of a table.
            if row.iter().any(|cell| !cell.is_empty()) {
                let written = text.write_record(&row);
                written.map_err(|e| Refusal::new(Kind::Machinery, format!("the sheet could not be kept: {e}")))?;
            }
        }
    }
    reader.finish()?;
    let kept = text.into_inner();
    kept.map_err(|e| Refusal::new(Kind::Machinery, format!("the sheet could not be kept: {e}")))
}

/// What may still be held in memory.
struct Budget<'l> {
    left: usize,
    limits: &'l Limits,
}

impl Budget<'_> {
    fn spend(&mut self, n: usize) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(n).ok_or_else(|| {
            let most = size(self.limits.table_bytes as u64);
            let reason = format!("the workbook holds more than {most} of text; export the findings as CSV or JSON");
            Refusal::new(Kind::Limit, reason)
        })?;
        Ok(())
    }
}

/// Texts that cells name by number.
fn strings(archive: Bytes<'_>, member: &Member, budget: &mut Budget<'_>) -> Result<Vec<String>, Refusal> {
    let mut source = Source::Member(archive, member.clone());
    let mut reader = Reader::open(source.open(budget.limits)?, budget.limits);
    reader.root()?;
    let mut found = Vec::new();
    while let Some(tag) = reader.child()? {
        let said = said(&reader.element(tag)?);
        budget.spend(said.len() + size_of::<String>())?;
        found.push(said);
    }
    reader.finish()?;
    Ok(found)
}

/// A text, whole or in runs of one look each.
fn said(node: &Node) -> String {
    let whole = node.all("t").chain(node.all("r").flat_map(|run| run.all("t")));
    whole.map(|t| t.text.as_str()).collect()
}

/// Where a cell stands: `AB12` is the 28th of its row.
fn column(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.fold(0_usize, |n, letter| {
        n.saturating_mul(26)
            .saturating_add(usize::from(letter.to_ascii_uppercase() - b'A') + 1)
    });
    number.checked_sub(1)
}

fn cells(row: &Node, strings: &[String]) -> Vec<String> {
    let mut line: Vec<String> = Vec::new();
    for cell in row.all("c") {
        let at = cell.attr("r").and_then(column).unwrap_or(line.len());
        if at >= COLUMNS {
            continue;
        }
        let value = cell.get("v").unwrap_or_default();
        let text = match cell.attr("t") {
            Some("s") => value.parse().ok().and_then(|n: usize| strings.get(n)).cloned(),
            Some("inlineStr") => cell.child("is").map(said),
            Some("b") => Some(if value == "1" { "TRUE" } else { "FALSE" }.to_owned()),
            _ => Some(value.to_owned()),
        };
        if line.len() <= at {
            line.resize(at + 1, String::new());
        }
        line[at] = text.unwrap_or_default();
    }
    line
}

#[cfg(test)]
mod tests {
    use crate::import::decode;
    use crate::import::limits::{Kind, Limits};
    use crate::import::record::{Record, Summary};
    use crate::import::source::Source;
    use crate::tests::mutate::zip;

    const SHEET: &str = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr/><sheetData>
      <row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>severity</t></is></c><c r="C1" t="s"><v>1</v></c><c r="D1" t="inlineStr"><is><t>false_p</t></is></c>
        <c r="E1" t="inlineStr"><is><t>id</t></is></c><c r="G1" t="inlineStr"><is><t>endpoints</t></is></c><c r="H1" t="inlineStr"><is><t>date</t></is></c></row>
      <row r="2"><c r="A2" t="inlineStr"><is><r><t>Open, </t></r><r><t>"redirect"</t></r></is></c><c r="B2" t="inlineStr"><is><t>High</t></is></c><c r="C2" t="str"><f>x</f><v>S1</v></c>
        <c r="D2" t="b"><v>0</v></c><c r="E2"><v>7</v></c><c r="G2" t="inlineStr"><is><t>https://a.example/x;&#32;&#10;https://b.example/y</t></is></c><c r="H2" t="d"><v>2026-01-02T00:00:00</v></c></row>
      <row r="3"/></sheetData><pageMargins/></worksheet>"#;
    const STRINGS: &str =
        r#"<sst count="2"><si><t>title</t></si><si><r><t>numerical_</t></r><r><t>severity</t></r></si></sst>"#;

    fn book(sheet: &str) -> Vec<u8> {
        zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("xl/workbook.xml", b"<workbook/>"),
            ("xl/worksheets/sheet2.xml", b"<worksheet/>"),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
            ("xl/sharedStrings.xml", STRINGS.as_bytes()),
        ])
    }

    fn read(bytes: &[u8], limits: &Limits) -> Result<(Vec<Record>, Summary), crate::import::limits::Refusal> {
        let mut records = Vec::new();
        let summary = decode(&mut Source::Memory(bytes), None, limits, &mut records)?;
        Ok((records, summary))
    }

    #[test]
    fn a_workbook_is_the_table_in_it() {
        let (records, summary) = read(&book(SHEET), &Limits::default()).unwrap();
        assert_eq!((summary.format.as_str(), summary.records()), ("defectdojo", 1));
        assert_eq!(summary.note.as_deref(), Some("read from the workbook's first sheet"));
        let places: Vec<_> = records.iter().map(|r| r.occurrence.place.as_str()).collect();
        assert_eq!(places, ["https://a.example/x", "https://b.example/y"]);
        assert_eq!(records[0].title, "Open, \"redirect\"");
        assert!(records[0].kept.is_some() || !records[0].suppressed);
    }

    #[test]
    fn a_workbook_of_nothing_known_or_of_too_much_is_refused() {
        let nothing = SHEET.replace("false_p", "x").replace("severity", "y");
        assert_eq!(
            read(&book(&nothing), &Limits::default()).unwrap_err().kind,
            Kind::UnknownFormat
        );
        let small = Limits {
            table_bytes: 100,
            ..Limits::default()
        };
        let refusal = read(&book(SHEET), &small).unwrap_err();
        assert_eq!(refusal.kind, Kind::Limit);
        assert!(refusal.reason.contains("export the findings as CSV"), "{refusal}");
        let bomb = SHEET.replace("<?xml version=\"1.0\"?>", "<!DOCTYPE x [<!ENTITY a \"b\">]>");
        assert_eq!(
            read(&book(&bomb), &Limits::default()).unwrap_err().kind,
            Kind::Malformed
        );
    }
}
