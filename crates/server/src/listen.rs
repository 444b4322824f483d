//! Where the server listens: the sockets behind an address of the configuration.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use courant_site::ListenAddress;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

#[cfg(unix)]
mod unix;

/// Size of the operating system's send buffer, in bytes (Linux doubles it). By default it grows to
/// megabytes per connection, and a slow client would seem to read nothing for minutes.
const SEND_BUFFER: usize = 128 << 10;
/// Time without traffic after which the operating system probes whether the client is still
/// connected.
const KEEPALIVE: Duration = Duration::from_mins(1);

async fn bind_name(host: &str, port: u16) -> io::Result<Listeners> {
    let mut all = Vec::new();
    let mut last_error = io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address"));
    let mut port = port;
    for mut address in tokio::net::lookup_host((host, port)).await? {
        address.set_port(port);
        match tcp(address).await {
            Ok(listener) => {
                // All addresses use the port that the system has chosen for the first.
                port = listener.local_addr()?.port();
                all.push(Listener::Tcp(listener));
            }
            Err(error) => {
                tracing::debug!(%address, %error, "cannot listen on this address");
                last_error = error;
            }
        }
    }
    if all.is_empty() {
        Err(last_error)
    } else {
        Ok(Listeners { all, shown: format!("http://{host}:{port}") })
    }
}

async fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Listening sockets; the server handles the connections of all alike.
#[derive(Debug)]
pub struct Listeners {
    all: Vec<Listener>,
    shown: String,
}

#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(unix::UnixSocket),
}

impl Listeners {
    /// Listens there: for a name on each of its usable addresses; for a port alone on IPv6 and
    /// IPv4, or on IPv4 if the system has no IPv6.
    ///
    /// # Errors
    /// Where no address can be used: it is taken, not this machine's, or the name is not known.
    pub async fn bind(address: &ListenAddress) -> io::Result<Self> {
        match address {
            ListenAddress::Socket(address) => Ok(Self::of(tcp(*address).await?)),
            ListenAddress::Port(port) => {
                let both = tcp(SocketAddr::from(([0_u16; 8], *port))).await;
                match both {
                    Ok(listener) => Ok(Self::of(listener)),
                    // Without IPv6 on this machine.
                    Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                        Ok(Self::of(tcp(SocketAddr::from(([0; 4], *port))).await?))
                    }
                    Err(error) => Err(error),
                }
            }
            ListenAddress::Named { host, port } => bind_name(host, *port).await,
            #[cfg(unix)]
            ListenAddress::Unix(path) => {
                let listener = unix::UnixSocket::bind(path)?;
                Ok(Self { all: vec![Listener::Unix(listener)], shown: format!("unix:{}", path.display()) })
            }
            #[cfg(not(unix))]
            ListenAddress::Unix(_) => {
                Err(io::Error::new(io::ErrorKind::Unsupported, "Unix domain sockets need Unix"))
            }
        }
    }

    fn of(listener: TcpListener) -> Self {
        let shown = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        Self { all: vec![Listener::Tcp(listener)], shown }
    }

    pub(crate) fn into_all(self) -> Vec<Listener> {
        self.all
    }

    /// The address at which this machine reaches the first socket.
    ///
    /// # Errors
    /// If the system does not know the address of the socket.
    pub fn local_address(&self) -> io::Result<LocalAddress> {
        let first = self.all.first().ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(match first {
            Listener::Tcp(listener) => LocalAddress::of(listener.local_addr()?),
            #[cfg(unix)]
            Listener::Unix(socket) => LocalAddress::Unix(socket.path().to_owned()),
        })
    }
}

/// The address of a listening socket for programs on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalAddress {
    /// An address and port of this machine.
    Tcp(SocketAddr),
    /// The path of a Unix domain socket.
    Unix(PathBuf),
}

/// A bidirectional byte stream.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

impl LocalAddress {
    /// The address at which this machine reaches a socket on `address`: loopback if it listens on
    /// all addresses.
    pub fn of(address: SocketAddr) -> Self {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        Self::Tcp(SocketAddr::new(ip, address.port()))
    }

    /// Connects to the socket.
    ///
    /// # Errors
    /// If the connection is refused.
    pub async fn connect(&self) -> io::Result<Box<dyn ByteStream>> {
        match self {
            Self::Tcp(address) => Ok(Box::new(TcpStream::connect(address).await?)),
            #[cfg(unix)]
            Self::Unix(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
            #[cfg(not(unix))]
            Self::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// The listen addresses for people: `http://127.0.0.1:8080`, `unix:/run/courant.sock`.
impl fmt::Display for Listeners {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt(to)
    }
}

impl From<TcpListener> for Listeners {
    fn from(listener: TcpListener) -> Self {
        Self::of(listener)
    }
}

/// A listener.
pub(crate) trait Accept: Send + 'static {
    /// The type of its connections.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection, and the address of the client.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = Self::accept(self).await?;
        // A connection works without these options, too.
        let _ = stream.set_nodelay(true);
        let socket = SockRef::from(&stream);
        let _ = socket.set_send_buffer_size(SEND_BUFFER);
        let _ =
            socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 4));
        Ok((stream, peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_reached_on_loopback() {
        for (listens, reached) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("192.0.2.7:80", "192.0.2.7:80")]
        {
            let address = LocalAddress::of(listens.parse().unwrap());
            assert_eq!(address, LocalAddress::Tcp(reached.parse().unwrap()));
        }
    }

    #[tokio::test]
    async fn the_server_can_listen_on_a_name_or_on_a_port_alone() {
        for (text, shown) in [("localhost:0", "http://localhost:"), (":0", "http://")] {
            let listeners = Listeners::bind(&text.parse().unwrap()).await.unwrap();
            assert!(listeners.to_string().starts_with(shown), "{listeners}");
            let port: u16 = listeners.to_string().rsplit_once(':').unwrap().1.parse().unwrap();
            assert!(port > 0);
            let stream = TcpStream::connect(("127.0.0.1", port)).await;
            assert!(stream.is_ok() || TcpStream::connect(("::1", port)).await.is_ok(), "{text}");
        }
    }
}
