//! Whose address a request comes from, where proxies stand before the server: what they say is believed as far as they
//! are trusted, from the nearest outwards.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::HeaderMap;

/// The proxies that are believed; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Net>);

/// An address range (`10.0.0.0/8`, `::1`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Net {
    base: IpAddr,
    bits: u32,
}

impl FromStr for Net {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ip, bits) = match text.split_once('/') {
            Some((ip, bits)) => (ip, Some(bits.parse().map_err(drop)?)),
            None => (text, None),
        };
        let base: IpAddr = ip.parse().map_err(drop)?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(());
        }
        Ok(Self { base, bits })
    }
}

impl Net {
    fn holds(self, ip: IpAddr) -> bool {
        match (self.base, ip) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - self.bits).unwrap_or(0);
                u32::from(base) & mask == u32::from(ip) & mask
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
                u128::from(base) & mask == u128::from(ip) & mask
            }
            _ => false,
        }
    }
}

impl Proxies {
    /// Reads the setting.
    ///
    /// # Errors
    /// The entry that is no address and no range.
    pub fn read(entries: &[String]) -> Result<Self, String> {
        entries
            .iter()
            .map(|entry| entry.trim().parse().map_err(|()| entry.clone()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|net| net.holds(ip))
    }

    /// The address behind a connection: the peer's, unless it is a trusted proxy; then the last one that trusted proxies
    /// vouch for. Where `Forwarded` and `X-Forwarded-For` disagree one of them was made up by the client: neither counts.
    #[must_use]
    pub fn origin(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let plain = listed(headers, "x-forwarded-for", Some);
        let standard = listed(headers, "forwarded", |entry| {
            entry.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
            })
        });
        let walked = |hops: &[Option<IpAddr>]| {
            let mut at = peer;
            for hop in hops.iter().rev() {
                let Some(ip) = hop else { break };
                at = *ip;
                if !self.trusts(at) {
                    break;
                }
            }
            at
        };
        match (plain, standard) {
            (None, None) => peer,
            (Some(hops), None) | (None, Some(hops)) => walked(&hops),
            (Some(one), Some(other)) if walked(&one) == walked(&other) => walked(&one),
            (Some(_), Some(_)) => peer,
        }
    }
}

/// The hops of a header, in order; `None` in it: an entry that names no address.
fn listed<'h>(
    headers: &'h HeaderMap,
    name: &str,
    address: impl Fn(&'h str) -> Option<&'h str>,
) -> Option<Vec<Option<IpAddr>>> {
    let mut hops = Vec::new();
    for value in headers.get_all(name) {
        let text = value.to_str().unwrap_or("?");
        hops.extend(text.split(',').map(|entry| address(entry.trim()).and_then(ip)));
    }
    (!hops.is_empty()).then_some(hops)
}

/// An address, perhaps quoted, in brackets or with a port.
fn ip(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        // One colon: a port. More: an IPv6 address.
        None if text.matches(':').count() == 1 => text.split(':').next()?,
        None => text,
    };
    bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn origin(trusted: &[&str], peer: &str, headers: &[(&'static str, &str)]) -> String {
        let trusted: Vec<String> = trusted.iter().map(|t| (*t).to_owned()).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let proxies = Proxies::read(&trusted).unwrap();
        proxies.origin(peer.parse().unwrap(), &map).to_string()
    }

    #[rstest]
    // Nobody is trusted: what headers say is the client's own invention.
    #[case(&[], "192.0.2.9", &[("x-forwarded-for", "198.51.100.1")], "192.0.2.9")]
    #[case(&["10.0.0.0/8"], "192.0.2.9", &[("x-forwarded-for", "198.51.100.1")], "192.0.2.9")]
    // One proxy; the client's own entries stand to the left of what the proxy added.
    #[case(&["10.0.0.0/8"], "10.1.2.3", &[("x-forwarded-for", "198.51.100.1")], "198.51.100.1")]
    #[case(&["10.0.0.0/8"], "10.1.2.3", &[("x-forwarded-for", "203.0.113.7, 198.51.100.1")], "198.51.100.1")]
    #[case(&["10.0.0.0/8"], "10.1.2.3", &[("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "198.51.100.1")], "198.51.100.1")]
    // Two proxies.
    #[case(&["10.0.0.0/8", "::1"], "::1", &[("x-forwarded-for", "203.0.113.7, 198.51.100.1, 10.0.0.5")], "198.51.100.1")]
    #[case(&["10.0.0.0/8"], "10.0.0.1", &[("x-forwarded-for", "10.0.0.2, 10.0.0.3")], "10.0.0.2")]
    // The standard header, with ports, quotes and brackets.
    #[case(&["10.0.0.1"], "10.0.0.1", &[("forwarded", "for=203.0.113.7, for=\"198.51.100.1:4711\";proto=https")], "198.51.100.1")]
    #[case(&["10.0.0.1"], "10.0.0.1", &[("forwarded", "proto=https;For=\"[2001:db8::17]:80\"")], "2001:db8::17")]
    // What names no address ends the chain at the last proxy that is known.
    #[case(&["10.0.0.0/8"], "10.0.0.1", &[("forwarded", "for=unknown")], "10.0.0.1")]
    #[case(&["10.0.0.0/8"], "10.0.0.1", &[("x-forwarded-for", "198.51.100.1, nonsense, 10.0.0.2")], "10.0.0.2")]
    #[case(&["10.0.0.0/8"], "10.0.0.1", &[("x-forwarded-for", "")], "10.0.0.1")]
    // The proxy speaks one language, the client made up the other.
    #[case(&["10.0.0.0/8"], "10.0.0.1", &[("forwarded", "for=203.0.113.7"), ("x-forwarded-for", "198.51.100.1")], "10.0.0.1")]
    #[case(&["10.0.0.0/8"], "10.0.0.1", &[("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "198.51.100.1")], "198.51.100.1")]
    // An IPv4 connection on an IPv6 socket.
    #[case(&["10.0.0.0/8"], "::ffff:10.0.0.1", &[("x-forwarded-for", "::ffff:198.51.100.1")], "198.51.100.1")]
    #[case(&["0.0.0.0/0"], "192.0.2.9", &[("x-forwarded-for", "198.51.100.1")], "198.51.100.1")]
    fn what_is_believed(
        #[case] trusted: &[&str],
        #[case] peer: &str,
        #[case] headers: &[(&'static str, &str)],
        #[case] expected: &str,
    ) {
        assert_eq!(origin(trusted, peer, headers), expected);
    }

    #[test]
    fn the_setting_is_read_or_refused() {
        for wrong in ["10.0.0.0/33", "::/129", "proxy.test", "10.0.0.0/x", ""] {
            assert_eq!(Proxies::read(&[wrong.to_owned()]).unwrap_err(), wrong);
        }
        assert!(Proxies::read(&["10.0.0.0/8".into(), " ::1".into()]).is_ok());
    }
}
