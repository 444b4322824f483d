//! The decision about one article.

use courant_model::{
    BuiltInRule, Effect, EffectKind, GateRule, Heat, Quality, Record, Signal, Timestamp, Verdict,
};

use super::config::{Action, Conditions, Gate, GateProfile, SiteRule};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

/// The input of the gate.
#[derive(Debug, Clone, Copy)]
pub struct GateInput<'a> {
    /// The article's record with overrides applied, without earlier effects of rules.
    pub record: &'a Record,
    /// The breakdown of its quality.
    pub signals: &'a [Signal],
    /// Whether it is a copy of another article.
    pub is_copy: bool,
    /// Its quality.
    pub quality: Quality,
    /// Its current heat; `None` if it does not lead its story.
    pub heat: Option<Heat>,
    /// Whether it has a topic of the site; true on a site without taxonomy.
    pub has_topic: bool,
    /// Number of articles in its story, including itself.
    pub story_size: usize,
    /// When it was published.
    pub published: Timestamp,
    /// When Courant first saw it. For imported records, pass the publication time, so that their
    /// age does not count.
    pub first_seen: Timestamp,
    /// The editor's override, if any: published or held.
    pub editor: Option<bool>,
}

impl GateInput<'_> {
    const fn is_lead(&self) -> bool {
        self.heat.is_some()
    }

    /// Whole hours from publication to when it was first seen; 0 for an article dated in the
    /// future.
    fn age_h(&self) -> i64 {
        ((self.first_seen.as_second() - self.published.as_second()) / HOUR_S).max(0)
    }
}

impl Gate {
    /// Publishes or holds an article. The editor's override comes first, then the site's rules in
    /// their order, then the built-in ones; the first that decides is named. A rule with `publish`
    /// also publishes articles that don't lead their story, unless its conditions require
    /// `lead = true`.
    ///
    /// The effects of rules before the deciding one are in the verdict, whatever the override.
    pub fn decide(&self, input: &GateInput<'_>) -> Verdict {
        let mut view = View { input: *input, given: Vec::new() };
        let mut effects = Vec::new();
        let mut decided = None;
        for rule in &self.rules {
            let Some(because) = rule.holds(&view) else { continue };
            let kind = match &rule.then {
                Action::Boost(points) => EffectKind::Boost(*points),
                Action::Tag(tag) => EffectKind::Tag(tag.trim().to_owned()),
                Action::Publish | Action::Hold | Action::Drop => {
                    decided = Some(rule.verdict(because));
                    break;
                }
            };
            view.take(&kind);
            effects.push(Effect { rule: rule.name.clone(), kind, because });
        }
        let editor = input.editor.map(|published| {
            let word = if published { "the editor published it" } else { "the editor held it" };
            Verdict::new(published, BuiltInRule::Editor, word)
        });
        let decided = editor.or(decided).unwrap_or_else(|| self.builtin(&view.input));
        Verdict { effects, ..decided }
    }

    fn builtin(&self, input: &GateInput<'_>) -> Verdict {
        let classic = self.profile == GateProfile::Classic;
        if !classic && !input.has_topic {
            return Verdict::new(false, BuiltInRule::OffTopic, "it has no topic of this site");
        }
        if !input.is_lead() {
            return Verdict::new(false, BuiltInRule::NotLead, "another article leads its story");
        }
        if !classic && self.is_too_old(input) {
            let days = (input.first_seen.as_second() - input.published.as_second()) / DAY_S;
            let because = format!(
                "published {days} days before it was first seen; the maximum is {}",
                self.window_days
            );
            return Verdict::new(false, BuiltInRule::TooOld, because);
        }
        let (what, points) = if classic {
            ("quality", input.quality.points())
        } else {
            ("heat", Heat::published_number(input.heat))
        };
        let published = points >= self.threshold;
        let relation = if published { "reaches" } else { "is below" };
        Verdict::new(
            published,
            BuiltInRule::Threshold,
            format!("{what} {points} {relation} the threshold of {}", self.threshold),
        )
    }

    fn is_too_old(&self, input: &GateInput<'_>) -> bool {
        input.first_seen.as_second() - input.published.as_second() > i64::from(self.window_days) * DAY_S
    }
}

/// An article as the rules see it, with the effects of earlier ones.
struct View<'a> {
    input: GateInput<'a>,
    given: Vec<String>,
}

impl View<'_> {
    fn take(&mut self, effect: &EffectKind) {
        match effect {
            EffectKind::Tag(tag) => self.given.push(tag.clone()),
            EffectKind::Boost(points) => {
                let GateInput { quality, heat, .. } = self.input;
                self.input.quality = Quality::from_points(quality.points().saturating_add(*points));
                self.input.heat = heat.map(|heat| heat.boosted(*points));
            }
        }
    }
}

impl SiteRule {
    /// What was matched, if the rule holds.
    fn holds(&self, view: &View<'_>) -> Option<String> {
        let matched = self.when.matched(view)?;
        if !self.unless.is_empty() && self.unless.matched(view).is_some() {
            return None;
        }
        Some(if matched.is_empty() {
            "the rule holds for every article".to_owned()
        } else {
            matched.join("; ")
        })
    }

    fn verdict(&self, because: String) -> Verdict {
        let dropped = self.then == Action::Drop;
        let rule = GateRule::Site(self.name.as_str().into());
        Verdict { dropped, ..Verdict::new(self.then == Action::Publish, rule, because) }
    }
}

