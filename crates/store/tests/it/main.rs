//! Tests of the store through its public face, one topic a file.

mod commit;
mod support;
