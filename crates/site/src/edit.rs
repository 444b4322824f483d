//! Changing single settings in the files of a site, and leaving the rest as it is.

use std::{fs, path::PathBuf};

use courant_formats::taxonomy;
use toml_edit::{DocumentMut, Item, Table, Value, value};

use crate::{error::SiteError, folder::Site, listing::files_with_extensions};

impl Site {
    /// The path of `courant.toml`, and its text with these points in `[judge.weights]`. Nothing is
    /// written.
    pub fn with_weights(&self, points: &[(&str, i32)]) -> Result<(PathBuf, String), SiteError> {
        let path = self.dir.join("courant.toml");
        let text = fs::read_to_string(&path).map_err(|error| SiteError::io(&path, &error))?;
        let changed = with_weights(&text, points).map_err(|error| SiteError::file(&path, error))?;
        Ok((path, changed))
    }

    /// The file of the topic with this id.
    pub fn topic_file(&self, id: &str) -> Result<PathBuf, SiteError> {
        let dir = self.dir.join("topics");
        for file in files_with_extensions(&dir, &["yaml", "yml"])? {
            let text = fs::read_to_string(&file).map_err(|error| SiteError::io(&file, &error))?;
            if taxonomy::read_topic(&text).is_ok_and(|topic| topic.value.id == id) {
                return Ok(file);
            }
        }
        Err(SiteError::file(dir, format!("no file here has the topic {id:?}")))
    }
}

fn with_weights(text: &str, points: &[(&str, i32)]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let table = || Item::Table(Table::new());
    let judge = document.entry("judge").or_insert_with(table);
    let judge = judge.as_table_like_mut().ok_or("[judge] must be a table")?;
    let weights = judge.entry("weights").or_insert_with(table);
    let weights = weights.as_table_like_mut().ok_or("[judge.weights] must be a table")?;
    for (name, points) in points {
        match weights.get_mut(name).and_then(Item::as_value_mut) {
            Some(present) => {
                let decor = present.decor().clone();
                *present = Value::from(i64::from(*points));
                *present.decor_mut() = decor;
            }
            None => {
                weights.insert(name, value(i64::from(*points)));
            }
        }
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_change_and_nothing_else_does() {
        let before = "# Mine.\n[judge]\nprofile = \"default\"\n\n[judge.weights]\ntrust = 30 # of 100\nimage = 15\n\n[gate]\nthreshold = 70\n";
        let after = with_weights(before, &[("trust", 25), ("copy", -9)]).unwrap();
        assert_eq!(
            after,
            before.replace("trust = 30", "trust = 25").replace("image = 15\n", "image = 15\ncopy = -9\n")
        );
        let fresh = with_weights("[site]\ntitle = \"A\"\n", &[("copy", -9)]).unwrap();
        let read: toml::Table = toml::from_str(&fresh).unwrap();
        assert_eq!(read["judge"]["weights"]["copy"].as_integer(), Some(-9));
        let inline = with_weights("judge = { weights = { copy = -1 } }\n", &[("copy", -9)]).unwrap();
        assert_eq!(inline, "judge = { weights = { copy = -9 } }\n");
        assert!(with_weights("judge = 3", &[]).is_err());
    }
}
