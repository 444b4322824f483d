//! The decision about one article.

use courant_model::{Effect, EffectKind, Heat, Quality, Record, Signal, Timestamp, Verdict};

use super::config::{Action, Conditions, Gate, GateProfile, GateRule};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

/// What the gate looks at.
#[derive(Debug, Clone, Copy)]
pub struct GateInput<'a> {
    /// The article's record, overrides applied, without what rules gave it before.
    pub record: &'a Record,
    /// The bill of its quality.
    pub signals: &'a [Signal],
    /// Whether its text is another article's.
    pub is_copy: bool,
    /// Whether it leads its story.
    pub is_lead: bool,
    /// Its quality.
    pub quality: Quality,
    /// Its heat now.
    pub heat: Heat,
    /// Whether it has a topic of the site; true on a site without taxonomy.
    pub has_topic: bool,
    /// How many articles its story has, itself included.
    pub story_size: usize,
    /// When it was published.
    pub published: Timestamp,
    /// When Courant first saw it. For imported records, give the time of publication: their age is no fault.
    pub first_seen: Timestamp,
    /// The editor's word, where there is one: published or held.
    pub editor: Option<bool>,
}

impl GateInput<'_> {
    /// Whole hours from publication to first sight; 0 for an article dated into the future.
    fn age_h(&self) -> i64 {
        ((self.first_seen.as_second() - self.published.as_second()) / HOUR_S).max(0)
    }
}

impl Gate {
    /// Published or held. The editor's word comes first, then the site's rules in their order, then the
    /// built-in ones; the first that decides is named. A rule that says `publish` publishes also what does
    /// not lead its story, unless its conditions ask for `lead = true`.
    ///
    /// What rules before the deciding one give is told in the verdict; the editor's word changes nothing about that.
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
            verdict(published, "editor", word.to_owned())
        });
        let decided = editor.or(decided).unwrap_or_else(|| self.builtin(&view.input));
        Verdict { effects, ..decided }
    }

    fn builtin(&self, input: &GateInput<'_>) -> Verdict {
        let classic = self.profile == GateProfile::Classic;
        if !classic && !input.has_topic {
            return verdict(false, "off_topic", "it has no topic of this site".to_owned());
        }
        if !input.is_lead {
            return verdict(false, "not_lead", "another article leads its story".to_owned());
        }
        if !classic && self.is_too_old(input) {
            let days = (input.first_seen.as_second() - input.published.as_second()) / DAY_S;
            let because =
                format!("published {days} days before it was first seen, the window is {}", self.window_days);
            return verdict(false, "too_old", because);
        }
        let (what, points) =
            if classic { ("quality", input.quality.points()) } else { ("heat", input.heat.degrees()) };
        let published = points >= self.threshold;
        let relation = if published { "reaches" } else { "is below" };
        verdict(
            published,
            "threshold",
            format!("{what} {points} {relation} the threshold of {}", self.threshold),
        )
    }

    fn is_too_old(&self, input: &GateInput<'_>) -> bool {
        input.first_seen.as_second() - input.published.as_second() > i64::from(self.window_days) * DAY_S
    }
}

/// An article as the rules see it, with what earlier ones gave it.
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
                self.input.heat = heat.boosted(*points);
            }
        }
    }
}

impl GateRule {
    /// What was seen, where the rule holds.
    fn holds(&self, view: &View<'_>) -> Option<String> {
        let seen = self.when.seen(view)?;
        if !self.unless.is_empty() && self.unless.seen(view).is_some() {
            return None;
        }
        Some(if seen.is_empty() { "the rule holds for every article".to_owned() } else { seen.join("; ") })
    }

    fn verdict(&self, because: String) -> Verdict {
        let dropped = self.then == Action::Drop;
        Verdict { dropped, ..verdict(self.then == Action::Publish, &self.name, because) }
    }
}

fn verdict(published: bool, rule: &str, because: String) -> Verdict {
    Verdict { published, rule: rule.to_owned(), because, ..Verdict::default() }
}

impl Conditions {
    /// What was seen of each condition, or `None` where one does not hold.
    fn seen(&self, view: &View<'_>) -> Option<Vec<String>> {
        let input = &view.input;
        let mut seen = Vec::new();
        self.see_words(input.record, &mut seen)?;
        self.see_names(input.record, &view.given, &mut seen)?;
        one_of(&self.signal, &mut seen, "signal", |name| {
            input.signals.iter().any(|signal| signal.points != 0 && same(&signal.name, name))
        })?;
        self.see_facts(input, &mut seen)?;
        self.see_numbers(input, &mut seen)?;
        Some(seen)
    }

