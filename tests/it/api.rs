//! The API over real routers and real databases, on both engines.

mod client;
mod inventory;
mod matrix;
mod project;
mod session;
mod stream;
mod writes;
