//! Images, audio and video: RSS enclosures, Media RSS 1.5, podcasts, sitemap images and videos.

use courant_model::resolve_reference;

use crate::xml::{Document, Node, Ns};

use super::{fields::Scope, values::MediaFile};

/// The file that an element names in `url` (or, wrongly, in `href`, or as its text).
pub(super) fn file(node: Node<'_, '_>, scope: &Scope<'_>) -> Option<MediaFile> {
    let url = scope
        .attribute_url(node, "url")
        .or_else(|| scope.attribute_url(node, "href"))
        .or_else(|| scope.attribute_url(node, "src"))
        .or_else(|| scope.attribute_url(node, "resource"))
        .or_else(|| if node.has_children() { None } else { scope.text_url(node) })?;
    Some(MediaFile {
        url,
        mime: node.filled("type"),
        length: node.filled("length").or_else(|| node.filled("fileSize")),
        medium: node.filled("medium"),
        width: node.filled("width"),
        height: node.filled("height"),
    })
}

/// The URL of an image element: `href` or `url`, as attribute, child or text.
pub(super) fn image(node: Node<'_, '_>, scope: &Scope<'_>) -> Option<String> {
    let child = node.children().find(|child| matches!(child.local(), "url" | "href" | "loc"));
    scope
        .attribute_url(node, "href")
        .or_else(|| scope.attribute_url(node, "url"))
        .or_else(|| child.and_then(|child| scope.text_url(child)))
        .or_else(|| scope.attribute_url(node, "resource"))
        .or_else(|| scope.attribute_url(node, "src"))
        .or_else(|| if node.has_children() { None } else { scope.text_url(node) })
}

/// The first image in a piece of HTML that a reader would see; tracking pixels are skipped.
pub(super) fn first_image(html: &str, base: Option<&str>) -> Option<String> {
    /// Maximum number of bytes that are searched.
    const MAX_SEARCHED: usize = 32 * 1024;
    let mut rest = html.get(..MAX_SEARCHED).unwrap_or(html);
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        rest = &rest[at..];
        let is_image = rest.get(1..4).is_some_and(|name| name.eq_ignore_ascii_case("img"))
            && rest[4..].starts_with(|c: char| c.is_ascii_whitespace() || c == '/');
        if is_image {
            let document = Document::parse(&rest[..=rest.find('>')?], |_, _| false);
            let found = document.elements().next().filter(|node| !is_pixel(*node));
            let source = found.and_then(|node| node.filled("src"));
            if let Some(source) = source.filter(|source| !source.starts_with("data:")) {
                return Some(resolve_reference(base, &source));
            }
        }
        rest = &rest[1..];
    }
    None
}

fn is_pixel(image: Node<'_, '_>) -> bool {
    let tiny = |name: &str| image.filled(name).is_some_and(|size| matches!(size.as_str(), "0" | "1"));
    tiny("width") || tiny("height")
}

/// The files of the image and video extensions of sitemaps.
pub(super) fn sitemap_files(node: Node<'_, '_>, scope: &Scope<'_>) -> (Vec<MediaFile>, Vec<MediaFile>) {
    let (mut files, mut thumbnails) = (Vec::new(), Vec::new());
    for child in node.children() {
        let medium = match (child.ns(), child.local()) {
            (Ns::Image, "loc") => "image",
            (Ns::Video, "content_loc" | "player_loc") => "video",
            (Ns::Video, "thumbnail_loc") => "thumbnail",
            _ => continue,
        };
        let Some(url) = scope.text_url(child) else { continue };
        let file = |medium: &str| MediaFile { url, medium: Some(medium.to_owned()), ..MediaFile::default() };
        if medium == "thumbnail" { thumbnails.push(file("image")) } else { files.push(file(medium)) }
    }
    (files, thumbnails)
}

/// The point that an element of `GeoRSS`, W3C geo or GML gives.
pub(super) fn point(node: Node<'_, '_>) -> Option<(f64, f64)> {
    let text = node.text();
    let mut numbers =
        text.split([' ', ',', '\n', '\t']).filter(|part| !part.is_empty()).map(str::parse::<f64>);
    let (latitude, longitude) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    ((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude))
        .then_some((latitude, longitude))
}
