//! From hits to topics: what an article is about, and not only mentions.

use std::sync::OnceLock;

use courant_model::TopicMatch;

use super::{
    JudgeInput, Taxonomy,
    keyword::{self, Keyword, Kind},
    layout::{Layout, MOST_WORDS},
    learned::{LearnedTopics, Say},
    matcher::{Hit, Matcher},
    spam,
    words::{LANGUAGES, stemming, words},
};
use crate::identity::slug;

/// How many words of title and excerpt are read.
const LONGEST_HEAD: usize = 400;

/// How many words the lead of a text has.
const LEAD: u32 = 80;

/// A text of so many words tells whether a term of the excerpt is only mentioned.
const TELLING_TEXT: usize = 200;

/// The score at which an article is about a topic.
const ENOUGH: f64 = 1.0;

/// The first term in the title, and each of at most two more.
const IN_TITLE: f64 = 3.0;
const MORE_IN_TITLE: f64 = 1.0;

/// The first term in the excerpt, and each of at most two more.
const IN_EXCERPT: f64 = 1.0;
const MORE_IN_EXCERPT: f64 = 0.5;

/// The only term of the excerpt, where the text hardly takes it up, the article tells a life, or it is a
/// conditional one and the article has another topic.
const IN_PASSING: f64 = 0.6;

/// A term in the lead of the text, where the excerpt has none.
const IN_LEAD: f64 = 0.5;

/// Each occurrence in a text that has at least [`TEXT_HITS`] and one in [`TEXT_SPREAD`] words; at most 1 in all.
const IN_TEXT: f64 = 0.2;
const TEXT_HITS: usize = 3;
const TEXT_SPREAD: usize = 400;

/// A parent's share of its child's score.
const TO_PARENT: f64 = 0.5;

/// How near the site's subject stands to the beginning.
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
    /// The site has no taxonomy: whatever it is, it is on topic.
    Everything,
}

/// The topics of an article.
#[derive(Debug)]
pub(super) struct Found {
    /// Most relevant first.
    pub(super) topics: Vec<TopicMatch>,
    /// What the rules found and what was learned refused.
    pub(super) refused: Vec<TopicMatch>,
    /// Where the strongest evidence stands.
    pub(super) focus: Focus,
    /// How many words the text has, as far as they are read.
    pub(super) words: usize,
}

