//! The API over real routers and real databases, on both engines.

mod act;
mod bulk;
mod canary;
mod client;
mod comment;
mod editors;
mod finding;
mod follow;
mod housekeeping;
mod inventory;
mod limits;
mod matrix;
mod pin;
mod portal;
mod project;
mod query;
mod queue;
mod races;
mod route;
mod servers;
mod session;
mod status;
mod stream;
mod token;
mod trail;
mod writes;
