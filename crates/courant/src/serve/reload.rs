//! Reloading the site's files while it runs (SIGHUP).

use courant_net::Client;
use courant_pipeline::{Context, client_of};
use courant_site::{Config, Site};
use courant_store::SourceSync;

use crate::output::{counted, tell};

/// Settings used only at the start of the server: section and key, or the whole section.
const AT_START: [(&str, Option<&str>); 6] = [
    ("site", Some("url")),
    ("serve", None),
    ("beacon", None),
    ("api", None),
    ("push", None),
    ("health", None),
];

/// The context and the client by the current files of the site; `None` if a file has an error,
/// which is logged with file and line: then everything stays as it was.
pub(super) async fn reload(context: &Context) -> Option<(Context, Client)> {
    match read_again(context).await {
        Ok(read) => Some(read),
        Err(error) => {
            tracing::error!(error = %format_args!("{error:#}"), "reload failed, the site continues with the old settings");
            None
        }
    }
}

async fn read_again(context: &Context) -> anyhow::Result<(Context, Client)> {
    let mut site = Site::open(&context.site.dir)?;
    let waiting = changed_at_start(&context.site.config, &site.config);
    keep_as_started(&context.site.config, &mut site.config);
    let client = client_of(&site, context.clock, Vec::new())?;
    let (next, sources) = context.reloaded(site).await?;
    tell(summary(&next, &sources));
    if !waiting.is_empty() {
        tracing::warn!("changed in courant.toml, but effective only after a restart: {}", waiting.join(", "));
    }
    Ok((next, client))
}

fn summary(context: &Context, sources: &SourceSync) -> String {
    format!(
        "courant: the site's files were read again: {} ({} new, {} removed), {}, {}",
        counted(context.site.sources.len(), "source"),
        sources.added.len(),
        sources.removed.len(),
        counted(context.site.topics.len(), "topic"),
        counted(context.site.providers.len(), "provider")
    )
}

/// The settings that differ and need a restart, as `[section] key`.
fn changed_at_start(before: &Config, after: &Config) -> Vec<String> {
    let table = |config: &Config| toml::Table::try_from(config).unwrap_or_default();
    let (before, after) = (table(before), table(after));
    let mut changed = Vec::new();
    for (section, only) in AT_START {
        let keys = |table: &toml::Table| table.get(section).and_then(toml::Value::as_table).cloned();
        let (before, after) = (keys(&before).unwrap_or_default(), keys(&after).unwrap_or_default());
        let names = after.keys().filter(|key| only.is_none_or(|only| only == key.as_str()));
        changed.extend(
            names.filter(|key| before.get(*key) != after.get(*key)).map(|key| format!("[{section}] {key}")),
        );
    }
    changed
}

/// Keeps these settings as they are in use, so that all parts of the program agree.
fn keep_as_started(used: &Config, config: &mut Config) {
    config.site.url = used.site.url.clone();
    config.serve = used.serve.clone();
    config.beacon = used.beacon.clone();
    config.api = used.api.clone();
    config.push = used.push.clone();
    config.health = used.health.clone();
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn settings_that_need_a_restart_are_named_and_stay() {
        let file = Path::new("courant.toml");
        let used = Config::default();
        let text = "[site]\ntitle = \"New\"\nurl = \"https://other.example/\"\n[serve]\nlisten = \"127.0.0.1:1\"\n\
                    [gate]\nthreshold = 80\n[push]\nsubscribe = false\nhubs = [\"https://hub.example/\"]\n\
                    [api]\nrate = 5\n[beacon]\nenabled = true\n";
        let mut read = Config::parse(text, file).unwrap();
        assert_eq!(
            changed_at_start(&used, &read),
            [
                "[site] url",
                "[serve] listen",
                "[beacon] enabled",
                "[api] rate",
                "[push] hubs",
                "[push] subscribe"
            ]
        );
        keep_as_started(&used, &mut read);
        assert!(changed_at_start(&used, &read).is_empty());
        assert_eq!((read.site.title.as_str(), read.gate.threshold), ("New", 80));
    }
}
