//! The binary: prepares the process, then hands over to the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    // One provider of cryptography for the whole tree; reqwest and sqlx find it here.
    let installed = rustls::crypto::ring::default_provider().install_default();
    riskdesk::cli::harden();
    if installed.is_err() || riskdesk::telemetry::install_reports().is_err() {
        return ExitCode::FAILURE;
    }
    riskdesk::cli::main()
}
