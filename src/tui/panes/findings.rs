//! The findings: a place held for the pane that comes with the next change.
use super::*;
#[derive(Debug, Default)]
pub struct Findings;
impl Pane for Findings {
    fn id(&self) -> PaneId {
        PaneId::Findings
    }
    fn act(&mut self, _: Action, _: Option<usize>, _: &mut Cx) -> bool {
        false
    }
    fn reply(&mut self, _: Payload, _: &mut Cx) {}
    fn note(&mut self, _: Note, _: &mut Cx) {}
    fn can(&self, _: Action, _: &Model) -> Can {
        Can::NotHere
    }
    fn hints(&self) -> &'static [Action] {
        &[]
    }
    fn set_size(&mut self, _: u16, _: u16, _: &mut Cx) {}
    fn title(&self, _: &Model) -> Vec<Run> {
        vec![]
    }
    fn position(&self) -> Safe {
        Safe::default()
    }
    fn draw(&self, _: &mut Brush, _: Rect, _: bool, _: &Model) {}
}
