//! The images of an article, the lead image first.

use courant_model::Image;
use url::Url;

use crate::extract::{
    page::{
        facts::{Facts, PageImage},
        json_ld::LinkedData,
    },
    text::plain_text,
};

/// Maximum number of images of one article.
const MAX_IMAGES: usize = 12;
/// An image of the body with a declared side below this is an icon, a portrait or a tracking pixel.
const MIN_SIDE: u32 = 200;

/// The images: those that the page declares for sharing, those of its linked data, then the large
/// images of its article. Logos, portraits, spacers and tracking pixels are left out.
pub(in crate::extract) fn images(facts: &Facts, linked: &LinkedData, base: &Url) -> Vec<Image> {
    let mut images: Vec<Image> = Vec::new();
    let mut add = |image: Image| {
        let key = |url: &str| {
            url.split(['?', '#'])
                .next()
                .unwrap_or_default()
                .trim_start_matches("https:")
                .trim_start_matches("http:")
                .to_owned()
        };
        if images.len() < MAX_IMAGES {
            match images.iter_mut().find(|known| key(&known.url) == key(&image.url)) {
                Some(known) if known.width.is_none() => {
                    (known.width, known.height) = (image.width, image.height);
                    known.title = known.title.take().or(image.title);
                }
                Some(_) => {}
                None => images.push(image),
            }
        }
    };
    for image in declared(facts, base) {
        add(image);
    }
    for image in &linked.images {
        if let Some(url) = absolute(&image.url, base).filter(|url| !is_decoration(url)) {
            add(Image {
                width: image.width,
                height: image.height,
                title: image.caption.clone(),
                ..Image::at(url)
            });
        }
    }
    let fitting = |page_image: &&PageImage| {
        !page_image.outside_article && is_large(page_image) && !is_decoration(&page_image.class_and_id)
    };
    let in_article = || facts.images.iter().filter(fitting).filter(|page_image| page_image.in_article);
    let anywhere = || facts.images.iter().filter(fitting).filter(|page_image| page_image.width.is_some());
    let body: Vec<&PageImage> =
        if in_article().next().is_some() { in_article().collect() } else { anywhere().take(1).collect() };
    for page_image in body {
        if let Some(url) = absolute(&page_image.src, base).filter(|url| !is_decoration(url)) {
            let title = page_image.alt.as_deref().map(plain_text).filter(|alt| !alt.is_empty());
            add(Image { width: page_image.width, height: page_image.height, title, ..Image::at(url) });
        }
    }
    images
}

/// `og:image` and similar declarations with their sizes.
fn declared(facts: &Facts, base: &Url) -> Vec<Image> {
    let mut found: Vec<Image> = Vec::new();
    for (name, content) in &facts.metas {
        let pixels = || content.trim_end_matches("px").parse().ok().filter(|pixels| *pixels > 0);
        match name.as_str() {
            "og:image" | "og:image:url" | "og:image:secure_url" => {
                if let Some(url) = absolute(content, base).filter(|url| !is_site_image(url)) {
                    let repeats = name != "og:image" && !found.is_empty();
                    if !repeats {
                        found.push(Image::at(url));
                    }
                }
            }
            "og:image:width" => {
                for image in &mut found {
                    image.width = image.width.or_else(pixels);
                }
            }
            "og:image:height" => {
                for image in &mut found {
                    image.height = image.height.or_else(pixels);
                }
            }
            "og:image:alt" => {
                if let Some(image) = found.last_mut() {
                    image.title.get_or_insert_with(|| plain_text(content));
                }
            }
            _ => {}
        }
    }
    if found.is_empty() {
        let other = facts
            .meta(&[
                "twitter:image",
                "twitter:image:src",
                "thumbnail",
                "sailthru.image.full",
                "parsely-image-url",
            ])
            .or_else(|| {
                facts.links.iter().find(|link| link.rel == "image_src").map(|link| link.href.as_str())
            })
            .or_else(|| facts.item_prop("image"));
        found.extend(
            other.and_then(|url| absolute(url, base)).filter(|url| !is_decoration(url)).map(Image::at),
        );
    }
    found
}

fn absolute(href: &str, base: &Url) -> Option<String> {
    let href = href.trim();
    if href.is_empty() || href.len() > 2000 || href.starts_with("data:") {
        return None;
    }
    let url = base.join(href).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then(|| url.into())
}

fn is_large(page_image: &PageImage) -> bool {
    let small = |side: Option<u32>| side.is_some_and(|side| side < MIN_SIDE);
    let flat = matches!((page_image.width, page_image.height), (Some(width), Some(height)) if width > 5 * height || height > 4 * width);
    let low = page_image.height.is_some_and(|side| side < MIN_SIDE / 2);
    !(small(page_image.width) || low || flat)
}

/// Whether a URL or the class of an image indicates decoration.
fn is_decoration(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "logo",
        "avatar",
        "gravatar",
        "icon",
        "sprite",
        "spacer",
        "pixel",
        "1x1",
        "blank.",
        "badge",
        "emoji",
        "button",
        "placeholder",
        "loading",
        "loader",
        "author-",
        "profile",
        "tracking",
        "doubleclick",
        "/ads/",
        "scorecardresearch",
        "feedburner",
        "headshot",
        "smilies",
        "flags/",
        "transparent.",
    ]
    .iter()
    .any(|word| text.contains(word))
        || text
            .split(['?', '#'])
            .next()
            .is_some_and(|path| path.ends_with(".svg") || path.ends_with("/1.gif") || path.ends_with(".ico"))
}

/// Whether a URL is an image that a site declares for every page; only certain cases.
fn is_site_image(url: &str) -> bool {
    let file = url
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let stem = file.split('.').next().unwrap_or_default();
    matches!(stem, "logo" | "site-logo" | "default-logo" | "favicon" | "blank" | "spacer" | "pixel" | "1x1")
        || file.ends_with(".ico")
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    fn of(html: &str) -> Vec<Image> {
        images(
            &Facts::read(&Document::from(html)),
            &LinkedData::default(),
            &Url::parse("https://a.example/n/x").unwrap(),
        )
    }

    #[test]
    fn the_declared_image_is_first_with_its_size() {
        let found = of(
            "<meta property=og:image content=/p/lead.jpg><meta property=og:image:width content=1200><meta property=og:image:height content=630>\
            <article><img src=https://a.example/p/lead.jpg?w=1><img src=../two.jpg width=640 height=400 alt='Two &amp; more'></article>",
        );
        assert_eq!(
            (found[0].url.as_str(), found[0].width, found[0].height),
            ("https://a.example/p/lead.jpg", Some(1200), Some(630))
        );
        assert_eq!(
            (found[1].url.as_str(), found[1].title.as_deref()),
            ("https://a.example/two.jpg", Some("Two & more"))
        );
    }

    #[test]
    fn logos_and_pixels_are_left_out() {
        let found = of(
            "<meta property=og:image content=/logo.png><article><img src=/t.gif width=1 height=1><img src=/img/site-logo.png width=600>\
            <img class=avatar src=/ada.jpg width=300><img src=/line.png width=900 height=20></article><aside><img src=/other.jpg width=900></aside>",
        );
        assert!(found.is_empty(), "{found:?}");
    }
}
