//! The classic API and the collections: `[classic]` of `courant.toml`, and the schema files.

use std::{collections::BTreeMap, fs, path::Path};

use courant_classic::Schema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::SiteError;

/// `[classic]`: the API of a site that was imported.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassicConfig {
    pub enabled: bool,
    /// Where the API is reached; `None`: where the site is.
    #[serde(with = "maybe_url")]
    pub api_url: Option<Url>,
    /// Where the pages of the publication stand; `None`: where the site is.
    #[serde(with = "maybe_url")]
    pub pages_url: Option<Url>,
    /// Whether the HTML of records is given as their files hold it, scripts included.
    pub raw_html: bool,
}

/// An address, or the empty text where there is none: TOML has no null, and every key stands in the file.
mod maybe_url {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use url::Url;

    #[allow(clippy::ref_option, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(url: &Option<Url>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(url.as_ref().map_or("", Url::as_str))
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Option<Url>, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(None);
        }
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.map(Some).ok_or_else(|| D::Error::custom(format!("{text:?} is no http or https address")))
    }
}

/// The schemas of the site by id: those that come with Courant, and the files of `collections/`, which beat
/// them where the id is the same.
pub(crate) fn read_schemas(dir: &Path) -> Result<Vec<Schema>, SiteError> {
    let bundled =
        courant_classic::bundled().map_err(|error| SiteError::file("collections", error.to_string()))?;
    let mut schemas: BTreeMap<String, Schema> =
        bundled.into_iter().map(|schema| (schema.id.clone(), schema)).collect();
    let mut own = BTreeMap::new();
    for file in crate::folder::files(dir, &["toml"])? {
        let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
        let schema = courant_classic::read_schema(&text).map_err(|error| wrong(&file, &text, &error))?;
        if let Some(twin) = own.insert(schema.id.clone(), file.clone()) {
            let message = format!("collection {:?} is described already in {}", schema.id, twin.display());
            return Err(SiteError::file(&file, message));
        }
        schemas.insert(schema.id.clone(), schema);
    }
    Ok(schemas.into_values().collect())
}

fn wrong(file: &Path, text: &str, error: &courant_classic::SchemaError) -> SiteError {
    match error {
        courant_classic::SchemaError::Toml(toml) if let Some(span) = toml.span() => {
            let line =
                text.as_bytes()[..span.start.min(text.len())].iter().filter(|&&byte| byte == b'\n').count();
            SiteError::line(file, line + 1, error.to_string())
        }
        _ => SiteError::file(file, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_overrides_and_adds_collections() {
        let dir = tempfile::tempdir().unwrap();
        let bundled = read_schemas(dir.path()).unwrap();
        fs::write(dir.path().join("p.toml"), "id = \"people\"\ntitle = \"Folk\"\nfolder = \"_folk\"\n")
            .unwrap();
        fs::write(dir.path().join("r.toml"), "id = \"recipes\"\ntitle = \"R\"\nfolder = \"_r\"\n").unwrap();
        let schemas = read_schemas(dir.path()).unwrap();
        assert_eq!(schemas.len(), bundled.len() + 1);
        let title = |id: &str| schemas.iter().find(|schema| schema.id == id).map(|schema| &*schema.title);
        assert_eq!((title("people"), title("recipes")), (Some("Folk"), Some("R")));
    }

    #[test]
    fn a_schema_that_is_not_in_order_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("x.toml"), "id = \"x\"\ntitle = \"X\"\nfoldr = \"_x\"\n").unwrap();
        let error = read_schemas(dir.path()).unwrap_err().to_string();
        assert!(error.contains("x.toml:3: unknown field `foldr`"), "{error}");
    }
}
