//! Sheets, bars and details: layers on a stack over the panes. The top one has the keys; Esc takes it away and keeps
//! what was typed. One layer per file.

use std::collections::BTreeMap;
use std::fmt;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::action::{Action, Can};
use super::effect::{Cx, Payload};
use super::ink::Brush;
use super::model::Model;
use super::panes::Note;
use crate::domain::time::Time;

pub mod assign;
pub mod brief;
pub mod client_form;
pub mod comment;
pub mod compare;
pub mod confirm;
pub mod copy;
pub mod correct;
pub mod detail;
pub mod drafts;
pub mod form;
pub mod help;
pub mod import;
pub mod imports;
pub mod inbox;
pub mod line;
pub mod log;
pub mod many;
pub mod menu;
pub mod order;
pub mod overview;
pub mod palette;
pub mod person;
pub mod picker;
pub mod place;
pub mod project_form;
pub mod record;
pub mod remove;
pub mod scroll;
pub mod sign_in;
pub mod status;
pub mod tour;
pub mod undo;
pub mod why;

/// What a sheet says whose act waits for the link.
pub const KEPT: &str =
    "The server cannot be reached. This is kept and sent once when the link is back; Esc leaves it waiting.";

/// How much of the screen a layer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All between header and key line; keys it does not know go on to the desk.
    Full,
    /// A box of at most this many columns and rows in the middle.
    Popup(u16, u16),
    /// So many rows above the key line.
    Bar(u16),
}

/// Moves the cursor of a short list that is there as a whole; whether the action was a move.
fn step(at: &mut usize, len: usize, action: Action, count: Option<usize>) -> bool {
    let (last, n) = (len.saturating_sub(1), count.unwrap_or(1));
    let to = match action {
        Action::Down => *at + n,
        Action::Up => at.saturating_sub(n),
        Action::Top => 0,
        Action::Bottom => last,
        _ => return false,
    };
    *at = to.min(last);
    true
}

/// The same in a list of which `rows` are in view: by the page, too.
fn leaf(at: &mut usize, len: usize, rows: usize, action: Action, count: Option<usize>) -> bool {
    let by = Some(count.unwrap_or(1) * rows);
    match action {
        Action::PageDown => step(at, len, Action::Down, by),
        Action::PageUp => step(at, len, Action::Up, by),
        _ => step(at, len, action, count),
    }
}

/// A layer. The rules of [`super::panes::Pane`] hold.
pub trait Layer: Send + fmt::Debug {
    fn shape(&self) -> Shape;
    /// Whether a text field has the keys: letters type.
    fn is_typing(&self) -> bool {
        false
    }
    /// A key before the keymap sees it; whether it was used. In a text field: only keys without a meaning there.
    fn key(&mut self, _key: KeyEvent, _cx: &mut Cx) -> bool {
        false
    }
    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool;
    /// Pasted text; never acts.
    fn paste(&mut self, _text: &str, _cx: &mut Cx) {}
    fn reply(&mut self, _payload: Payload, _cx: &mut Cx) {}
    fn note(&mut self, _note: Note, _cx: &mut Cx) {}
    fn can(&self, _action: Action, _model: &Model) -> Can {
        Can::NotHere
    }
    fn hints(&self) -> Vec<Action>;
    /// The area it will be drawn in.
    fn set_size(&mut self, _width: u16, _height: u16, _cx: &mut Cx) {}
    /// What was typed, and the name it is kept under.
    fn draft(&self) -> Option<(String, BTreeMap<String, String>)> {
        None
    }
    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model);
    fn next_change(&self, _now: Time) -> Option<Time> {
        None
    }
    /// The text comes back from `$EDITOR`.
    fn edited(&mut self, _text: &str, _cx: &mut Cx) {}
    /// Whether it hides the screen and stays until it is answered: the lock.
    fn is_lock(&self) -> bool {
        false
    }
    /// Whether it is all there is for who is signed in: nothing opens in its place.
    fn is_all(&self) -> bool {
        false
    }
    /// Whether it is the sign-in sheet, of which there is never more than one.
    fn is_sign_in(&self) -> bool {
        false
    }
}
