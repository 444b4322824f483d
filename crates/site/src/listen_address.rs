//! Addresses to listen on, as people write them.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

/// An address to listen on; in files it is a text as [`fmt::Display`] writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ListenAddress {
    /// An IP address and a port; `[::]` takes IPv4 connections as well.
    Socket(SocketAddr),
    /// A host name and a port: all addresses of that name.
    Named {
        /// The name: `localhost`.
        host: String,
        /// The port.
        port: u16,
    },
    /// A port on all addresses of the machine, of both IP versions.
    Port(u16),
    /// The path of a Unix domain socket.
    Unix(PathBuf),
}

/// A text that is not an address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid listen address {0:?}: expected 127.0.0.1:8080, [::]:8080, localhost:8080, :8080 or unix:/path/to.sock"
)]
pub struct InvalidListenAddress(String);

impl FromStr for ListenAddress {
    type Err = InvalidListenAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidListenAddress(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() || path.contains('\0') {
                Err(invalid())
            } else {
                Ok(Self::Unix(path.into()))
            };
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Socket(address));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| is_number).ok_or_else(invalid)?;
        match host {
            "" | "*" => Ok(Self::Port(port)),
            _ if is_host_name(host) => Ok(Self::Named { host: host.to_ascii_lowercase(), port }),
            _ => Err(invalid()),
        }
    }
}

/// Whether this is a host name (RFC 1123 §2.1) and not a malformed IPv4 address.
fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253 && text.split('.').all(is_label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(address) => address.fmt(to),
            Self::Named { host, port } => write!(to, "{host}:{port}"),
            Self::Port(port) => write!(to, ":{port}"),
            Self::Unix(path) => write!(to, "unix:{}", path.display()),
        }
    }
}

impl From<ListenAddress> for String {
    fn from(address: ListenAddress) -> Self {
        address.to_string()
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = InvalidListenAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl ListenAddress {
    /// Host and port at which a browser on this machine reaches it: `localhost:8080`. `localhost`
    /// for a Unix domain socket: the proxy in front of it has its own port.
    pub fn local_authority(&self) -> String {
        match self {
            Self::Socket(address) => address.to_string(),
            Self::Named { host, port } => format!("{host}:{port}"),
            Self::Port(port) => format!("localhost:{port}"),
            Self::Unix(_) => "localhost".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_usual_ways_of_writing_an_address_are_parsed() {
        for (text, shown) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::]:8080"),
            ("[::1]:0", "[::1]:0"),
            (":8080", ":8080"),
            ("*:8080", ":8080"),
            ("localhost:8080", "localhost:8080"),
            ("News.Example:80", "news.example:80"),
            ("unix:/run/news/courant.sock", "unix:/run/news/courant.sock"),
            ("unix:x.sock", "unix:x.sock"),
        ] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(shown.parse(), Ok(address), "what is shown can be parsed");
        }
        for bad in [
            "",
            "8080",
            "localhost",
            "localhost:",
            "localhost:x",
            "localhost:65536",
            "localhost:+80",
            "::1:8080",
            "127.0.0.256:80",
            "1.2.3:80",
            "http://localhost:80",
            "a b:80",
            "-a:80",
            "unix:",
            "[::1]",
            "a..b:1",
        ] {
            let error = bad.parse::<ListenAddress>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("invalid listen address {bad:?}: expected ")), "{error}");
        }
    }
}
