//! A site: the folder that holds one publication.
//!
//! It is read and checked once, when a command starts. Whatever is not in order is named with file and line.

mod bounded_file;
mod classic;
mod config;
mod edit;
mod error;
pub mod files;
mod folder;
mod health_config;
mod keep_config;
mod keys;
mod limits_config;
mod listen_address;
mod page_source;
pub mod private;
mod scaffold;
mod serve_config;
mod sources;

pub use bounded_file::{read_bounded, read_file};
pub use config::{Config, GitConfig};
pub use error::SiteError;
pub use folder::{Site, read_providers, read_topics, read_url_rules};
pub use keys::{KEYS_FROM_ENVIRONMENT, has_keys_in_environment, put_key_first, write_key};
pub use limits_config::{LimitsConfig, SourceLimits};
pub use listen_address::{InvalidListenAddress, ListenAddress};
pub use page_source::{ListSelectors, PageSource};
pub use scaffold::{Subject, create};
pub use serve_config::KeyRule;
pub use sources::{add_source, export_sources, import_sources, remove_source};
