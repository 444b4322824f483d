//! Rules for cleaning URLs, from files.

use std::{fs, path::PathBuf};

use courant_analysis::identity::UrlRules;

use crate::error::SiteError;

/// The rules for URLs that come with the program, and those in these files. The format of each
/// file, `ClearURLs` or Brave, is detected.
pub fn read_url_rules(rule_files: &[PathBuf]) -> Result<UrlRules, SiteError> {
    let mut rules = UrlRules::builtin();
    for file in rule_files {
        let text = fs::read_to_string(file).map_err(|error| SiteError::io(file, &error))?;
        add_rules(&mut rules, &text).map_err(|message| SiteError::file(file, message))?;
    }
    Ok(rules)
}

fn add_rules(rules: &mut UrlRules, text: &str) -> Result<(), String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let first = json.get(0);
    let outcome = if json.get("providers").is_some() {
        rules.add_clearurls(text)
    } else if first.is_some_and(|rule| rule.get("action").is_some()) {
        rules.add_brave_debounce(text)
    } else if first.is_some_and(|rule| rule.get("params").is_some()) {
        rules.add_brave_params(text)
    } else {
        return Err("unknown format: expected rules in the format of ClearURLs or Brave".to_owned());
    };
    outcome.map_err(|error| error.to_string())
}
