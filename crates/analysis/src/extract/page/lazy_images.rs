//! The URL of an image on pages that load their images lazily.

use dom_query::NodeRef;

use super::dom;

/// The URL of an image, including the usual attributes for lazy loading.
pub(in crate::extract) fn image_source(node: &NodeRef<'_>) -> Option<String> {
    let good =
        |value: &String| !value.starts_with("data:") && !value.starts_with("about:") && value.len() < 2000;
    let lazy_attributes =
        ["data-src", "data-lazy-src", "data-original", "data-hi-res-src", "data-full-src", "data-url"];
    let first_of_set = |value: String| {
        let widest = value
            .split(", ")
            .filter_map(|part| {
                let mut words = part.split_whitespace();
                let url = words.next()?.trim_end_matches(',');
                let width: f32 = words
                    .next()
                    .and_then(|size| size.trim_end_matches(['w', 'x', ',']).parse().ok())
                    .unwrap_or(0.0);
                Some((url, width))
            })
            .fold(
                None,
                |best: Option<(&str, f32)>, next| {
                    if best.is_none_or(|best| next.1 > best.1) { Some(next) } else { best }
                },
            );
        widest.map(|(url, _)| url.to_owned())
    };
    lazy_attributes
        .iter()
        .find_map(|name| dom::attribute(node, name).filter(|value| good(value)))
        .or_else(|| dom::attribute(node, "src").filter(good))
        .or_else(|| {
            ["data-srcset", "srcset"]
                .iter()
                .find_map(|name| dom::attribute(node, name))
                .and_then(first_of_set)
                .filter(good)
        })
}
