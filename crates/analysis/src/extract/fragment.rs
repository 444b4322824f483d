//! The HTML of a feed entry: a fragment without a page around it.

use courant_model::Image;
use dom_query::Document;
use rustc_hash::FxHashSet;
use url::Url;

use super::{
    body::{blocks, sanitize::sanitized},
    page::{dom, lazy_images::image_source, limits},
    text,
};

/// The cleaned fragment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fragment {
    /// Its text; paragraphs are separated by a blank line.
    pub text: String,
    /// Its sanitized HTML, with absolute links.
    pub html: String,
    /// Its first image that is not a tracking pixel.
    pub first_image: Option<Image>,
}

/// Cleans the HTML of a feed entry (plain text is a fragment too): sanitized HTML with URLs
/// resolved against `base`, block-aware text, and the first image.
pub fn clean_fragment(html: &str, base: &Url) -> Fragment {
    if !html.contains(['<', '&']) {
        let text =
            html.lines().map(|line| text::folded(&text::repaired(line))).collect::<Vec<_>>().join("\n");
        let text = text.trim().to_owned();
        return Fragment { html: html_escape::encode_text(&text).into_owned(), text, first_image: None };
    }
    let thin = limits::reduced(html);
    let page = Document::fragment(thin.as_str());
    let text = blocks::text(page.root(), &FxHashSet::default());
    let mut first_image = None;
    dom::walk(page.root(), |visit, node| {
        if visit == dom::Visit::Enter && first_image.is_none() && &*dom::name(&node) == "img" {
            first_image = image_of(&node, base);
        }
        if first_image.is_some() { dom::Step::Stop } else { dom::Step::Into }
    });
    Fragment { text, html: sanitized(&thin, base), first_image }
}

fn image_of(node: &dom_query::NodeRef<'_>, base: &Url) -> Option<Image> {
    let url = base.join(&image_source(node)?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let pixels =
        |name| dom::attribute(node, name).and_then(|value| value.trim_end_matches("px").parse::<u32>().ok());
    let (width, height) = (pixels("width"), pixels("height"));
    if width.is_some_and(|width| width < 50) || height.is_some_and(|height| height < 50) {
        return None;
    }
    let title = dom::attribute(node, "alt").map(|alt| text::plain_text(&alt)).filter(|alt| !alt.is_empty());
    Some(Image { width, height, title, ..Image::at(url) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_is_cleaned() {
        let base = Url::parse("https://a.example/feed/").unwrap();
        let html = "<p>One &amp; two<img src=t.gif width=1 height=1></p><p><img src=/p.jpg alt='The mill' width=640>three<script>x</script></p>";
        let fragment = clean_fragment(html, &base);
        assert_eq!(fragment.text, "One & two\n\nthree");
        let image = fragment.first_image.unwrap();
        assert_eq!(
            (image.url.as_str(), image.width, image.title.as_deref()),
            ("https://a.example/p.jpg", Some(640), Some("The mill"))
        );
        assert!(!fragment.html.contains("script") && fragment.html.contains("https://a.example/p.jpg"));
        assert_eq!(clean_fragment("plain", &base).text, "plain");
    }
}
