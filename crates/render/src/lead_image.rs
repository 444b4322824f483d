//! The image that stands for an article.

use courant_model::{Image, Item};
use minijinja::Value;

use crate::{context::RenderContext, template_data::template_data};

/// An image known to be smaller than this is a logo or a spacer and would be blurred when enlarged.
const MIN_IMAGE_SIZE: (u32, u32) = (160, 90);

/// The size that is reserved for an image of unknown size.
const DEFAULT_IMAGE_SIZE: (u32, u32) = (640, 360);

template_data! {
    /// An image with the size that is reserved for it.
    struct ImageData {
        src,
        /// Narrower copies and the image itself, for the browser to choose from (HTML, 4.8.4.2.1).
        srcset,
        width,
        height,
        alt,
        credit,
    }
}

/// The image that stands for an article.
pub(crate) struct LeadImage<'a> {
    pub(crate) src: String,
    srcset: Option<String>,
    width: u32,
    height: u32,
    image: &'a Image,
}

impl LeadImage<'_> {
    pub(crate) fn into_value(self) -> Value {
        let data = ImageData {
            src: self.src.into(),
            srcset: self.srcset.into(),
            width: self.width.into(),
            height: self.height.into(),
            alt: self.image.title.as_deref().unwrap_or_default().into(),
            credit: self.image.attribution.as_deref().filter(|text| !text.is_empty()).into(),
        };
        data.into()
    }
}

/// The first image of an article that may be shown, unless it is known to be too small.
pub(crate) fn lead_image<'a>(context: &RenderContext, item: &'a Item) -> Option<LeadImage<'a>> {
    let is_big_enough = |image: &&Image| {
        image.width.is_none_or(|width| width >= MIN_IMAGE_SIZE.0)
            && image.height.is_none_or(|height| height >= MIN_IMAGE_SIZE.1)
    };
    let image = item.record.images.iter().find(is_big_enough)?;
    let (width, height) = image.width.zip(image.height).unwrap_or(DEFAULT_IMAGE_SIZE);
    let is_first = item.record.images.first() == Some(image);
    // The site's own copy if there is one, so that readers' browsers load nothing from other hosts.
    let copy = item.picture.as_deref().filter(|_| is_first).map(|copy| format!("{}{copy}", context.root));
    let srcset = copy.as_ref().filter(|_| !item.thumbnails.is_empty()).map(|copy| {
        let narrower = item.thumbnails.iter();
        let narrower = narrower.map(|small| format!("{}{} {}w, ", context.root, small.path, small.width));
        narrower.chain([format!("{copy} {width}w")]).collect()
    });
    let src = copy.or_else(|| context.safe_image(&image.url))?;
    Some(LeadImage { src, srcset, width, height, image })
}
