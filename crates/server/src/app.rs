//! What all handlers share.

use std::{path::PathBuf, sync::Arc};

use courant_render::Publication;
use tokio::sync::watch;

use crate::{Access, Events};

/// What all handlers share.
#[derive(Debug, Clone)]
pub struct AppState<S> {
    /// The present publication; a request uses the one that was present when it came.
    pub publication: watch::Receiver<Arc<Publication>>,
    /// What answers searches.
    pub search: S,
    /// What listeners are told; it must follow the same publication.
    pub events: Events,
    /// Who may ask the API, and how often.
    pub access: Access,
    /// The folder of cached pictures, whose names hold a hash of their content; `None` where there is none.
    pub images: Option<PathBuf>,
}

impl<S> AppState<S> {
    pub(crate) fn present(&self) -> Arc<Publication> {
        Arc::clone(&self.publication.borrow())
    }
}
