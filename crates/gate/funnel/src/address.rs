//! Whose address counts. A forwarding header is the caller's own text unless a proxy that is known wrote it, so it is
//! read from the right, and only as far as trusted proxies reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use http::HeaderMap;
use thiserror::Error;

/// The address of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAddress {
    /// It is known.
    Known(IpAddr),
    /// It is not; all such callers share one bucket.
    Unknown,
}

impl ClientAddress {
    /// The key for rate limits. A home has a /64 of IPv6 addresses, so they count as one.
    pub fn rate_key(self) -> String {
        match self {
            Self::Known(IpAddr::V4(address)) => format!("ip:{address}"),
            Self::Known(IpAddr::V6(address)) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                format!("ip:{}/64", Ipv6Addr::from(network))
            }
            Self::Unknown => "ip:unknown".to_owned(),
        }
    }
}

/// The proxies in front of this program.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<Network>);

#[derive(Debug, Clone, Copy)]
struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no network: write `10.0.0.0/8` or a single address")]
pub struct BrokenNetwork(pub String);

impl TrustedProxies {
    /// Networks in the form `10.0.0.0/8`, or single addresses.
    pub fn parse<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, BrokenNetwork> {
        networks
            .into_iter()
            .map(Network::from_str)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether an address is one of these proxies.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }

    /// The address of the caller behind the peer of this connection.
    pub fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> ClientAddress {
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else {
            return ClientAddress::Unknown;
        };
        if !self.trusts(peer) {
            return ClientAddress::Known(peer);
        }
        let mut farthest = peer;
        for value in headers.get_all("x-forwarded-for").into_iter().rev() {
            let Ok(value) = value.to_str() else {
                return ClientAddress::Unknown;
            };
            for hop in value.rsplit(',') {
                let Some(address) = parse_hop(hop) else {
                    return ClientAddress::Unknown;
                };
                if !self.trusts(address) {
                    return ClientAddress::Known(address);
                }
                farthest = address;
            }
        }
        ClientAddress::Known(farthest)
    }
}

/// An address, with or without a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let address = IpAddr::from_str(bare)
        .or_else(|_| SocketAddr::from_str(text).map(|address| address.ip()))
        .ok()?;
    Some(address.to_canonical())
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let masked = |address: u128, width: u8| {
            let free = u32::from(width.saturating_sub(self.bits));
            address.checked_shr(free).unwrap_or(0)
        };
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let number = |address: Ipv4Addr| u128::from(u32::from(address));
                masked(number(own), 32) == masked(number(other), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => masked(u128::from(own), 128) == masked(u128::from(other), 128),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = BrokenNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let broken = || BrokenNetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| broken())?)),
            None => (text, None),
        };
        let address = IpAddr::from_str(address).map_err(|_| broken())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(width);
        if bits > width {
            return Err(broken());
        }
        Ok(Self { address, bits })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{ClientAddress, TrustedProxies};

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::parse(["10.0.0.0/8", "fd00::/8", "192.0.2.7"]).unwrap();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        proxies.client(peer.parse().ok(), &headers).rate_key()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(client("203.0.113.7", &["1.1.1.1"]), "ip:203.0.113.7");
        assert_eq!(client("10.1.2.3", &["203.0.113.7"]), "ip:203.0.113.7");
        // What the caller wrote stands to the left of what the proxies wrote.
        assert_eq!(
            client("10.1.2.3", &["1.1.1.1, 203.0.113.7, 10.9.9.9"]),
            "ip:203.0.113.7"
        );
        assert_eq!(client("10.1.2.3", &["1.1.1.1", "203.0.113.7"]), "ip:203.0.113.7");
        assert_eq!(client("192.0.2.7", &["203.0.113.7:4711"]), "ip:203.0.113.7");
        assert_eq!(client("192.0.2.8", &["203.0.113.7"]), "ip:192.0.2.8");
        assert_eq!(client("10.1.2.3", &[]), "ip:10.1.2.3");
    }

    #[test]
    fn what_cannot_be_read_shares_a_bucket() {
        assert_eq!(client("", &[]), "ip:unknown");
        assert_eq!(client("10.1.2.3", &["unknown"]), "ip:unknown");
        assert_eq!(client("10.1.2.3", &["203.0.113.7, "]), "ip:unknown");
    }

    #[test]
    fn a_network_of_version_6_is_one_caller() {
        assert_eq!(client("2001:db8:1:2:aaaa::1", &[]), client("2001:db8:1:2:bbbb::2", &[]));
        assert_ne!(client("2001:db8:1:2::1", &[]), client("2001:db8:1:3::1", &[]));
        assert_eq!(client("::ffff:203.0.113.7", &[]), "ip:203.0.113.7");
        assert_eq!(client("fd00::1", &["[2001:db8::1]:443"]), "ip:2001:db8::/64");
        // A mapped address of a trusted proxy is that proxy.
        assert_eq!(client("::ffff:10.0.0.1", &["203.0.113.9"]), "ip:203.0.113.9");
    }

    #[test]
    fn broken_networks_are_refused() {
        for text in ["", "10.0.0.0/33", "x", "10.0.0.0/", "::/129", "10.0.0/8"] {
            assert!(TrustedProxies::parse([text]).is_err(), "{text}");
        }
        let all = TrustedProxies::parse(["0.0.0.0/0"]).unwrap();
        assert_eq!(all.client(None, &HeaderMap::new()), ClientAddress::Unknown);
    }
}
