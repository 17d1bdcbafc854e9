//! Where a server is: an origin, nothing more. `https`, or plain `http` to this machine itself.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::Error;

/// The origin of a server (`https://desk.example.com`), checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// `scheme://host:port`, always with the port: what a session is bound to.
    #[must_use]
    pub fn origin(&self) -> String {
        format!(
            "{}://{}:{}",
            self.0.scheme(),
            self.0.host_str().unwrap_or_default(),
            self.0.port_or_known_default().unwrap_or_default()
        )
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }

    /// A path of ours on this server. The path is of our own making and begins with a slash.
    pub(super) fn at(&self, path: &str, query: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url.set_query((!query.is_empty()).then_some(query));
        url
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |what: &str| {
            Error::Protocol(format!(
                "the server's address {what}: give it as https://desk.example.com"
            ))
        };
        let url = Url::parse(text).map_err(|_| wrong("cannot be read"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("must hold no name or password"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("must end after host and port"));
        }
        let address = Self(url);
        match address.0.scheme() {
            "https" if address.0.host().is_some() => Ok(address),
            "http" if address.is_loopback() => Ok(address),
            "http" => Err(wrong(
                "must be https: plain http would show the session to everybody on the way",
            )),
            _ => Err(wrong("must be https")),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://Desk.example.com", "https://desk.example.com:443")]
    #[case("https://desk.example.com:8443/", "https://desk.example.com:8443")]
    #[case("http://127.0.0.1:7430", "http://127.0.0.1:7430")]
    #[case("http://[::1]:7430", "http://[::1]:7430")]
    #[case("http://localhost", "http://localhost:80")]
    fn origins(#[case] text: &str, #[case] origin: &str) {
        assert_eq!(text.parse::<Address>().unwrap().origin(), origin);
    }

    #[rstest]
    #[case("http://desk.example.com")]
    #[case("http://127.0.0.1.example.com")]
    #[case("http://localhost.example.com")]
    #[case("https://user:pw@desk.example.com")]
    #[case("https://desk.example.com/path")]
    #[case("https://desk.example.com/?q")]
    #[case("ftp://127.0.0.1")]
    #[case("desk.example.com")]
    #[case("")]
    fn what_is_not_a_servers_address(#[case] text: &str) {
        assert!(text.parse::<Address>().is_err());
    }
}
