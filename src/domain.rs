//! The nouns of the trade and the rules that hold between them. Pure: no I/O, no async, no clock of its own.
//!
//! Everything above (wire, store, services, console) speaks in these words; nothing here knows that they exist.

pub mod access;
pub mod clock;
pub mod cvss;
pub mod fold;
pub mod hex;
pub mod id;
pub mod kept;
pub mod key;
pub mod lane;
pub mod mention;
pub mod plan;
pub mod query;
pub mod safe;
pub mod severity;
pub mod slug;
pub mod status;
pub mod time;
