//! The sample publication, rendered with the bundled templates.

use std::sync::Arc;

use courant_render::Snapshot;
use courant_render::{Publication, Templates};

pub(crate) use courant_testkit::sample::*;

pub(crate) fn publication() -> Publication {
    publish(snapshot())
}

pub(crate) fn publish(snapshot: Snapshot) -> Publication {
    Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).expect("the sample renders")
}
