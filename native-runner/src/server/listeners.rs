//! The sockets: loopback only, IPv4 and, where the machine has it, IPv6.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::anyhow;
use tokio::net::TcpListener;

/// How often a free port is tried for that turns out to be taken on the other protocol.
const ATTEMPTS: usize = 20;

/// 127.0.0.1 and ::1 on one port.
pub struct Listeners {
    sockets: Vec<TcpListener>,
    port: u16,
}

impl Listeners {
    /// Binds the port, or any free one for 0.
    ///
    /// # Errors
    /// If it is in use on either address: somebody else on `localhost` would get this page's
    /// visitors.
    pub async fn bind(port: u16) -> anyhow::Result<Self> {
        let attempts = if port == 0 { ATTEMPTS } else { 1 };
        let mut last = None;
        for _ in 0..attempts {
            match Self::try_bind(port).await {
                Ok(listeners) => return Ok(listeners),
                Err(why) => last = Some(why),
            }
        }
        Err(match last {
            Some(why) if why.kind() == io::ErrorKind::AddrInUse => anyhow!(
                "port {port} is in use: stop what listens there, or take another with --port N \
                 (--port 0 takes any free one)"
            ),
            Some(why) => anyhow!("cannot listen on port {port} of loopback: {why}"),
            None => anyhow!("cannot listen on port {port}"),
        })
    }

    async fn try_bind(port: u16) -> io::Result<Self> {
        let four = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let port = four.local_addr()?.port();
        let mut sockets = vec![four];
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(six) => sockets.push(six),
            Err(why) if why.kind() == io::ErrorKind::AddrInUse => return Err(why),
            // No IPv6 on this machine.
            Err(_) => {}
        }
        Ok(Self { sockets, port })
    }

    /// The port that was bound.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = TcpListener> {
        self.sockets.into_iter()
    }
}
