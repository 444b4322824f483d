//! From keyword hits to topics: what an article is about, as opposed to what it mentions.

use std::sync::OnceLock;

use courant_model::TopicMatch;

use super::{
    JudgeInput, Taxonomy,
    keyword::{self, EntryKind, Keyword},
    layout::{Layout, MAX_WORDS},
    learned::{Correction, LearnedTopics},
    matcher::{Hit, Matcher},
    spam,
    words::{LANGUAGES, stemming, words},
};
use crate::identity::slug;

/// Maximum number of words of title and excerpt that are read.
const MAX_HEAD_WORDS: usize = 400;

/// Number of words of a text's lead.
const LEAD_WORDS: u32 = 80;

/// Number of words from which a text shows whether a term of the excerpt is only mentioned.
const MIN_TELLING_WORDS: usize = 200;

/// Minimum score of a topic.
const MIN_SCORE: f64 = 1.0;

/// The first term in the title, and each of at most two more.
const TITLE_SCORE: f64 = 3.0;
const TITLE_EXTRA: f64 = 1.0;

/// The first term in the excerpt, and each of at most two more.
const EXCERPT_SCORE: f64 = 1.0;
const EXCERPT_EXTRA: f64 = 0.5;

/// The only term of the excerpt, if it hardly occurs in the text, the article is about a person's
/// life, or it is a conditional term and the article has another topic.
const MENTION_SCORE: f64 = 0.6;

/// A term in the lead of the text, if the excerpt has none.
const LEAD_SCORE: f64 = 0.5;

/// Each occurrence in a text with at least [`MIN_TEXT_HITS`] and one in [`MAX_WORDS_PER_HIT`]
/// words; at most 1 in total.
const TEXT_SCORE: f64 = 0.2;
const MIN_TEXT_HITS: usize = 3;
const MAX_WORDS_PER_HIT: usize = 400;

/// A parent's share of its child's score.
const PARENT_SHARE: f64 = 0.5;

/// How near the site's subject is to the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Focus {
    /// No topic.
    None,
    /// In the text, or known otherwise.
    Text,
    /// In the excerpt.
    Excerpt,
    /// In the title.
    Title,
    /// The site has no taxonomy: every article is on topic.
    Everything,
}

/// The topics of an article.
#[derive(Debug)]
pub(super) struct FoundTopics {
    /// Most relevant first.
    pub(super) topics: Vec<TopicMatch>,
    /// Topics that the rules found and learned topics vetoed.
    pub(super) refused: Vec<TopicMatch>,
    /// Whether learned topics changed what the rules found, or how sure they are of it.
    pub(super) is_corrected: bool,
    /// Where the strongest evidence is.
    pub(super) focus: Focus,
    /// Number of words of the text, as far as it is read.
    pub(super) words: usize,
}

/// Finds the topics of articles. The matcher of a language is built with its first article.
#[derive(Debug)]
pub(super) struct TopicFinder {
    taxonomy: Taxonomy,
    entries: Vec<Keyword>,
    matchers: [OnceLock<Matcher>; LANGUAGES],
    learned: LearnedTopics,
}

impl TopicFinder {
    pub(super) fn new(taxonomy: Taxonomy) -> Self {
        let entries = taxonomy
            .topics()
            .iter()
            .enumerate()
            .flat_map(|(place, topic)| keyword::keywords_of(place, topic))
            .collect();
        let matchers = std::array::from_fn(|_| OnceLock::new());
        Self { taxonomy, entries, matchers, learned: LearnedTopics::default() }
    }

    pub(super) fn with_learned(self, learned: LearnedTopics) -> Self {
        Self { learned, ..self }
    }