/// Finds the topics of articles. The matcher of a language is built when its first article comes.
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

    /// The topics of an article whose text is laid out.
    pub(super) fn find(&self, input: &JudgeInput<'_>, text: &Layout<'_>) -> Found {
        let words = text.word_count();
        if let Some(names) = input.topics {
            let topics = given(&self.taxonomy, names);
            let focus = if topics.is_empty() { Focus::None } else { Focus::Title };
            return Found { topics, refused: Vec::new(), focus, words };
        }
        if self.taxonomy.is_empty() {
            return Found { topics: Vec::new(), refused: Vec::new(), focus: Focus::Everything, words };
        }
        let evidence = self.evidence(input, text);
        let says = self.says(input, &evidence);
        let (topics, refused, focus) = self.weigh(&evidence, &says);
        Found { topics, refused, focus, words }
    }

    /// The matcher of a language, built when it is first asked for.
    fn matcher(&self, language: Option<&str>) -> &Matcher {
        let (number, inflection) = stemming(language);
        self.matchers[number].get_or_init(|| Matcher::new(&self.entries, inflection))
    }

    fn evidence(&self, input: &JudgeInput<'_>, text: &Layout<'_>) -> Vec<Evidence> {
        let matcher = self.matcher(input.language);
        let mut evidence: Vec<Evidence> = Vec::new();
        evidence.resize_with(self.taxonomy.topics().len(), Evidence::default);
        let shouting = spam::is_shouting(input.title);
        let hits = matcher.find(&Layout::of(input.title), LONGEST_HEAD, shouting);
        self.sort_into(&hits, &mut evidence, |evidence| &mut evidence.title);
        let hits = matcher.find(&Layout::of(input.excerpt), LONGEST_HEAD, false);
        self.sort_into(&hits, &mut evidence, |evidence| &mut evidence.excerpt);
        let hits = matcher.find(text, MOST_WORDS, false);
        self.sort_into(&hits, &mut evidence, |evidence| &mut evidence.text);
        let of_a_person = is_about_a_person(input.title);
        for evidence in &mut evidence {
            evidence.words = text.word_count();
            evidence.of_a_person = of_a_person;
        }
        evidence
    }

    /// Gives each topic its hits of one part of the article, without those that an exclusion hides.
    fn sort_into(&self, hits: &[Hit], evidence: &mut [Evidence], part: fn(&mut Evidence) -> &mut Part) {
        let excluded: Vec<(usize, Hit)> = hits
            .iter()
            .map(|hit| (&self.entries[hit.entry as usize], *hit))
            .filter(|(entry, _)| entry.kind == Kind::Exclude)
            .map(|(entry, hit)| (entry.topic, hit))
            .collect();
        for hit in hits {
            let entry = &self.entries[hit.entry as usize];
            let hidden = || {
                excluded.iter().any(|(topic, over)| {
                    *topic == entry.topic && over.start < hit.end && hit.start < over.end
                })
            };
            if entry.kind == Kind::Exclude {
                part(&mut evidence[entry.topic]).against.push(*hit);
            } else if excluded.is_empty() || !hidden() {
                part(&mut evidence[entry.topic]).hits.push(*hit);
            }
        }
    }

    fn weigh(
        &self,
        evidence: &[Evidence],
        says: &[Option<Say>],
    ) -> (Vec<TopicMatch>, Vec<TopicMatch>, Focus) {
        let by_rules = self.scores(evidence);
        let scores = self.with_says(&by_rules, says);
        let refused = self.refused(evidence, &by_rules, &scores, says);
        let mut focus = Focus::None;
        let mut topics: Vec<(usize, TopicMatch)> = Vec::new();
        for (place, score) in scores.iter().enumerate().filter(|(_, score)| score.total() >= ENOUGH) {
            let (part, mut because) = self.reasons(&evidence[place], score);
            because.extend(says[place].map(|say| told(say, by_rules[place].total())));
            focus = focus.max(part);
            if score.own < ENOUGH
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
        (topics.into_iter().map(|(_, topic)| topic).collect(), refused, focus)
    }

    /// The score of each topic: by its own terms, conditional ones where an ancestor is the subject, and by its
    /// children's.
    fn scores(&self, evidence: &[Evidence]) -> Vec<Score> {
        let unconditional = |entry: u32| !self.entries[entry as usize].kind.is_conditional();
        let strong = |entry: u32| self.entries[entry as usize].kind != Kind::Conditional;
        let mut scores: Vec<Score> = evidence
            .iter()
            .map(|evidence| Score { own: evidence.score(unconditional, unconditional), ..Score::default() })
            .collect();
        let subjects: Vec<bool> =
            self.propagated(&scores).iter().map(|score| score.total() >= ENOUGH).collect();
        let in_context: Vec<usize> = (0..evidence.len())
            .filter(|place| self.taxonomy.ancestors(*place).any(|ancestor| subjects[ancestor]))
            .collect();
        for place in &in_context {
            scores[*place].own = evidence[*place].score(|_| true, strong);
            scores[*place].in_context = true;
        }
        // Where nothing else says what of the subject an article is about, its excerpt does.
        if in_context.iter().all(|place| scores[*place].own < ENOUGH) {
            for place in in_context {
                scores[place].own = evidence[place].score(|_| true, |_| true);
            }
        }
        self.propagated(&scores)
    }

    /// Gives every topic that an article is about a share to its ancestors.
    fn propagated(&self, scores: &[Score]) -> Vec<Score> {
        let mut all = scores.to_vec();
        for (place, score) in scores.iter().enumerate().filter(|(_, score)| score.own >= ENOUGH) {
            for ancestor in self.taxonomy.ancestors(place) {
                let share = (score.own * TO_PARENT).max(ENOUGH);
                if share > all[ancestor].from_child {
                    all[ancestor].from_child = share;
                    all[ancestor].child = Some(place);
                }
            }
        }
        all
    }

    /// Where the first term stands, and the terms by place in words for an editor.
    fn reasons(&self, evidence: &Evidence, score: &Score) -> (Focus, Vec<String>) {
        let counts = |hit: &Hit| score.in_context || !self.entries[hit.entry as usize].kind.is_conditional();
        let mut reasons = Vec::new();
        let mut focus = Focus::Text;
        for (part, place, here) in [
            (&evidence.title, "in the title", Focus::Title),
            (&evidence.excerpt, "in the excerpt", Focus::Excerpt),
            (&evidence.text, "in the text", Focus::Text),
        ] {
            for (entry, count) in part.counted(counts) {
                let phrase = self.shown(entry);
                reasons.push(match count {
                    1 => format!("“{phrase}” {place}"),
                    _ => format!("“{phrase}” {count} times {place}"),
                });
                focus = focus.max(here);
            }
            reasons.extend(
                part.against.iter().map(|hit| format!("against it: “{}” {place}", self.shown(hit.entry))),
            );
        }
        (focus, reasons)
    }

    fn shown(&self, entry: u32) -> String {
        let entry = &self.entries[entry as usize];
        if entry.kind == Kind::Hashtag { format!("#{}", entry.phrase) } else { entry.phrase.clone() }
    }
}

