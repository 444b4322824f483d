//! Record files, and what is written of them.

#![no_main]

use courant_formats::record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(found) = record::read(&String::from_utf8_lossy(bytes)) {
        assert!(record::read(&record::write(&found)).is_ok());
    }
});
