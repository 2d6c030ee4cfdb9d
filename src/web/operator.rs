//! Whether a request is the operator's, who may look at the service without signing in.

use actix_web::dev::RequestHead;
use actix_web::http::header::{HOST, HeaderMap};

use super::State;
use crate::config::Origin;
use crate::security::is_from;

/// Headers by which a proxy shows that a request is not its own.
const FORWARDING: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

impl State {
    /// Whether the request comes from where the service may be looked at without signing in: from an address in
    /// `metrics.allowed`, through proxies only where those are trusted, and on this machine under a name of its own.
    pub(super) fn is_operators(&self, request: &RequestHead) -> bool {
        let config = self.shared.context.config();
        let headers = request.headers();
        let Some(peer) = request.peer_addr.map(|peer| peer.ip().to_canonical()) else { return false };
        let is_forwarded = FORWARDING.iter().any(|name| headers.contains_key(*name));
        let client = is_forwarded.then(|| self.address(request));
        let may_be_tricked = peer.is_loopback() && !is_forwarded;
        is_from(&config.metrics.allowed, peer, client)
            && (!may_be_tricked || calls_us_ours(headers, config.server.public_url.as_ref()))
    }
}

/// Whether the request calls the server by an address, `localhost` or the name that people use. A page in a browser on this
/// machine can be let here by its own name, once that resolves to 127.0.0.1 (DNS rebinding): the browser takes it for one of
/// the page's own origin then, and says so by this name. Who names no host is no browser.
fn calls_us_ours(headers: &HeaderMap, public_url: Option<&Origin>) -> bool {
    let mut hosts = headers.get_all(HOST);
    match (hosts.next(), hosts.next()) {
        (None, _) => true,
        (Some(host), None) => host.to_str().is_ok_and(|host| is_ours(host, public_url)),
        (Some(_), Some(_)) => false,
    }
}

fn is_ours(host: &str, public_url: Option<&Origin>) -> bool {
    let called = Origin::parse(&format!("http://{host}"));
    called.is_some_and(|called| {
        called.is_loopback() || called.is_address() || public_url.is_some_and(|own| own.has_host_of(&called))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_stranger_can_give_are_not_ours() {
        let own = Origin::parse("https://comments.example");
        for good in [
            "127.0.0.1:5678",
            "127.0.0.1",
            "[::1]:5678",
            "192.0.2.7:80",
            "[2001:db8::1]",
            "localhost:5678",
            "LocalHost",
            "comments.example",
            "Comments.Example:8443",
        ] {
            assert!(is_ours(good, own.as_ref()), "{good}");
        }
        for evil in [
            "",
            "evil.example:5678",
            "localhost.evil.example",
            "evil.localhost",
            "127.0.0.1.evil.example",
            "x@127.0.0.1",
            "127.0.0.1:x",
            "comments.example.evil.example",
            "127.0.0.1/../evil.example",
        ] {
            assert!(!is_ours(evil, own.as_ref()), "{evil}");
        }
        assert!(!is_ours("comments.example", None));
    }
}
