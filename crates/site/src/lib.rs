//! A site: the folder that holds one publication.
//!
//! It is read and checked once, when a command starts. Errors name the file and the line.

mod bounded_file;
pub mod config;
mod edit;
mod error;
pub mod files;
mod folder;
mod keys;
mod listen_address;
mod listing;
pub mod private;
mod scaffold;
mod schemas;
mod sources;
mod sweep;
mod taxonomy;
mod url_rules;

pub use bounded_file::{read_bounded, read_file};
pub use config::{
    Config, Days, GitConfig, KeyRule, LimitsConfig, Megabytes, Milliseconds, Minutes, PageSource, Seconds,
    SourceLimits,
};
pub use error::SiteError;
pub use folder::Site;
pub use keys::{KEYS_FROM_ENVIRONMENT, has_keys_in_environment, put_key_first, write_key};
pub use listen_address::{InvalidListenAddress, ListenAddress};
pub use scaffold::{Subject, create};
pub use sources::{add_source, export_sources, import_sources, remove_source};
pub use sweep::sweep_site;
pub use taxonomy::{read_providers, read_topics};
pub use url_rules::read_url_rules;
