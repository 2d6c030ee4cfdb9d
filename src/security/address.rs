//! Whose connection it is.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::config::Network;

/// The address of the client behind `peer`: where the peer is trusted, the last hop in `X-Forwarded-For` that is
/// not, else the peer itself. IPv4 within IPv6 comes out as IPv4.
///
/// The values of several headers are taken in their order. A proxy appends whom it heard from, so only what trusted
/// proxies wrote is believed, from the right; what is no address ends the belief.
#[must_use]
#[expect(single_use_lifetimes, reason = "an unnamed lifetime in `impl Trait` is not stable Rust")]
pub fn client_address<'h>(
    peer: IpAddr,
    x_forwarded_for: impl Iterator<Item = &'h str>,
    trusted: &[Network],
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    let values: Vec<&str> = x_forwarded_for.collect();
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = hop_address(hop.trim()) else { break };
        client = address;
    }
    client
}

/// Whether a request comes from one of these networks: sent by `peer` itself, or, where it was forwarded, on behalf of
/// `client`, which is the [client's address](client_address) as far as it is believed. What a proxy of this machine
/// forwards does not come from this machine.
#[must_use]
pub fn is_from(networks: &[Network], peer: IpAddr, client: Option<IpAddr>) -> bool {
    let is_in = |address: IpAddr| networks.iter().any(|network| network.contains(address));
    match client {
        None => is_in(peer),
        Some(client) => client != peer.to_canonical() && !client.is_loopback() && is_in(client),
    }
}

/// Some proxies write the port, too, or IPv6 in brackets.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

/// What an address is counted by: an IPv6 subscriber has a /64 at least, so its last 64 bits say nothing.
#[must_use]
pub fn rate_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<Network> = trusted.iter().map(|text| Network::parse(text).unwrap()).collect();
        client_address(peer.parse().unwrap(), headers.iter().copied(), &trusted).to_string()
    }

    #[test]
    fn a_strangers_header_is_not_believed() {
        assert_eq!(client("203.0.113.9", &["192.0.2.1"], &[]), "203.0.113.9");
        assert_eq!(client("203.0.113.9", &["192.0.2.1"], &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn the_last_untrusted_hop_is_the_client() {
        let trusted = ["10.0.0.0/8", "::1"];
        assert_eq!(client("10.0.0.1", &[], &trusted), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["192.0.2.1"], &trusted), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 192.0.2.1,10.1.1.1"], &trusted), "192.0.2.1");
        assert_eq!(client("::1", &["6.6.6.6", "192.0.2.1"], &trusted), "192.0.2.1");
        assert_eq!(client("::ffff:10.0.0.1", &["::ffff:192.0.2.1"], &trusted), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"], &trusted), "10.0.0.3", "all are trusted");
    }

    #[test]
    fn odd_hops_end_the_belief() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(client("10.0.0.1", &["192.0.2.1, unknown"], &trusted), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["192.0.2.1, , 10.0.0.2"], &trusted), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &["192.0.2.1:4711"], &trusted), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:4711"], &trusted), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]"], &trusted), "2001:db8::1");
    }

    #[test]
    fn what_is_forwarded_does_not_come_from_here() {
        let networks: Vec<_> =
            ["127.0.0.0/8", "::1", "10.0.0.0/8"].iter().map(|text| Network::parse(text).unwrap()).collect();
        let from = |peer: &str, client: Option<&str>| {
            is_from(&networks, peer.parse().unwrap(), client.map(|client| client.parse().unwrap()))
        };
        assert!(from("127.0.0.1", None) && from("::1", None) && from("::ffff:127.0.0.1", None));
        assert!(!from("192.0.2.1", None));
        assert!(
            !from("127.0.0.1", Some("127.0.0.1")),
            "a proxy that is not trusted, or one that hides its client"
        );
        assert!(!from("127.0.0.1", Some("127.0.0.2")));
        assert!(!from("127.0.0.1", Some("192.0.2.1")));
        assert!(from("127.0.0.1", Some("10.0.0.5")) && from("192.0.2.1", Some("10.0.0.5")));
    }

    #[test]
    fn an_ipv6_subscriber_is_one() {
        let key = |text: &str| rate_key(text.parse().unwrap()).to_string();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(key("2001:db8:1:3::"), key("2001:db8:1:2::"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(key("192.0.2.1"), "192.0.2.1");
    }
}
