//! Stateless drawing shared by panes and sheets.

pub mod badge;
pub mod field;
pub mod table;
