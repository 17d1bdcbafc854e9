//! A session for this machine never goes through a proxy, whatever other addresses the profile names.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::desk::{ADMIN, Desk, PASSWORD};

#[test]
fn loopback_is_never_asked_through_a_proxy() {
    let mut desk = Desk::sqlite();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("http://{}", proxy.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in proxy.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        desk.home.set(name, &at);
    }
    desk.home.set("RISKDESK_CREDENTIALS", "file");
    let config = desk.home.path().join("config");
    std::fs::create_dir_all(&config).unwrap();
    let text = format!(
        "[profiles.default]\nserver = [\"{}\", \"https://desk.example.invalid\"]\nemail = \"{ADMIN}\"\n",
        desk.url
    );
    std::fs::write(config.join("config.toml"), text).unwrap();
    let ran = desk.home.feed(&["login", "--password-stdin"], &format!("{PASSWORD}\n"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(desk.home.run(&["--json", "whoami"]).json()["email"], ADMIN);
    assert_eq!(
        seen.load(Ordering::SeqCst),
        0,
        "the proxy saw a request to this machine"
    );
}
