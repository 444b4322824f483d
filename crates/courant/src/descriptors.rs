//! File descriptors: the limit of this process, and the number of connections that it allows.

/// The soft limit is raised to this, or to what the settings need, within the hard limit.
const TARGET_LIMIT: u64 = 65_536;
/// Descriptors reserved for the store, files and everything else but connections.
const RESERVED: usize = 128;
/// Default number of connections, in addition to those that listen to events.
const DEFAULT_CONNECTIONS: usize = 4096;

/// The maximum number of concurrent connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionLimit {
    pub(crate) connections: usize,
    /// The descriptor limit of this process.
    pub(crate) descriptors: usize,
    /// The configured number of connections, if the descriptors are too few for it.
    pub(crate) wanted: Option<usize>,
}

/// The number of connections: `max_connections` of the settings (0: the default), as far as the
/// descriptors allow. Each of `fetches` concurrent fetches may take two.
pub(crate) fn connection_limit(max_connections: usize, listeners: usize, fetches: usize) -> ConnectionLimit {
    let reserve = RESERVED + 2 * fetches;
    let wanted = if max_connections == 0 { DEFAULT_CONNECTIONS + listeners } else { max_connections };
    let descriptors = raise((wanted + reserve) as u64);
    within(wanted, reserve, descriptors)
}

fn within(wanted: usize, reserve: usize, descriptors: usize) -> ConnectionLimit {
    // If there are few, half of them are for connections.
    let max = descriptors.saturating_sub(reserve.min(descriptors / 2)).max(1);
    let connections = wanted.min(max);
    ConnectionLimit { connections, descriptors, wanted: (connections < wanted).then_some(wanted) }
}

/// Raises the soft limit of descriptors as far as useful and allowed; gives the new limit.
#[cfg(unix)]
fn raise(needed: u64) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = needed.max(TARGET_LIMIT);
    let Some(now) = limit.current else { return wanted as usize };
    let goal = limit.maximum.map_or(wanted, |max| wanted.min(max));
    if goal <= now {
        return now as usize;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(goal), maximum: limit.maximum }) {
        Ok(()) => goal as usize,
        Err(error) => {
            tracing::debug!(now, %error, "cannot raise the limit of file descriptors");
            now as usize
        }
    }
}

#[cfg(not(unix))]
fn raise(needed: u64) -> usize {
    needed.max(TARGET_LIMIT) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        let room = |wanted, descriptors| {
            let room = within(wanted, 192, descriptors);
            (room.connections, room.wanted)
        };
        assert_eq!(room(5096, 65_536), (5096, None));
        assert_eq!(room(5096, 1024), (832, Some(5096)));
        assert_eq!(room(5096, 100), (50, Some(5096)), "half, if there are few");
        assert_eq!(room(20, 100), (20, None));
        assert_eq!(room(5, 1), (1, Some(5)));
    }
}
