//! The server as its clients see it.

#![allow(clippy::unwrap_used, reason = "a test ends where one of its steps fails")]

mod access;
mod clicks;
mod common;
mod events;
mod every_response;
mod lists;
mod openapi;
mod routes;
mod site;
