//! Embeds: the frame of a player, as in records and collections.

use courant_model::PublicUrls;

use super::tags::{Attribute, tag_at, url_in};

/// Attributes that the frame of a player may have.
const ATTRIBUTES: [&str; 16] = [
    "src",
    "width",
    "height",
    "title",
    "name",
    "class",
    "id",
    "allow",
    "allowfullscreen",
    "frameborder",
    "loading",
    "sandbox",
    "referrerpolicy",
    "scrolling",
    "marginwidth",
    "marginheight",
];

/// Whether HTML is one frame and nothing else, with an https URL that may be published and harmless
/// attributes.
pub fn is_embed(html: &str, rule: &PublicUrls) -> bool {
    let html = html.trim();
    let Some(tag) = tag_at(html) else { return false };
    tag.name.eq_ignore_ascii_case("iframe")
        && html[tag.length..].trim().eq_ignore_ascii_case("</iframe>")
        && tag.attributes.iter().any(|found| found.name.eq_ignore_ascii_case("src"))
        && tag.attributes.iter().all(|found| is_harmless(found, rule))
}

/// Whether an attribute of a frame only shows a player.
pub(super) fn is_harmless(attribute: &Attribute<'_>, rule: &PublicUrls) -> bool {
    if attribute.name.eq_ignore_ascii_case("src") {
        let url = url_in(attribute.value);
        return url.to_ascii_lowercase().starts_with("https:") && rule.check_text(&url).is_ok();
    }
    ATTRIBUTES.iter().any(|name| attribute.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frame_with_an_https_url_is_an_embed() {
        let rule = PublicUrls::default();
        assert!(is_embed(
            "<iframe width=\"800\" src=\"https://www.video.example/embed/4?a=1&amp;b=2\" allowfullscreen></iframe>",
            &rule
        ));
        for bad in [
            "<iframe src=\"http://www.video.example/\"></iframe>",
            "<iframe src=\"https://10.0.0.1/\"></iframe>",
            "<iframe src=\"javascript:alert(1)\"></iframe>",
            "<iframe src=\"https://a.example/\" onload=\"x()\"></iframe>",
            "<iframe src=\"https://a.example/\" srcdoc=\"x\"></iframe>",
            "<iframe src=\"https://a.example/\"></iframe><script>x</script>",
            "<iframe src=\"https://a.example/\"><script></iframe>",
            "<iframe></iframe>",
            "<object data=\"https://a.example/\"></object>",
            "text",
            "",
        ] {
            assert!(!is_embed(bad, &rule), "{bad}");
        }
    }
}
