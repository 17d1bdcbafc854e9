//! The tour of the README, read from the README: one text for the page, the checklist of `demo --tour`, the sheet of
//! `:tour`, and the test that walks it in a terminal. Called by the command line and `modals::tour`.

const README: &str = include_str!("../../README.md");

/// One row of the tour's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is pressed, one after the other: names of keys (`Enter`, `Ctrl-S`) or text that is typed.
    pub press: Vec<String>,
    /// Words that must be on the screen then.
    pub see: Vec<String>,
    /// What appears, in words.
    pub told: String,
}

/// The steps of the README's tour.
#[must_use]
pub fn steps() -> Vec<Step> {
    read(README)
}

fn read(text: &str) -> Vec<Step> {
    let blocks = text.split("<!-- tour -->").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split_once("<!-- /tour -->"));
    blocks.flat_map(|(block, _)| block.lines()).filter_map(row).collect()
}

fn row(line: &str) -> Option<Step> {
    let mut cells = line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|');
    let (press, told) = (quoted(cells.next()?), cells.next()?);
    (!press.is_empty()).then(|| Step {
        press,
        see: quoted(told),
        told: told.trim().replace('`', ""),
    })
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_keys_words_and_a_sentence() {
        let text = "a\n<!-- tour -->\n| press | see |\n|---|---|\n| `/` `shop` `Enter` | the `Web shop` is found |\n<!-- /tour -->\n| `x` | no |";
        let want = Step {
            press: ["/", "shop", "Enter"].map(str::to_owned).to_vec(),
            see: vec!["Web shop".to_owned()],
            told: "the Web shop is found".to_owned(),
        };
        assert_eq!(read(text), [want]);
    }

    #[test]
    fn every_step_of_the_readme_can_be_checked() {
        let steps = steps();
        assert!(steps.len() >= 8, "{}", steps.len());
        assert!(steps.iter().all(|s| !s.see.is_empty()), "{steps:#?}");
    }
}
