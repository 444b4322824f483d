//! The most recent events in a bounded ring.

use std::{collections::VecDeque, sync::Arc};

use courant_render::StoryEvent;

/// Maximum number of stored events, and of events that one publication may cause: after more,
/// fetching the lists is cheaper.
pub(super) const MAX_EVENTS: usize = 1_000;
/// Maximum size of all stored events, in bytes.
const MAX_BYTES: usize = 8 << 20;
/// Maximum number of events that are read from the ring at once.
pub(super) const BATCH: usize = 8;

/// The most recent events. Each has a position, counted from the start.
#[derive(Debug, Default)]
pub(super) struct Ring {
    events: VecDeque<Arc<StoryEvent>>,
    /// The position of the first stored event.
    first: u64,
    bytes: usize,
}

impl Ring {
    /// The position of the next event.
    pub(super) fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    pub(super) fn push(&mut self, event: StoryEvent) {
        self.bytes += event.size();
        self.events.push_back(Arc::new(event));
        while self.events.len() > MAX_EVENTS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.size();
            self.first += 1;
        }
    }

    /// Drops all events: listeners have to fetch the lists.
    pub(super) fn reset(&mut self) {
        self.first = self.end() + 1;
        self.events.clear();
        self.bytes = 0;
    }

    /// The events from a position on; `None` if that position is no longer or not yet stored.
    pub(super) fn from(&self, position: u64) -> Option<Vec<Arc<StoryEvent>>> {
        let at = position.checked_sub(self.first).filter(|_| position <= self.end())?;
        Some(self.events.iter().skip(at as usize).take(BATCH).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_stored_or_it_is_not() {
        let mut ring = Ring::default();
        assert_eq!(ring.from(0), Some(Vec::new()));
        assert_eq!(ring.from(1), None, "it is in the future");
        ring.reset();
        assert_eq!(ring.from(0), None);
        assert_eq!(ring.from(ring.end()), Some(Vec::new()));
    }
}