/// A topic's score and where it comes from.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    own: f64,
    in_context: bool,
    from_child: f64,
    child: Option<usize>,
}

impl Score {
    fn total(&self) -> f64 {
        self.own.max(self.from_child)
    }
}

/// A topic's hits in one part of an article.
#[derive(Debug, Default)]
struct Part {
    hits: Vec<Hit>,
    against: Vec<Hit>,
}

impl Part {
    /// The entries that were found and how often, in the order of their first place.
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
struct Evidence {
    title: Part,
    excerpt: Part,
    text: Part,
    words: usize,
    of_a_person: bool,
}

impl Evidence {
    /// The score by the entries that count; `is_strong` tells those that need no context.
    fn score(&self, counts: impl Fn(u32) -> bool, is_strong: impl Fn(u32) -> bool) -> f64 {
        let counts = |hit: &Hit| counts(hit.entry);
        let in_text = self.text.hits.iter().filter(|hit| counts(hit)).count();
        let mut score = graded(self.title.counted(counts).len(), IN_TITLE, MORE_IN_TITLE);
        let in_excerpt = self.excerpt.counted(counts);
        let hardly_taken_up = self.words >= TELLING_TEXT && in_text < 2;
        let only_context = !in_excerpt.iter().any(|(entry, _)| is_strong(*entry));
        score += match in_excerpt.len() {
            1 if hardly_taken_up || only_context || self.of_a_person => IN_PASSING,
            terms => graded(terms, IN_EXCERPT, MORE_IN_EXCERPT),
        };
        if in_excerpt.is_empty() && self.text.hits.iter().any(|hit| hit.start < LEAD && counts(hit)) {
            score += IN_LEAD;
        }
        if in_text >= TEXT_HITS && in_text * TEXT_SPREAD >= self.words {
            score += (in_text as f64 * IN_TEXT).min(1.0);
        }
        score - self.title.against.len() as f64 * IN_TITLE - self.excerpt.against.len() as f64 * IN_EXCERPT
    }
}

/// Words of titles of obituaries and portraits: such articles tell of all that a person did.
const OF_A_PERSON: [&str; 18] = [
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

fn is_about_a_person(title: &str) -> bool {
    words(title).any(|word| OF_A_PERSON.contains(&word.raw.to_lowercase().as_str()))
}

fn graded(terms: usize, first: f64, more: f64) -> f64 {
    if terms == 0 { 0.0 } else { first + (terms - 1).min(2) as f64 * more }
}

/// The reason of a topic that the article already had.
pub const GIVEN_TOPIC: &str = "given with the article";

/// Topics that the article already has, in their order; a name that the taxonomy does not know keeps its place
/// with an id made from it.
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
            because: vec![GIVEN_TOPIC.to_owned()],
        })
        .collect()
}

mod says;
mod usage;

pub use says::LEARNED_SAYS;
use says::told;
pub use usage::{EntriesFound, TopicEntry};

#[cfg(test)]
mod tests;
