//! The program as its users meet it: run as a process, on real folders.

mod commands;
mod crash;
mod demo;
mod editing;
mod harness;
mod inspect;
