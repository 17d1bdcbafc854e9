//! Host names as people must read them: ASCII first, what it looks like second.

use std::fmt::Write as _;

use super::Safe;

/// The host, safe; with its ASCII form in front where it is anything but plain ASCII.
pub(super) fn shown(host: &str) -> String {
    let punycoded = host
        .split('.')
        .any(|label| label.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--")));
    if host.is_ascii() && !punycoded {
        return Safe::new(host).into_string();
    }
    match idna::domain_to_ascii(host) {
        Ok(ascii) => {
            let (unicode, _) = idna::domain_to_unicode(&ascii);
            let (ascii, unicode) = (Safe::new(&ascii), Safe::new(&unicode));
            if ascii == unicode {
                ascii.into_string()
            } else {
                format!("{ascii} ‹looks like {unicode}›")
            }
        }
        Err(_) => format!("{} ‹not a valid host name›", Safe::new(host)),
    }
}

/// The URL, safe, with its host treated by [`shown`].
pub(super) fn shown_in_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Safe::new(url).into_string();
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    // A port follows the last colon, unless that stands inside an IPv6 address.
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (place, None),
    };
    let mut out = format!("{}://", Safe::new(scheme));
    if let Some(user) = user {
        // `https://bank.example@evil.example`: what stands before the @ is a user name, however much it looks like a host.
        let _ = write!(out, "‹user {}›@", Safe::new(user));
    }
    out.push_str(&shown(host));
    if let Some(port) = port {
        let _ = write!(out, ":{}", Safe::new(port));
    }
    out.push_str(Safe::new(path).as_str());
    out
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("shop.acme.test", "shop.acme.test")]
    #[case("10.0.0.1", "10.0.0.1")]
    #[case("аррӏе.com", "xn--80ak6aa92e.com ‹looks like аррӏе.com›")]
    #[case("xn--80ak6aa92e.com", "xn--80ak6aa92e.com ‹looks like аррӏе.com›")]
    #[case("bücher.example", "xn--bcher-kva.example ‹looks like bücher.example›")]
    fn look_alikes_give_themselves_away(#[case] host: &str, #[case] expected: &str) {
        assert_eq!(shown(host), expected);
    }

    #[rstest]
    #[case("https://shop.acme.test:8443/a?b#c", "https://shop.acme.test:8443/a?b#c")]
    #[case("http://[::1]:80/x", "http://[::1]:80/x")]
    #[case("http://[::1]/x", "http://[::1]/x")]
    #[case("https://bank.example@evil.example/", "https://‹user bank.example›@evil.example/")]
    #[case(
        "https://bücher.example/ü",
        "https://xn--bcher-kva.example ‹looks like bücher.example›/ü"
    )]
    #[case("src/main.rs:12", "src/main.rs:12")]
    fn only_the_host_of_a_url_is_treated(#[case] url: &str, #[case] expected: &str) {
        assert_eq!(shown_in_url(url), expected);
    }
}
