//! Search for the web server, answered by the store.

use courant_server::{Search, SearchAnswer, SearchError, SearchHit, SearchQuery};
use courant_store::Store;

/// The store as the web server's search.
pub(super) struct StoreSearch(pub(super) Store);
