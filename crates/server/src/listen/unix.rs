//! Unix domain sockets.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    os::unix::{
        fs::{FileTypeExt, PermissionsExt},
        net::UnixStream as BlockingStream,
    },
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

use super::Accept;

/// Permissions of the socket: anyone who may enter the folder may connect, because a proxy usually
/// runs as another user.
const MODE: u32 = 0o666;

/// A listening socket. Its file is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl UnixSocket {
    /// Starts to listen at a path. The socket of a killed process is replaced; a socket in use or
    /// any other file is not.
    pub(super) fn bind(path: &Path) -> io::Result<Self> {
        if is_stale(path) {
            fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
        Ok(Self { listener, path: path.to_owned() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether there is a socket on which no process listens.
fn is_stale(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    let refused = || BlockingStream::connect(path).err().map(|error| error.kind());
    is_socket && refused() == Some(io::ErrorKind::ConnectionRefused)
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        // If this fails, the next start replaces the file.
        let _ = fs::remove_file(&self.path);
    }
}

impl Accept for UnixSocket {
    type Stream = UnixStream;

    /// Clients are on this machine and get the loopback address: `trusted_proxies` has to contain
    /// `127.0.0.1` if the `X-Forwarded-For` of a proxy is to be trusted.
    async fn accept(&mut self) -> io::Result<(UnixStream, SocketAddr)> {
        let (stream, _) = self.listener.accept().await?;
        Ok((stream, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_stale_socket_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("news.sock");
        let first = UnixSocket::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(UnixSocket::bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse, "it is in use");
        drop(first);
        assert!(!path.exists());
        // As after `kill -9`.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let again = UnixSocket::bind(&path).unwrap();
        assert!(BlockingStream::connect(&path).is_ok());
        drop(again);
        fs::write(&path, "a file").unwrap();
        assert!(UnixSocket::bind(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "a file");
    }
}
