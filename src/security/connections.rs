//! How many connections there are, in all and from each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::rate_key;
use crate::config::Limits;

/// Counts connections against `limits.connections_max` and `limits.connections_per_address_max`.
#[derive(Debug, Default)]
pub struct Connections {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    addresses: HashMap<IpAddr, usize>,
}

/// A connection's place; dropping it gives the place back.
#[derive(Debug)]
pub struct ConnectionPlace {
    connections: Arc<Connections>,
    address: IpAddr,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// There are as many as there may be.
    All,
    /// There are as many as there may be from that address.
    Address,
}

impl Connections {
    /// A place for one more connection from `address` (of IPv6, its /64).
    ///
    /// # Errors
    /// There is none.
    pub fn admit(self: &Arc<Self>, address: IpAddr, limits: &Limits) -> Result<ConnectionPlace, Full> {
        let address = rate_key(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let here = counts.addresses.get(&address).copied().unwrap_or(0);
        let within = |count: usize, max: usize| max == 0 || count < max;
        if !within(counts.all, limits.connections_max) {
            return Err(Full::All);
        }
        if !within(here, limits.connections_per_address_max) {
            return Err(Full::Address);
        }
        counts.all += 1;
        counts.addresses.insert(address, here + 1);
        Ok(ConnectionPlace { connections: Arc::clone(self), address })
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        let mut counts = self.connections.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        let here = counts.addresses.get(&self.address).copied().unwrap_or(0);
        if here > 1 {
            counts.addresses.insert(self.address, here - 1);
        } else {
            counts.addresses.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let limits = Limits { connections_max: 3, connections_per_address_max: 2, ..Limits::default() };
        let connections = Arc::new(Connections::default());
        let here: IpAddr = "2001:db8::1".parse().unwrap();
        let near: IpAddr = "2001:db8::2".parse().unwrap();
        let there: IpAddr = "192.0.2.1".parse().unwrap();
        let first = connections.admit(here, &limits).unwrap();
        let _second = connections.admit(near, &limits).unwrap();
        assert_eq!(connections.admit(here, &limits).err(), Some(Full::Address), "two from one /64");
        let _third = connections.admit(there, &limits).unwrap();
        assert_eq!(connections.admit(there, &limits).err(), Some(Full::All), "three in all");
        drop(first);
        assert!(connections.admit(here, &limits).is_ok());
    }
}
