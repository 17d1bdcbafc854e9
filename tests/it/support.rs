//! What tests stand on: the built binary in surroundings of its own, servers, databases, and counted checks.

use std::io::Write as _;

pub mod bench;
pub mod between;
pub mod binary;
pub mod desk;
pub mod dump;
pub mod findings;

/// Says how many cases a check looked at, and fails where one failed or where there were too few to mean anything.
/// Written past the harness's capture, so that a passing run shows it too.
pub fn checked(name: &str, checked: usize, failed: usize, floor: usize) {
    let _ = writeln!(std::io::stderr().lock(), "{name}: checked={checked} failed={failed}");
    assert!(failed == 0, "{name}: {failed} of {checked} failed");
    assert!(
        checked >= floor,
        "{name}: only {checked} cases, {floor} are needed to mean anything"
    );
}

/// Says plainly that a test cannot run here; fails where `RISKDESK_TEST_REQUIRE` names what is missing.
pub fn skipped(what: &str, why: &str) {
    let required = std::env::var("RISKDESK_TEST_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|r| r == what),
        "{what} is required here: {why}"
    );
    let _ = writeln!(std::io::stderr().lock(), "skipped: {why}");
}

/// The owner's URL of a PostgreSQL to test on.
pub fn postgres() -> Option<String> {
    let url = std::env::var("RISKDESK_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty());
    if url.is_none() {
        skipped("postgres", "RISKDESK_TEST_POSTGRES names no PostgreSQL");
    }
    url
}

/// The folder of sample reports, where it is at hand.
pub fn scans() -> Option<std::path::PathBuf> {
    let dir = std::env::var_os("RISKDESK_TEST_SCANS").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/scans"),
        std::path::PathBuf::from,
    );
    dir.join("EXPECTED.json").is_file().then_some(dir)
}
