//! Dates in every form that feeds and pages write them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(found) = courant_model::parse_date(text) {
        // What is understood is written so that it is understood again as the same instant.
        assert_eq!(courant_model::parse_date(&found.to_string()), Some(found), "{text:?}");
    }
});
