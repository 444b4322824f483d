//! The demo: a bundled sample newswire, served by a web of our own on loopback, and a site that reads it.
//!
//! The newswire goes through the same fetcher, the same extraction and the same judgement as real sources;
//! only the addresses of its (invented) providers lead to a server inside this program.

mod fake_web;
mod feeds;
mod newswire;
mod pages;
mod picture;
mod site;

pub(crate) use fake_web::FakeWeb;
pub(crate) use newswire::Newswire;
pub(crate) use site::create;
