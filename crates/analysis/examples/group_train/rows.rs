//! What the model learns from: pairs of an article and a story, right or wrong.

use std::collections::HashMap;

use courant_analysis::group::{Features, GroupConfig, Grouper, Model};
use courant_model::{ArticleId, StoryId};

use super::{Part, track::Track};

/// Labelled pairs.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) features: Vec<Features>,
    pub(crate) labels: Vec<bool>,
    pub(crate) weights: Vec<f64>,
}

impl Rows {
    /// Adds the pairs that arise when a track is grouped truly, or as a model groups it. All tracks weigh the
    /// same.
    pub(crate) fn add(&mut self, track: &Track, part: Part, model: Option<&Model>) {
        let start = self.labels.len();
        match model {
            None => self.add_true(track, part),
            Some(model) => self.add_grouped(track, part, model),
        }
        let added = self.labels.len() - start;
        self.weights.resize(self.labels.len(), 10_000.0 / added.max(1) as f64);
    }

    fn add_true(&mut self, track: &Track, part: Part) {
        let mut grouper = Grouper::new(GroupConfig::default());
        for (article, story) in track.articles() {
            let options = if part.holds(*story) { grouper.options(article.clone()) } else { Vec::new() };
            for option in options {
                self.features.push(option.features);
                self.labels.push(option.story == *story);
            }
            grouper.restore(article.clone(), *story, None);
        }
    }

    fn add_grouped(&mut self, track: &Track, part: Part, model: &Model) {
        let mut grouper = Grouper::with_model(GroupConfig::default(), model.clone());
        let truth: HashMap<ArticleId, StoryId> =
            track.articles().map(|(article, story)| (article.id(), *story)).collect();
        let mut members: HashMap<StoryId, Vec<ArticleId>> = HashMap::new();
        for (article, story) in track.articles() {
            let options = if part.holds(*story) { grouper.options(article.clone()) } else { Vec::new() };
            for option in options {
                let of = members.get(&option.story).map_or(&[][..], Vec::as_slice);
                let right = of.iter().filter(|id| truth.get(id) == Some(story)).count();
                self.features.push(option.features);
                self.labels.push(2 * right > of.len());
            }
            let placement = grouper.place(article.clone());
            for (from, into) in &placement.merged {
                let moved = members.remove(from).unwrap_or_default();
                members.entry(*into).or_default().extend(moved);
            }
            members.entry(placement.story).or_default().push(article.id());
        }
    }
}
