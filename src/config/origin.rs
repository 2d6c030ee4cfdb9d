//! Web origins, as an operator writes them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

/// How an origin is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that is meant where none is written.
    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Scheme, host and port in the form that a browser compares (RFC 6454); as text without a default port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

impl Origin {
    /// Reads an http or https URL that is an origin and no more: no user, path, query or fragment; one `/` at the
    /// end is forgiven. A `*` would be a legal character that matches nothing, so it is refused, too.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '@' | '\\' | '?' | '#' | '*'))
        {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        // A URL parser takes `http:a.example` and `http:///a.example`, too; nobody means to write them.
        let after = text.get(scheme.as_str().len()..)?.strip_prefix("://")?;
        let (authority, path) = after.split_once('/').unwrap_or((after, ""));
        if authority.is_empty() || !path.is_empty() {
            return None;
        }
        Some(Self { scheme, host: url.host()?.to_owned(), port: url.port_or_known_default()? })
    }

    /// The origin of what is served at `address`.
    #[must_use]
    pub fn at(scheme: Scheme, address: SocketAddr) -> Self {
        let host = match address.ip().to_canonical() {
            IpAddr::V4(ip) => Host::Ipv4(ip),
            IpAddr::V6(ip) => Host::Ipv6(ip),
        };
        Self { scheme, host, port: address.port() }
    }

    /// How it is spoken to.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether it is of this very machine: `localhost`, 127.0.0.0/8 or `[::1]`, on any port.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        }
    }

    /// Whether its host is an address, not a name.
    #[must_use]
    pub fn is_address(&self) -> bool {
        matches!(self.host, Host::Ipv4(_) | Host::Ipv6(_))
    }

    /// Whether the other has the same host, whatever its scheme and port.
    #[must_use]
    pub fn has_host_of(&self, other: &Self) -> bool {
        self.host == other.host
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Whose pages may connect besides the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// Everybody's: `"*"`.
    Any,
    /// This origin's.
    One(Origin),
}

impl AllowedOrigin {
    /// Reads `*` or an origin.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" { Some(Self::Any) } else { Origin::parse(text).map(Self::One) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_normalised() {
        let text = |text: &str| Origin::parse(text).unwrap().to_string();
        assert_eq!(text("HTTPS://Blog.Example:443/"), "https://blog.example");
        assert_eq!(text("http://blog.example:8080"), "http://blog.example:8080");
        assert_eq!(text("https://bücher.example"), "https://xn--bcher-kva.example");
        assert_eq!(text("http://[::1]:80"), "http://[::1]");
        let at = |scheme| Origin::at(scheme, "127.0.0.1:443".parse().unwrap()).to_string();
        assert_eq!(
            (at(Scheme::Http).as_str(), at(Scheme::Https).as_str()),
            ("http://127.0.0.1:443", "https://127.0.0.1")
        );
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for odd in [
            "",
            "null",
            "blog.example",
            "ftp://blog.example",
            "file:///etc",
            "https://blog.example/path",
            "https://blog.example//",
            "https://blog.example?",
            "https://blog.example#",
            "https://user@blog.example",
            "https://@blog.example",
            "https:blog.example",
            "https:///blog.example",
            "https://blog.example:99999",
            "https://blog.example\\a",
            " https://blog.example",
            "https://",
            "https://*.example/",
        ] {
            assert_eq!(Origin::parse(odd), None, "{odd}");
        }
    }
}
