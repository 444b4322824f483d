//! The kinds of records: the schemas that come with Courant and those in `collections/`.

use std::{collections::BTreeMap, fs, path::Path};

use courant_classic::Schema;

use crate::{error::SiteError, listing::files_with_extensions};

/// The schemas of the site, sorted by id: those that come with Courant, and the files of
/// `collections/`. A file replaces the schema that has the same id.
pub(crate) fn read_schemas(dir: &Path) -> Result<Vec<Schema>, SiteError> {
    let bundled =
        courant_classic::bundled().map_err(|error| SiteError::file("collections", error.to_string()))?;
    let mut schemas: BTreeMap<String, Schema> =
        bundled.into_iter().map(|schema| (schema.id.clone(), schema)).collect();
    let mut own = BTreeMap::new();
    for file in files_with_extensions(dir, &["toml"])? {
        let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
        let schema = courant_classic::read_schema(&text).map_err(|error| invalid(&file, &text, &error))?;
        if let Some(twin) = own.insert(schema.id.clone(), file.clone()) {
            let message = format!("collection {:?} is already described in {}", schema.id, twin.display());
            return Err(SiteError::file(&file, message));
        }
        schemas.insert(schema.id.clone(), schema);
    }
    Ok(schemas.into_values().collect())
}

fn invalid(file: &Path, text: &str, error: &courant_classic::SchemaError) -> SiteError {
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
    fn an_invalid_schema_is_reported_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("x.toml"), "id = \"x\"\ntitle = \"X\"\nfoldr = \"_x\"\n").unwrap();
        let error = read_schemas(dir.path()).unwrap_err().to_string();
        assert!(error.contains("x.toml:3: unknown field `foldr`"), "{error}");
    }
}