    pub(super) fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// The topics of an article with its scanned text.
    pub(super) fn find(&self, input: &JudgeInput<'_>, text: &Layout<'_>) -> FoundTopics {
        let words = text.word_count();
        if let Some(names) = input.topics {
            let topics = given(&self.taxonomy, names);
            let focus = if topics.is_empty() { Focus::None } else { Focus::Title };
            return FoundTopics { topics, refused: Vec::new(), is_corrected: false, focus, words };
        }
        if self.taxonomy.is_empty() {
            return FoundTopics {
                topics: Vec::new(),
                refused: Vec::new(),
                is_corrected: false,
                focus: Focus::Everything,
                words,
            };
        }
        let evidence = self.evidence(input, text);
        let corrections = self.corrections(input, &evidence);
        self.resolve(&evidence, &corrections, words)
    }

    /// The matcher of a language, built when first needed.
    fn matcher(&self, language: Option<&str>) -> &Matcher {
        let (number, inflection) = stemming(language);
        self.matchers[number].get_or_init(|| Matcher::new(&self.entries, inflection))
    }

    fn evidence(&self, input: &JudgeInput<'_>, text: &Layout<'_>) -> Vec<TopicEvidence> {
        let matcher = self.matcher(input.language);
        let mut evidence: Vec<TopicEvidence> = Vec::new();
        evidence.resize_with(self.taxonomy.topics().len(), TopicEvidence::default);
        let shouting = spam::is_shouting(input.title);
        let hits = matcher.find(&Layout::of(input.title), MAX_HEAD_WORDS, shouting);
        self.assign_hits(&hits, &mut evidence, |evidence| &mut evidence.title);
        let hits = matcher.find(&Layout::of(input.excerpt), MAX_HEAD_WORDS, false);
        self.assign_hits(&hits, &mut evidence, |evidence| &mut evidence.excerpt);
        let hits = matcher.find(text, MAX_WORDS, false);
        self.assign_hits(&hits, &mut evidence, |evidence| &mut evidence.text);
        let is_about_person = names_a_person(input.title);
        for evidence in &mut evidence {
            evidence.words = text.word_count();
            evidence.is_about_person = is_about_person;
        }
        evidence
    }

    /// Assigns to each topic its hits in one part of the article, without those that an exclusion
    /// hides.
    fn assign_hits(
        &self,
        hits: &[Hit],
        evidence: &mut [TopicEvidence],
        part: fn(&mut TopicEvidence) -> &mut PartHits,
    ) {
        let excluded: Vec<(usize, Hit)> = hits
            .iter()
            .map(|hit| (&self.entries[hit.entry as usize], *hit))
            .filter(|(entry, _)| entry.kind == EntryKind::Exclude)
            .map(|(entry, hit)| (entry.topic, hit))
            .collect();
        for hit in hits {
            let entry = &self.entries[hit.entry as usize];
            let hidden = || {
                excluded.iter().any(|(topic, over)| {
                    *topic == entry.topic && over.start < hit.end && hit.start < over.end
                })
            };
            if entry.kind == EntryKind::Exclude {
                part(&mut evidence[entry.topic]).against.push(*hit);
            } else if excluded.is_empty() || !hidden() {
                part(&mut evidence[entry.topic]).hits.push(*hit);
            }
        }
    }

    fn resolve(
        &self,
        evidence: &[TopicEvidence],
        corrections: &[Option<Correction>],
        words: usize,
    ) -> FoundTopics {
        let by_rules = self.scores(evidence);
        let scores = self.with_corrections(&by_rules, corrections);
        let refused = self.refused(evidence, &by_rules, &scores, corrections);
        let mut is_corrected = !refused.is_empty();
        let mut focus = Focus::None;
        let mut topics: Vec<(usize, TopicMatch)> = Vec::new();
        for (place, score) in scores.iter().enumerate().filter(|(_, score)| score.total() >= MIN_SCORE) {
            let (part, mut because) = self.reasons(&evidence[place], score);
            is_corrected |= corrections[place].is_some();
            because.extend(corrections[place].map(|say| correction_reason(say, by_rules[place].total())));
            focus = focus.max(part);
            if score.own < MIN_SCORE
                && let Some(child) = score.child
            {
                because.push(format!("parent of {}", self.taxonomy.topics()[child].name));
            }
            let topic = &self.taxonomy.topics()[place];
            let score = (score.total() * 1_000.0).round() / 1_000.0;
            topics
                .push((place, TopicMatch { id: topic.id.clone(), name: topic.name.clone(), score, because }));
        }
        topics.sort_by(|(here, one), (there, other)| other.score.total_cmp(&one.score).then(here.cmp(there)));
        let topics = topics.into_iter().map(|(_, topic)| topic).collect();
        FoundTopics { topics, refused, is_corrected, focus, words }
    }

