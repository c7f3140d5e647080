//! Where connections may go. It stands where names become addresses: every connection passes here, those of
//! redirects too, and goes to an address that was judged and to no other, so that a name which means something else
//! a moment later changes nothing.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use protocol::scrape::Reach;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use url::Url;

type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// A resolver that refuses.
pub(crate) struct Guard {
    reach: Reach,
    lookup: Box<Lookup>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Guard({:?})", self.reach)
    }
}

impl Guard {
    /// With the system's own resolver.
    #[must_use]
    pub(crate) fn new(reach: Reach) -> Self {
        Self::with_lookup(reach, |host, port| Ok((host, port).to_socket_addrs()?.collect()))
    }

    /// With another one.
    pub(crate) fn with_lookup(
        reach: Reach,
        lookup: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self { reach, lookup: Box::new(lookup) }
    }

    /// The addresses to connect to for an URL, if it may be gone to.
    ///
    /// # Errors
    /// Says why not.
    pub(crate) fn addresses(&self, url: &str) -> Result<Vec<SocketAddr>, String> {
        let url = Url::parse(url).map_err(|why| format!("{url} is no address: {why}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{} is fetched over http and https alone", url.scheme()));
        }
        if let Reach::Site(site) = &self.reach
            && url.origin().ascii_serialization() != *site
        {
            let other = url.origin().ascii_serialization();
            return Err(format!(
                "{other} is not the built-in site, and nothing else may be fetched"
            ));
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_or_known_default().unwrap_or(80);
        let found =
            (self.lookup)(host, port).map_err(|why| format!("{host} was not found: {why}"))?;
        if self.reach == Reach::Public
            && let Some(private) = found.iter().find(|address| !is_public(address.ip()))
        {
            return Err(format!("{host} is {}, which is no public address", private.ip()));
        }
        if found.is_empty() { Err(format!("{host} was not found")) } else { Ok(found) }
    }
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        _config: &Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let addresses =
            self.addresses(&uri.to_string()).map_err(|why| Error::Other(Refusal(why).into()))?;
        let mut few = self.empty();
        for address in addresses.into_iter().take(16) {
            few.push(address);
        }
        Ok(few)
    }
}

/// Somewhere one may not go.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) String);

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// Whether everybody on the internet has that address, by IANA's registries of special-purpose ones.
#[must_use]
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        // This network, shared address space, protocol assignments, 6to4 relays, benchmarks, and the future.
        || a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let segments = address.segments();
    // The one block that is for everybody, without what inside it is not: protocol assignments (Teredo among
    // them), documentation, and 6to4, behind which any address of version 4 may be.
    segments[0] & 0xe000 == 0x2000
        && !(segments[0] == 0x2001 && segments[1] < 0x0200)
        && !(segments[0] == 0x2001 && segments[1] == 0x0db8)
        && segments[0] != 0x2002
        && !(segments[0] == 0x3fff && segments[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn to(addresses: &'static [&'static str]) -> Guard {
        Guard::with_lookup(Reach::Public, move |_, port| {
            Ok(addresses.iter().map(|it| SocketAddr::new(it.parse().unwrap(), port)).collect())
        })
    }

    #[test]
    fn only_public_addresses_are_public() {
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::3",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "3fff::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "93.184.216.34",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:2800:220:1::1",
            "2001:4860::8",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn one_private_address_among_public_ones_is_enough() {
        assert!(to(&["1.1.1.1"]).addresses("https://name.test/").is_ok());
        let refused = to(&["1.1.1.1", "10.0.0.1"]).addresses("http://name.test:81/").unwrap_err();
        assert_eq!(refused, "name.test is 10.0.0.1, which is no public address");
        assert!(to(&[]).addresses("http://name.test/").is_err());
    }

    #[test]
    fn a_name_that_is_bound_anew_is_judged_anew() {
        let asked = AtomicUsize::new(0);
        let rebinding = Guard::with_lookup(Reach::Public, move |_, port| {
            let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
            Ok(vec![SocketAddr::new(
                if first { [1, 1, 1, 1] } else { [127, 0, 0, 1] }.into(),
                port,
            )])
        });
        assert_eq!(
            rebinding.addresses("http://rebind.test/").unwrap()[0].ip().to_string(),
            "1.1.1.1"
        );
        assert!(rebinding.addresses("http://rebind.test/").unwrap_err().contains("127.0.0.1"));
    }

    #[test]
    fn literal_addresses_in_every_spelling_are_judged() {
        let guard = Guard::new(Reach::Public);
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "https://169.254.169.254/latest",
            "http://0/",
        ] {
            assert!(guard.addresses(url).unwrap_err().contains("no public address"), "{url}");
        }
        for url in
            ["file:///etc/passwd", "ftp://1.1.1.1/", "gopher://1.1.1.1/", "data:text/html,x", "x"]
        {
            assert!(guard.addresses(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_site_alone_is_the_site() {
        let guard = Guard::new(Reach::Site("http://127.0.0.1:4000".into()));
        assert!(guard.addresses("http://127.0.0.1:4000/page").is_ok());
        for url in [
            "http://127.0.0.1:4001/",
            "https://127.0.0.1:4000/",
            "http://localhost:4000/",
            "http://127.0.0.1/",
        ] {
            assert!(guard.addresses(url).unwrap_err().contains("not the built-in site"), "{url}");
        }
    }
}
