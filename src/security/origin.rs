//! Whose pages may connect.

use std::net::SocketAddr;

use crate::config::{AllowedOrigin, Origin, Scheme, Server};

/// The pages that may connect, by their origins.
#[derive(Debug, Clone)]
pub struct Origins {
    any: bool,
    allowed: Vec<Origin>,
    /// Loopback origins of any port and scheme: the server is heard on this machine alone.
    loopback: bool,
    /// The address people use is not known: what they called the server, this way, is the next best.
    same_host: Option<Scheme>,
}

impl Origins {
    /// The rule for a server that listens on `bound` (with the port that it really has).
    #[must_use]
    pub fn new(server: &Server, bound: SocketAddr) -> Self {
        let one = |allowed: &AllowedOrigin| match allowed {
            AllowedOrigin::Any => None,
            AllowedOrigin::One(origin) => Some(origin.clone()),
        };
        let own = server.public_url.clone().unwrap_or_else(|| Origin::at(server.scheme(), bound));
        let loopback = bound.ip().to_canonical().is_loopback();
        Self {
            any: server.allowed_origins.contains(&AllowedOrigin::Any),
            allowed: server.allowed_origins.iter().filter_map(one).chain([own]).collect(),
            loopback,
            same_host: (server.public_url.is_none() && !loopback).then(|| server.scheme()),
        }
    }

    /// Whether a page may connect that sent `origin` in its `Origin` header, and `host` in `Host`. A request without
    /// an `Origin` comes from a program and is not to be asked about. `null` is nobody's origin: only `"*"` allows it.
    ///
    /// `host` counts only where the server listens beyond this machine and has no `public_url`: a page of the same
    /// host and port, over https if the server speaks TLS and else over http, is then the server's own.
    #[must_use]
    pub fn allows(&self, origin: &str, host: Option<&str>) -> bool {
        if self.any {
            return true;
        }
        let Some(origin) = from_browser(origin) else { return false };
        self.allowed.contains(&origin)
            || (self.loopback && origin.is_loopback())
            || self
                .same_host
                .is_some_and(|scheme| host.and_then(|host| at_host(scheme, host)) == Some(origin))
    }
}

/// A browser sends an origin as plain ASCII, without a slash at its end or escapes (RFC 6454, section 6.1).
fn from_browser(header: &str) -> Option<Origin> {
    let plain = header.is_ascii() && !header.contains('%') && !header.ends_with('/');
    if plain { Origin::parse(header) } else { None }
}

/// The origin of what a browser calls `host`.
fn at_host(scheme: Scheme, host: &str) -> Option<Origin> {
    from_browser(&format!("{}://{host}", scheme.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(bound: &str, public_url: &str, allowed: &[&str]) -> Origins {
        let server = Server {
            public_url: Origin::parse(public_url),
            allowed_origins: allowed.iter().map(|text| AllowedOrigin::parse(text).unwrap()).collect(),
            ..Server::default()
        };
        Origins::new(&server, bound.parse().unwrap())
    }

    #[test]
    fn on_a_loopback_bind_this_machines_pages_may_connect() {
        for bound in ["127.0.0.1:5678", "[::1]:5678"] {
            let here = origins(bound, "", &[]);
            for good in [
                "http://127.0.0.1:5678",
                "http://localhost:3000",
                "https://localhost",
                "http://LOCALHOST",
                "http://127.9.9.9:1",
                "http://[::1]:8080",
            ] {
                assert!(here.allows(good, None), "{good} on {bound}");
            }
            for evil in [
                "null",
                "",
                "http://localhost.evil.example",
                "http://evil.localhost",
                "http://127.0.0.1.evil.example:5678",
                "http://localhost:80@evil.example",
                "http://evil.example",
                "http://128.0.0.1:5678",
                "http://user@localhost",
                "http://localhost/",
                "http://localhost/path",
                "http://localhost ",
                "http://local\thost",
                "http://%6cocalhost",
                "http://ⅼocalhost",
                "ftp://localhost",
                "http:localhost",
                "localhost",
                "http://[::2]:8080",
            ] {
                assert!(!here.allows(evil, Some("evil.example")), "{evil} on {bound}");
            }
        }
    }

    #[test]
    fn behind_a_proxy_the_public_url_is_the_own_origin() {
        let own = origins("10.0.0.5:5678", "https://comments.example", &[]);
        assert!(own.allows("https://comments.example", None));
        assert!(own.allows("https://comments.example:443", None));
        for evil in [
            "http://comments.example",
            "https://comments.example:444",
            "https://comments.example.evil.example",
            "https://evilcomments.example",
            "http://10.0.0.5:5678",
            "http://localhost",
        ] {
            assert!(!own.allows(evil, Some(evil.trim_start_matches("http://"))), "{evil}");
        }
    }

    #[test]
    fn allowed_origins_match_whole() {
        let some = origins(
            "10.0.0.5:5678",
            "https://c.example",
            &["https://Blog.example/", "http://a.example:8080"],
        );
        assert!(some.allows("https://blog.example", None));
        assert!(some.allows("http://a.example:8080", None));
        for evil in ["http://blog.example", "https://www.blog.example", "http://a.example", "null"] {
            assert!(!some.allows(evil, None), "{evil}");
        }
        let all = origins("10.0.0.5:5678", "https://c.example", &["*"]);
        assert!(all.allows("https://evil.example", None) && all.allows("null", None));
    }

    #[test]
    fn without_a_public_url_the_called_host_is_the_own_one() {
        let open = origins("0.0.0.0:5678", "", &[]);
        assert!(open.allows("http://lan.example:5678", Some("lan.example:5678")));
        assert!(open.allows("http://lan.example", Some("LAN.example:80")));
        for (evil, host) in [
            ("http://evil.example", Some("lan.example:5678")),
            ("http://lan.example", Some("lan.example:5678")),
            ("https://lan.example:5678", Some("lan.example:5678")),
            ("http://lan.example", None),
            ("http://lan.example", Some("x@lan.example")),
            ("http://localhost:5678", Some("lan.example:5678")),
            ("null", Some("null")),
        ] {
            assert!(!open.allows(evil, host), "{evil} {host:?}");
        }
        let tls = Server { tls_certificate: Some("c.pem".into()), ..Server::default() };
        let tls = Origins::new(&tls, "0.0.0.0:443".parse().unwrap());
        assert!(tls.allows("https://lan.example", Some("lan.example")));
        assert!(!tls.allows("http://lan.example", Some("lan.example")));
        assert!(!tls.allows("http://lan.example:443", Some("lan.example")));
        assert!(origins("192.0.2.1:80", "", &[]).allows("http://192.0.2.1", None));
        assert!(!origins("127.0.0.1:80", "", &[]).allows("http://lan.example", Some("lan.example")));
    }
}
