//! Everything that can happen to the console, in one queue with one owner.

use super::effect::{Answer, Far, Payload};
use super::terminal::Happened;
use crate::remote::Incoming;

/// A message.
#[derive(Debug)]
pub enum Msg {
    /// The terminal or the system.
    Happened(Happened),
    /// The window is this wide and high.
    Size(u16, u16),
    /// Work came back.
    Reply(u64, Answer<Payload>),
    /// Work is so far.
    Progress(u64, Far),
    /// The trace id of the answer that comes next for this work.
    Trace(u64, String),
    /// The editor has ended: the text for the layer of this number, or why there is none.
    Edited(u32, Result<String, String>),
    /// A text was written to a file, or could not be.
    Exported(Result<std::path::PathBuf, String>),
    /// The event stream.
    Link(Incoming),
    /// A wake-up that was asked for.
    Wake,
}

/// What the app wants from the runtime.
#[derive(Debug)]
pub enum Command {
    /// Runs work; its reply carries this number.
    Start(u64, std::sync::Arc<dyn super::effect::Work>),
    /// Nobody waits for it any more.
    Abort(u64),
    /// A session: calls and events go through it from now on.
    Connect(crate::remote::Remote),
    /// Opens the event stream afresh.
    Reconnect,
    /// To the terminal's clipboard.
    Copy(String),
    /// To a file of this name beside the drafts.
    Export(String, String),
    /// To `$EDITOR`, for the layer of this number.
    Edit(u32, String),
    /// To the drafts file.
    Save(String),
    /// Where it was left, and the saved views.
    Remember(Box<super::memory::Memory>),
    /// Gives the terminal back and stops the process.
    Suspend,
    /// Takes the terminal again.
    Resume,
}
