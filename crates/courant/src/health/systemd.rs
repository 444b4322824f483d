//! Notifications to systemd about the program's state: the protocol of `sd_notify(3)`, datagrams to
//! a socket.

#[cfg(unix)]
use std::{ffi::OsStr, io, os::unix::net::UnixDatagram, time::Duration};

/// The notification socket, and the watchdog interval if systemd set one.
#[derive(Debug)]
pub(crate) struct Notifier {
    #[cfg(unix)]
    socket: UnixDatagram,
    #[cfg(unix)]
    to: std::os::unix::net::SocketAddr,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// From the values of `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`; `None` without a
    /// socket, or if it cannot be used, which is logged.
    pub(crate) fn new(socket: Option<&OsStr>, usec: Option<&str>, pid: Option<&str>) -> Option<Self> {
        let socket = socket.filter(|socket| !socket.is_empty())?;
        let is_mine = pid.is_none_or(|pid| pid.parse() == Ok(std::process::id()));
        let usec = usec.and_then(|text| text.parse().ok()).filter(|&usec: &u64| usec > 0 && is_mine);
        Self::open(socket, usec.map(Duration::from_micros))
            .inspect_err(
                |error| tracing::warn!(socket = %socket.display(), %error, "cannot use NOTIFY_SOCKET"),
            )
            .ok()
    }

    /// From the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "systemd passes its settings in the environment")]
    pub(crate) fn from_environment() -> Option<Self> {
        let text = |name: &str| std::env::var(name).ok();
        let socket = std::env::var_os("NOTIFY_SOCKET");
        Self::new(socket.as_deref(), text("WATCHDOG_USEC").as_deref(), text("WATCHDOG_PID").as_deref())
    }

    #[cfg(unix)]
    fn open(path: &OsStr, watchdog: Option<Duration>) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        // A service manager that does not read must not block the program.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, to: address(path)?, watchdog })
    }

    #[cfg(not(unix))]
    fn open(_: &OsStr, _: Option<Duration>) -> io::Result<Self> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// Maximum time between two watchdog messages; `None` if systemd expects none.
    pub(crate) const fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Sends `NAME=value` lines. A message that cannot be sent is dropped.
    pub(crate) fn send(&self, lines: &str) {
        #[cfg(unix)]
        if let Err(error) = self.socket.send_to_addr(lines.as_bytes(), &self.to) {
            tracing::debug!(lines, %error, "cannot notify systemd");
        }
        #[cfg(not(unix))]
        let _ = lines;
    }
}

/// A path, or on Linux a name in the abstract namespace, written with a leading `@`.
#[cfg(unix)]
fn address(path: &OsStr) -> io::Result<std::os::unix::net::SocketAddr> {
    use std::os::unix::{ffi::OsStrExt, net::SocketAddr};
    #[cfg(target_os = "linux")]
    if let Some(name) = path.as_bytes().strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt;
        return SocketAddr::from_abstract_name(name);
    }
    if path.as_bytes().first() != Some(&b'/') {
        return Err(io::Error::other("expected an absolute path, or a name after @"));
    }
    SocketAddr::from_pathname(path)
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    fn received(at: &UnixDatagram) -> String {
        let mut bytes = [0; 256];
        let length = at.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn a_socket_receives_what_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let me = std::process::id().to_string();
        let notifier = Notifier::new(Some(path.as_os_str()), Some("30000000"), Some(&me)).unwrap();
        assert_eq!(notifier.watchdog(), Some(Duration::from_secs(30)));
        notifier.send("READY=1\nSTATUS=all is well");
        assert_eq!(received(&manager), "READY=1\nSTATUS=all is well");
        drop(manager);
        notifier.send("WATCHDOG=1");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_abstract_socket_receives_too() {
        use std::os::linux::net::SocketAddrExt;
        let name = format!("courant-test-{}", std::process::id());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let manager = UnixDatagram::bind_addr(&address).unwrap();
        let notifier = Notifier::new(Some(OsStr::new(&format!("@{name}"))), None, None).unwrap();
        assert_eq!(notifier.watchdog(), None);
        notifier.send("STOPPING=1");
        assert_eq!(received(&manager), "STOPPING=1");
    }

    #[test]
    fn a_watchdog_of_another_process_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let other = Notifier::new(Some(path.as_os_str()), Some("30000000"), Some("0")).unwrap();
        assert_eq!(other.watchdog(), None);
        assert!(Notifier::new(None, Some("30000000"), None).is_none());
        assert!(Notifier::new(Some(OsStr::new("")), None, None).is_none());
        assert!(Notifier::new(Some(OsStr::new("relative")), None, None).is_none());
    }
}
