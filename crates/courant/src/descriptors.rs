//! File descriptors: how many this process may have open, and how many connections they leave room for.

/// The soft limit is raised to this many, or to what the settings need, within the hard limit.
const WANTED: u64 = 65_536;
/// Descriptors for the store, files and what else is open beside connections.
const OTHERS: usize = 128;
/// Connections where the settings name no number, beside those that listen to events.
const CONNECTIONS: usize = 4096;

/// The number of connections to serve at once, and what the log has to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionRoom {
    pub(crate) connections: usize,
    /// The descriptors that this process may have.
    pub(crate) descriptors: usize,
    /// The configured number of connections, where there are too few descriptors for it.
    pub(crate) wanted: Option<usize>,
}

/// Room for connections: `max_connections` of the settings (0 for a number of our own), within what descriptors allow. Each
/// of `fetches` at once may take two.
pub(crate) fn room(max_connections: usize, listeners: usize, fetches: usize) -> ConnectionRoom {
    let reserve = OTHERS + 2 * fetches;
    let wanted = if max_connections == 0 { CONNECTIONS + listeners } else { max_connections };
    let descriptors = raise((wanted + reserve) as u64);
    within(wanted, reserve, descriptors)
}

fn within(wanted: usize, reserve: usize, descriptors: usize) -> ConnectionRoom {
    // Where there are few, half of them serve.
    let most = descriptors.saturating_sub(reserve.min(descriptors / 2)).max(1);
    let connections = wanted.min(most);
    ConnectionRoom { connections, descriptors, wanted: (connections < wanted).then_some(wanted) }
}

/// Raises the soft limit of descriptors as far as is useful and allowed, and gives what it is then.
#[cfg(unix)]
fn raise(needed: u64) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = needed.max(WANTED);
    let Some(now) = limit.current else { return wanted as usize };
    let goal = limit.maximum.map_or(wanted, |most| wanted.min(most));
    if goal <= now {
        return now as usize;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(goal), maximum: limit.maximum }) {
        Ok(()) => goal as usize,
        Err(error) => {
            tracing::debug!("the limit of file descriptors stays {now}: {error}");
            now as usize
        }
    }
}

#[cfg(not(unix))]
fn raise(needed: u64) -> usize {
    needed.max(WANTED) as usize
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
        assert_eq!(room(5096, 100), (50, Some(5096)), "half, where there are few");
        assert_eq!(room(20, 100), (20, None));
        assert_eq!(room(5, 1), (1, Some(5)));
    }
}