    /// The score of each topic: by its own terms, conditional ones if an ancestor is the subject,
    /// and by its children's.
    fn scores(&self, evidence: &[TopicEvidence]) -> Vec<TopicScore> {
        let unconditional = |entry: u32| !self.entries[entry as usize].kind.is_conditional();
        let strong = |entry: u32| self.entries[entry as usize].kind != EntryKind::Conditional;
        let mut scores: Vec<TopicScore> = evidence
            .iter()
            .map(|evidence| TopicScore {
                own: evidence.score(unconditional, unconditional),
                ..TopicScore::default()
            })
            .collect();
        let subjects: Vec<bool> =
            self.propagated(&scores).iter().map(|score| score.total() >= MIN_SCORE).collect();
        let in_context: Vec<usize> = (0..evidence.len())
            .filter(|place| self.taxonomy.ancestors(*place).any(|ancestor| subjects[ancestor]))
            .collect();
        for place in &in_context {
            scores[*place].own = evidence[*place].score(|_| true, strong);
            scores[*place].in_context = true;
        }
        // If nothing else tells which part of the subject an article is about, its excerpt does.
        if in_context.iter().all(|place| scores[*place].own < MIN_SCORE) {
            for place in in_context {
                scores[place].own = evidence[place].score(|_| true, |_| true);
            }
        }
        self.propagated(&scores)
    }

    /// Gives the ancestors of every topic of the article a share of its score.
    fn propagated(&self, scores: &[TopicScore]) -> Vec<TopicScore> {
        let mut all = scores.to_vec();
        for (place, score) in scores.iter().enumerate().filter(|(_, score)| score.own >= MIN_SCORE) {
            for ancestor in self.taxonomy.ancestors(place) {
                let share = (score.own * PARENT_SHARE).max(MIN_SCORE);
                if share > all[ancestor].from_child {
                    all[ancestor].from_child = share;
                    all[ancestor].child = Some(place);
                }
            }
        }
        all
    }

    /// Where the first term is, and the terms by position in words for an editor.
    fn reasons(&self, evidence: &TopicEvidence, score: &TopicScore) -> (Focus, Vec<String>) {
        let counts = |hit: &Hit| score.in_context || !self.entries[hit.entry as usize].kind.is_conditional();
        let mut reasons = Vec::new();
        let mut focus = Focus::Text;
        for (part, place, here) in [
            (&evidence.title, "in the title", Focus::Title),
            (&evidence.excerpt, "in the excerpt", Focus::Excerpt),
            (&evidence.text, "in the text", Focus::Text),
        ] {
            for (entry, count) in part.counted(counts) {
                let phrase = self.display_phrase(entry);
                reasons.push(match count {
                    1 => format!("“{phrase}” {place}"),
                    _ => format!("“{phrase}” {count} times {place}"),
                });
                focus = focus.max(here);
            }
            reasons.extend(
                part.against
                    .iter()
                    .map(|hit| format!("against it: “{}” {place}", self.display_phrase(hit.entry))),
            );
        }
        (focus, reasons)
    }

    fn display_phrase(&self, entry: u32) -> String {
        let entry = &self.entries[entry as usize];
        if entry.kind == EntryKind::Hashtag { format!("#{}", entry.phrase) } else { entry.phrase.clone() }
    }
}

/// A topic's score and where it comes from.
#[derive(Debug, Clone, Copy, Default)]
struct TopicScore {
    own: f64,
    in_context: bool,
    from_child: f64,
    child: Option<usize>,
}

impl TopicScore {
    fn total(&self) -> f64 {
        self.own.max(self.from_child)
    }
}

