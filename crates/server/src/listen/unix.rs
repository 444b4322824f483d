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

/// Who may connect: everyone who may enter the folder, as everyone may to a port. A proxy runs as another user.
const MODE: u32 = 0o666;

/// A listening socket, whose file goes with it.
#[derive(Debug)]
pub(crate) struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl UnixSocket {
    /// Listens at a path. A socket that a killed process has left there is replaced; one that answers, and any other
    /// file, is not.
    pub(super) fn bind(path: &Path) -> io::Result<Self> {
        if is_left_over(path) {
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

/// Whether a socket lies there on which nobody listens.
fn is_left_over(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|about| about.file_type().is_socket());
    let refused = || BlockingStream::connect(path).err().map(|error| error.kind());
    is_socket && refused() == Some(io::ErrorKind::ConnectionRefused)
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        // The next start replaces what is left.
        let _ = fs::remove_file(&self.path);
    }
}

impl Accept for UnixSocket {
    type Stream = UnixStream;

    /// Who comes this way is on this machine, like a client on loopback: `trusted_proxies` has to name `127.0.0.1` for
    /// the `X-Forwarded-For` of a proxy to be believed.
    async fn accept(&mut self) -> io::Result<(UnixStream, SocketAddr)> {
        let (stream, _) = self.listener.accept().await?;
        Ok((stream, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_that_was_left_is_replaced_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("news.sock");
        let first = UnixSocket::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(UnixSocket::bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse, "it answers");
        drop(first);
        assert!(!path.exists());
        // What `kill -9` leaves.
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