impl Conditions {
    /// What each condition matched; `None` if one does not hold.
    fn matched(&self, view: &View<'_>) -> Option<Vec<String>> {
        let input = &view.input;
        let mut matched = Vec::new();
        self.match_words(input.record, &mut matched)?;
        self.match_names(input.record, &view.given, &mut matched)?;
        one_of(&self.signal, &mut matched, "signal", |name| {
            input.signals.iter().any(|signal| signal.points != 0 && same(signal.kind.as_str(), name))
        })?;
        self.match_facts(input, &mut matched)?;
        self.match_numbers(input, &mut matched)?;
        Some(matched)
    }

    fn match_words(&self, record: &Record, matched: &mut Vec<String>) -> Option<()> {
        let title = padded_words(&record.title);
        one_of(&self.title, matched, "title has", |phrase| has_phrase(&title, phrase))?;
        let excerpt = padded_words(record.excerpt.as_deref().unwrap_or_default());
        one_of(&self.text, matched, "title or excerpt has", |phrase| {
            has_phrase(&title, phrase) || has_phrase(&excerpt, phrase)
        })
    }

    fn match_names(&self, record: &Record, given: &[String], matched: &mut Vec<String>) -> Option<()> {
        let any_is = |names: &[String], wanted: &str| names.iter().any(|name| same(name, wanted));
        one_of(&self.topic, matched, "topic", |topic| any_is(&record.topics, topic))?;
        one_of(&self.tag, matched, "tag", |tag| any_is(&record.tags, tag) || any_is(given, tag))?;
        one_of(&self.author, matched, "author", |author| any_is(&record.authors, author))?;
        one_of(&self.provider, matched, "provider", |domain| {
            record.provider.as_ref().is_some_and(|provider| is_within(&provider.domain, domain))
        })?;
        one_of(&self.language, matched, "language", |code| {
            record.language.as_deref().is_some_and(|is| same(is, code))
        })?;
        one_of(&self.locale, matched, "locale", |locale| {
            record.locale.as_deref().is_some_and(|is| same(is, locale))
        })?;
        one_of(&self.kind, matched, "kind", |kind| record.kind.as_deref().is_some_and(|is| same(is, kind)))?;
        one_of(&self.url, matched, "URL like", |glob| {
            [&record.web_url, &record.original_url]
                .into_iter()
                .flatten()
                .any(|url| crate::glob::matches_url(glob, url))
        })
    }

    fn match_facts(&self, input: &GateInput<'_>, matched: &mut Vec<String>) -> Option<()> {
        let record = input.record;
        exactly(self.image, !record.images.is_empty(), matched, ["no image", "has an image"])?;
        exactly(self.copy, input.is_copy, matched, ["not a copy", "a copy"])?;
        exactly(self.amp, record.amp_web_url.is_some(), matched, ["no AMP page", "has an AMP page"])?;
        let featured = record.featured_content.is_some();
        exactly(self.featured, featured, matched, ["nothing is embedded", "a video or podcast is embedded"])?;
        exactly(self.lead, input.is_lead(), matched, ["does not lead its story", "leads its story"])
    }

    fn match_numbers(&self, input: &GateInput<'_>, matched: &mut Vec<String>) -> Option<()> {
        within(self.min_quality, self.max_quality, &input.quality.points(), matched, "quality")?;
        within(self.min_heat, self.max_heat, &Heat::published_number(input.heat), matched, "heat")?;
        within(self.min_story, self.max_story, &input.story_size, matched, "articles in the story:")?;
        within(self.min_age_h, self.max_age_h, &input.age_h(), matched, "age in hours:")
    }
}

/// Notes the first entry that holds; `None` if there are entries and none holds.
fn one_of(
    wanted: &[String],
    matched: &mut Vec<String>,
    what: &str,
    holds: impl Fn(&str) -> bool,
) -> Option<()> {
    if wanted.is_empty() {
        return Some(());
    }
    let found = wanted.iter().find(|entry| holds(entry))?;
    matched.push(format!("{what} “{found}”"));
    Some(())
}

fn exactly(wanted: Option<bool>, is: bool, matched: &mut Vec<String>, [no, yes]: [&str; 2]) -> Option<()> {
    match wanted {
        None => Some(()),
        Some(wanted) if wanted == is => {
            matched.push(if is { yes } else { no }.to_owned());
            Some(())
        }
        Some(_) => None,
    }
}

fn within<N: PartialOrd + std::fmt::Display>(
    min: Option<N>,
    max: Option<N>,
    is: &N,
    matched: &mut Vec<String>,
    what: &str,
) -> Option<()> {
    if min.is_none() && max.is_none() {
        return Some(());
    }
    if min.is_some_and(|min| *is < min) || max.is_some_and(|max| *is > max) {
        return None;
    }
    matched.push(format!("{what} {is}"));
    Some(())
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Whether a provider's domain is `domain` or below it.
fn is_within(provider: &str, domain: &str) -> bool {
    let (provider, domain) = (provider.to_lowercase(), domain.to_lowercase());
    provider.strip_suffix(&domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Lower-case words with one space before, between and after them, so that whole words can be found
/// as text.
fn padded_words(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 2);
    words.push(' ');
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        words.push_str(&word.to_lowercase());
        words.push(' ');
    }
    words
}

fn has_phrase(padded: &str, phrase: &str) -> bool {
    let phrase = padded_words(phrase);
    phrase.len() > 1 && padded.contains(&phrase)
}

#[cfg(test)]
mod tests;
