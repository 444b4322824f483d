//! Removes parameters from a query without changing the others or their order.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

/// A parameter of a query.
pub(super) struct Param<'a> {
    /// The name as written.
    pub(super) raw_name: &'a str,
    /// The name, percent-decoded.
    pub(super) name: Cow<'a, str>,
    /// The value as written.
    pub(super) raw_value: &'a str,
}

impl<'a> Param<'a> {
    fn read(pair: &'a str) -> Self {
        let (raw_name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
        Self { raw_name, name: percent_decode_str(raw_name).decode_utf8_lossy(), raw_value }
    }

    /// The value, percent-decoded; `+` is kept, because targets in redirectors contain it
    /// literally.
    pub(super) fn value(&self) -> Cow<'a, str> {
        percent_decode_str(self.raw_value).decode_utf8_lossy()
    }
}

/// The parameters of a query, in order; empty ones are skipped.
pub(super) fn params(query: &str) -> impl Iterator<Item = Param<'_>> {
    query.split('&').filter(|pair| !pair.is_empty()).map(Param::read)
}

/// The decoded value of the first parameter of the given name.
pub(super) fn value_of<'a>(url: &'a Url, name: &str) -> Option<Cow<'a, str>> {
    params(url.query()?).find(|param| param.name == name).map(|param| param.value())
}

/// Drops the parameters that `is_tracker` selects from query and fragment, and returns their names.
/// A fragment is only read as parameters if every part of it has the form `name=value`.
pub(super) fn drop_params(url: &mut Url, mut is_tracker: impl FnMut(&Param<'_>) -> bool) -> Vec<String> {
    let mut removed = Vec::new();
    if let Some(kept) = url.query().and_then(|query| without(query, &mut is_tracker, &mut removed)) {
        url.set_query(Some(kept.as_str()).filter(|query| !query.is_empty()));
    }
    if let Some(kept) = url
        .fragment()
        .filter(|fragment| fragment.split('&').all(|part| part.contains('=')))
        .and_then(|fragment| without(fragment, &mut is_tracker, &mut removed))
    {
        url.set_fragment(Some(kept.as_str()).filter(|fragment| !fragment.is_empty()));
    }
    removed
}

/// The list without the trackers, or `None` if it has none.
fn without(
    list: &str,
    is_tracker: &mut impl FnMut(&Param<'_>) -> bool,
    removed: &mut Vec<String>,
) -> Option<String> {
    let before = removed.len();
    let kept: Vec<&str> = list
        .split('&')
        .filter(|pair| {
            let param = Param::read(pair);
            let drop = !pair.is_empty() && is_tracker(&param);
            if drop {
                removed.push(param.name.into_owned());
            }
            !drop
        })
        .collect();
    (removed.len() > before).then(|| kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_parameters_keep_order_and_spelling() {
        let mut url = Url::parse("https://x.example/?b=%20&t=1&&a&c=+#t=2&k=3").unwrap();
        assert_eq!(drop_params(&mut url, |param| param.name == "t"), ["t", "t"]);
        assert_eq!(url.as_str(), "https://x.example/?b=%20&&a&c=+#k=3");
    }

    #[test]
    fn a_plain_fragment_is_unchanged() {
        let mut url = Url::parse("https://x.example/?t=1#section&t=1").unwrap();
        assert_eq!(drop_params(&mut url, |param| param.name == "t"), ["t"]);
        assert_eq!(url.as_str(), "https://x.example/#section&t=1");
    }
}
