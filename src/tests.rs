//! What tests of several layers stand on. Nothing here is part of the program.

pub(crate) mod fuzz;
pub(crate) mod mutate;
