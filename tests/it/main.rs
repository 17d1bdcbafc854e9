//! The one integration binary: everything that needs more than one module, a database, a process or a screen.

mod import;
