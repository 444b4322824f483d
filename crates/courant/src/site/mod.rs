//! A site: the folder that holds one publication.
//!
//! It is read and checked once, when a command starts. Whatever is not in order is named with file and line.

mod classic;
mod config;
mod edit;
mod error;
mod folder;
mod health_config;
mod keep_config;
mod keys;
mod limits_config;
mod page_source;
mod scaffold;
mod serve_config;
mod sources;

pub(crate) use config::{Config, GitConfig};
pub(crate) use error::SiteError;
pub(crate) use folder::{Site, read_providers, read_topics, read_url_rules};
pub(crate) use keys::{KEYS_FROM_ENVIRONMENT, has_keys_in_environment, put_key_first, write_key};
pub(crate) use limits_config::{LimitsConfig, SourceLimits};
pub(crate) use page_source::{ListSelectors, PageSource};
pub(crate) use scaffold::create;
pub(crate) use serve_config::KeyRule;
pub(crate) use sources::{add_source, export_sources, import_sources, remove_source};