    fn see_words(&self, record: &Record, seen: &mut Vec<String>) -> Option<()> {
        let title = padded_words(&record.title);
        one_of(&self.title, seen, "title has", |phrase| has_phrase(&title, phrase))?;
        let excerpt = padded_words(record.excerpt.as_deref().unwrap_or_default());
        one_of(&self.text, seen, "title or excerpt has", |phrase| {
            has_phrase(&title, phrase) || has_phrase(&excerpt, phrase)
        })
    }

    fn see_names(&self, record: &Record, given: &[String], seen: &mut Vec<String>) -> Option<()> {
        let any_is = |names: &[String], wanted: &str| names.iter().any(|name| same(name, wanted));
        one_of(&self.topic, seen, "topic", |topic| any_is(&record.topics, topic))?;
        one_of(&self.tag, seen, "tag", |tag| any_is(&record.tags, tag) || any_is(given, tag))?;
        one_of(&self.author, seen, "author", |author| any_is(&record.authors, author))?;
        one_of(&self.provider, seen, "provider", |domain| {
            record.provider.as_ref().is_some_and(|provider| is_within(&provider.domain, domain))
        })?;
        one_of(&self.language, seen, "language", |code| {
            record.language.as_deref().is_some_and(|is| same(is, code))
        })?;
        one_of(&self.locale, seen, "locale", |locale| {
            record.locale.as_deref().is_some_and(|is| same(is, locale))
        })?;
        one_of(&self.kind, seen, "kind", |kind| record.kind.as_deref().is_some_and(|is| same(is, kind)))?;
        one_of(&self.url, seen, "address like", |glob| {
            [&record.web_url, &record.original_url]
                .into_iter()
                .flatten()
                .any(|url| crate::glob::matches_address(glob, url))
        })
    }

    fn see_facts(&self, input: &GateInput<'_>, seen: &mut Vec<String>) -> Option<()> {
        let record = input.record;
        exactly(self.image, !record.images.is_empty(), seen, ["no picture", "has a picture"])?;
        exactly(self.copy, input.is_copy, seen, ["no copy", "a copy"])?;
        exactly(self.amp, record.amp_web_url.is_some(), seen, ["no AMP page", "has an AMP page"])?;
        let featured = record.featured_content.is_some();
        exactly(self.featured, featured, seen, ["nothing is embedded", "a video or podcast is embedded"])?;
        exactly(self.lead, input.is_lead, seen, ["does not lead its story", "leads its story"])
    }

    fn see_numbers(&self, input: &GateInput<'_>, seen: &mut Vec<String>) -> Option<()> {
        within(self.min_quality, self.max_quality, &input.quality.points(), seen, "quality")?;
        within(self.min_heat, self.max_heat, &input.heat.degrees(), seen, "heat")?;
        within(self.min_story, self.max_story, &input.story_size, seen, "articles in the story:")?;
        within(self.min_age_h, self.max_age_h, &input.age_h(), seen, "age in hours:")
    }
}

/// Notes the first wanted entry that holds; `None` where some are wanted and none holds.
fn one_of(wanted: &[String], seen: &mut Vec<String>, what: &str, holds: impl Fn(&str) -> bool) -> Option<()> {
    if wanted.is_empty() {
        return Some(());
    }
    let found = wanted.iter().find(|entry| holds(entry))?;
    seen.push(format!("{what} “{found}”"));
    Some(())
}

fn exactly(wanted: Option<bool>, is: bool, seen: &mut Vec<String>, [no, yes]: [&str; 2]) -> Option<()> {
    match wanted {
        None => Some(()),
        Some(wanted) if wanted == is => {
            seen.push(if is { yes } else { no }.to_owned());
            Some(())
        }
        Some(_) => None,
    }
}

fn within<N: PartialOrd + std::fmt::Display>(
    min: Option<N>,
    max: Option<N>,
    is: &N,
    seen: &mut Vec<String>,
    what: &str,
) -> Option<()> {
    if min.is_none() && max.is_none() {
        return Some(());
    }
    if min.is_some_and(|min| *is < min) || max.is_some_and(|max| *is > max) {
        return None;
    }
    seen.push(format!("{what} {is}"));
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

/// Lower-case words with one blank before, between and after, so that whole words are found as text.
fn padded_words(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 2);
    words.push(' ');
    for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
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
