//! Which targets a batch covers: only there can something be missing.

use std::collections::HashSet;

/// A target that a batch covers, as people write it: a host, `host:port`, `*.domain`, a URL prefix, a path prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover(String);

impl Cover {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().trim_end_matches('/').to_lowercase())
    }

    /// Whether a place (its host, its line of text) lies within.
    #[must_use]
    pub fn holds(&self, host: Option<&str>, place: &str) -> bool {
        let host = host.unwrap_or_default().to_lowercase();
        if !host.is_empty() {
            if host == self.0 {
                return true;
            }
            if let Some(domain) = self.0.strip_prefix("*.") {
                return host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
            }
        }
        let place = place.to_lowercase();
        let place = place.strip_prefix("./").unwrap_or(&place);
        let cover = self.0.strip_prefix("./").unwrap_or(&self.0);
        let bare = place.split_once("://").map_or(place, |(_, rest)| rest);
        [place, bare].into_iter().any(|p| {
            // A URL without a port is its scheme's own port; a bare host is all of its ports.
            let ends: &[char] = if cover.contains("://") {
                &['/', '?', '#']
            } else {
                &['/', ':', '?', '#']
            };
            p.strip_prefix(cover)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(ends))
        })
    }
}

/// Any number of covers, asked about any number of places.
#[derive(Debug, Clone, Default)]
pub struct Covers {
    all: Vec<Cover>,
    /// Those that are a host and nothing else: most of what reports state.
    hosts: HashSet<String>,
    /// The others, by their place in `all`.
    others: Vec<usize>,
}

impl<T: AsRef<str>> FromIterator<T> for Covers {
    fn from_iter<I: IntoIterator<Item = T>>(covers: I) -> Self {
        let mut out = Self::default();
        for cover in covers {
            let cover = Cover::new(cover.as_ref());
            if cover.0.contains(['/', ':', '*']) {
                out.others.push(out.all.len());
            } else {
                out.hosts.insert(cover.0.clone());
            }
            out.all.push(cover);
        }
        out
    }
}

impl Covers {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether a place lies within any of them.
    #[must_use]
    pub fn holds(&self, host: Option<&str>, place: &str) -> bool {
        match host.map(str::to_lowercase).filter(|h| !h.is_empty()) {
            Some(host) => {
                self.hosts.contains(&host) || self.others.iter().any(|at| self.all[*at].holds(Some(&host), place))
            }
            None => self.all.iter().any(|c| c.holds(None, place)),
        }
    }
}
