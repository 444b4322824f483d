//! Classifies the HTTP library's errors of a request that got no response.

use std::{error::Error, io};

use crate::{
    error::{FetchError, TimeoutStage},
    resolve::BlockedAddress,
};

/// The error for a request that got no response.
pub(super) fn send_error(place: String, error: &reqwest::Error) -> FetchError {
    if let Some(BlockedAddress(why)) = cause::<BlockedAddress>(error) {
        return FetchError::Blocked { place, why: why.clone() };
    }
    let why = innermost(error);
    if error.is_timeout() {
        return FetchError::Timeout { place, stage: TimeoutStage::Connect };
    }
    if error.is_dns() {
        return FetchError::Dns { place, why };
    }
    if cause::<rustls::Error>(error).is_some() {
        return FetchError::Tls { place, why };
    }
    match cause::<hyper::Error>(error) {
        Some(http) if http.is_parse() => FetchError::Protocol { place, why },
        _ => FetchError::Connect { place, why },
    }
}

/// The error and its sources, including an error inside an [`io::Error`], which is not its source.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inside.map(|inner| inner as &(dyn Error + 'static)).or_else(move || error.source())
    })
    .take(16)
}

fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(error).find_map(|error| error.downcast_ref())
}

/// The message of the last source.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}