/// A topic's hits in one part of an article.
#[derive(Debug, Default)]
struct PartHits {
    hits: Vec<Hit>,
    against: Vec<Hit>,
}

impl PartHits {
    /// The entries that were found with their counts, in the order of their first position.
    fn counted(&self, counts: impl Fn(&Hit) -> bool) -> Vec<(u32, usize)> {
        let mut counted: Vec<(u32, usize)> = Vec::new();
        for hit in self.hits.iter().filter(|hit| counts(hit)) {
            match counted.iter_mut().find(|(entry, _)| *entry == hit.entry) {
                Some((_, count)) => *count += 1,
                None => counted.push((hit.entry, 1)),
            }
        }
        counted
    }
}

/// A topic's hits in an article.
#[derive(Debug, Default)]
struct TopicEvidence {
    title: PartHits,
    excerpt: PartHits,
    text: PartHits,
    words: usize,
    is_about_person: bool,
}

impl TopicEvidence {
    /// The score by the entries that count; `is_strong` selects those that need no context.
    fn score(&self, counts: impl Fn(u32) -> bool, is_strong: impl Fn(u32) -> bool) -> f64 {
        let counts = |hit: &Hit| counts(hit.entry);
        let in_text = self.text.hits.iter().filter(|hit| counts(hit)).count();
        let mut score = graded(self.title.counted(counts).len(), TITLE_SCORE, TITLE_EXTRA);
        let in_excerpt = self.excerpt.counted(counts);
        let hardly_taken_up = self.words >= MIN_TELLING_WORDS && in_text < 2;
        let only_context = !in_excerpt.iter().any(|(entry, _)| is_strong(*entry));
        score += match in_excerpt.len() {
            1 if hardly_taken_up || only_context || self.is_about_person => MENTION_SCORE,
            terms => graded(terms, EXCERPT_SCORE, EXCERPT_EXTRA),
        };
        if in_excerpt.is_empty() && self.text.hits.iter().any(|hit| hit.start < LEAD_WORDS && counts(hit)) {
            score += LEAD_SCORE;
        }
        if in_text >= MIN_TEXT_HITS && in_text * MAX_WORDS_PER_HIT >= self.words {
            score += (in_text as f64 * TEXT_SCORE).min(1.0);
        }
        score
            - self.title.against.len() as f64 * TITLE_SCORE
            - self.excerpt.against.len() as f64 * EXCERPT_SCORE
    }
}

/// Words in the titles of obituaries and portraits: such articles mention everything that a person
/// did.
const PERSON_WORDS: [&str; 18] = [
    "obituary",
    "remembered",
    "remembering",
    "portrait",
    "memoir",
    "biography",
    "tribute",
    "dies",
    "nachruf",
    "porträt",
    "nécrologie",
    "obituario",
    "necrologio",
    "necrologie",
    "retrato",
    "ritratto",
    "hommage",
    "memoriam",
];

fn names_a_person(title: &str) -> bool {
    words(title).any(|word| PERSON_WORDS.contains(&word.raw.to_lowercase().as_str()))
}

fn graded(terms: usize, first: f64, more: f64) -> f64 {
    if terms == 0 { 0.0 } else { first + (terms - 1).min(2) as f64 * more }
}

/// Topics given with the article, in their order; a name that is not in the taxonomy keeps its
/// position with an id made from it.
pub(super) fn given(taxonomy: &Taxonomy, names: &[String]) -> Vec<TopicMatch> {
    names
        .iter()
        .enumerate()
        .map(|(place, name)| TopicMatch {
            id: taxonomy
                .place_of(name)
                .map_or_else(|| slug(name), |place| taxonomy.topics()[place].id.clone()),
            name: name.clone(),
            score: (names.len() - place) as f64,
            because: vec!["given with the article".to_owned()],
        })
        .collect()
}

mod corrections;
mod usage;

use corrections::correction_reason;
pub use usage::{EntriesFound, TopicEntry};

#[cfg(test)]
mod tests;
