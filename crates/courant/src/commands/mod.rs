//! The commands: each file has the arguments of a command and its code.

pub(crate) mod api_key;
pub(crate) mod article;
pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
mod editor_request;
pub(crate) mod evaluate;
pub(crate) mod gate;
pub(crate) mod import;
pub(crate) mod ingest;
pub(crate) mod inspect;
pub(crate) mod keys;
pub(crate) mod new;
pub(crate) mod poll;
pub(crate) mod queue;
pub(crate) mod run;
pub(crate) mod serve;
mod since;
pub(crate) mod sources;
pub(crate) mod store;
pub(crate) mod story;
pub(crate) mod topics;
pub(crate) mod train;
