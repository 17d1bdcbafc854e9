//! Version 4.0: the macro-vector interpolation of the `cvss` crate, fed with a vector that is known to be complete.

use super::Cvss;

/// The score of everything the vector defines.
pub(super) fn score(cvss: &Cvss) -> f64 {
    // Ours is checked already and written in the document's order, so the crate reads it; were it not so, "none" is
    // what a vector without a score is worth.
    cvss.to_string()
        .parse::<cvss::v4::Vector>()
        .map_or(0.0, |vector| vector.score().value())
}
