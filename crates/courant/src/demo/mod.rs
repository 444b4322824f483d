//! The demo: a bundled sample newswire, served by a local web server, and a site that reads it.
//!
//! The newswire goes through the same fetching, extraction and judging as real sources; only the
//! hosts of its (invented) providers lead to a server inside this program.

mod fake_web;
mod feeds;
mod image;
mod newswire;
mod pages;
mod site;

pub(crate) use fake_web::FakeWeb;
pub(crate) use newswire::Newswire;
pub(crate) use site::create;
