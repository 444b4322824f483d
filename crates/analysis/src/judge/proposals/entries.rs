//! Proposes entries of topic files from an editor's decisions: phrases that occur in what the rules
//! missed and hardly elsewhere, phrases that occur in what they found wrongly and in nothing else
//! of the topic, and keywords that find mostly wrong articles.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::judge::words::{Inflection, Word, folded, stemming, words};

/// Maximum number of words of a phrase.
const MAX_PHRASE_WORDS: usize = 3;
/// Maximum share of the articles found by an entry that may be about something else.
const MAX_WRONG_SHARE: f64 = 0.1;
/// Minimum number of articles as evidence for an entry.
const MIN_ARTICLES: usize = 2;
/// Maximum number of entries of one kind that are proposed for a topic at once.
const MAX_ENTRIES: usize = 10;

/// Title and excerpt of an article, with what is known about its topics.
#[derive(Debug, Clone)]
pub struct HeadExample<'a> {
    /// The headline.
    pub title: &'a str,
    /// The lead; may be empty.
    pub excerpt: &'a str,
    /// ISO 639-1 code.
    pub language: Option<&'a str>,
    /// Ids of its topics: by an editor's decision if there is one, including parents.
    pub topics: BTreeSet<&'a str>,
    /// Ids of the topics that the rules find.
    pub found: BTreeSet<&'a str>,
    /// Keywords of topic files that occur in the head: topic and entry.
    pub keywords: Vec<(&'a str, &'a str)>,
    /// Whether an editor decided its topics.
    pub edited: bool,
}

impl HeadExample<'_> {
    fn is_missed(&self, topic: &str) -> bool {
        self.edited && self.topics.contains(topic) && !self.found.contains(topic)
    }

    fn is_wrong(&self, topic: &str) -> bool {
        self.edited && !self.topics.contains(topic) && self.found.contains(topic)
    }
}

/// A change of a topic file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryChange {
    /// A keyword is added.
    Keyword(String),
    /// A phrase is added to those that exclude the topic.
    Exclude(String),
    /// A keyword is removed.
    Remove(String),
}

/// A proposed change of an entry of a topic file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryProposal {
    /// Id of the topic.
    pub topic: String,
    /// The change.
    pub change: EntryChange,
    /// Articles that support it, by their position among the examples.
    pub evidence: Vec<usize>,
}

/// Proposes changes to the file of one topic.
pub fn propose_entries(topic: &str, examples: &[HeadExample<'_>]) -> Vec<EntryProposal> {
    let proposal = |change: EntryChange, evidence: Vec<usize>| EntryProposal {
        topic: topic.to_owned(),
        change,
        evidence,
    };
    let places = |which: &dyn Fn(&HeadExample<'_>) -> bool| -> Vec<usize> {
        (0..examples.len()).filter(|&at| which(&examples[at])).collect()
    };
    let missed = places(&|example| example.is_missed(topic));
    let unfound = places(&|example| !example.found.contains(topic));
    let wrong = places(&|example| example.is_wrong(topic));
    let found = places(&|example| example.found.contains(topic));
    let mut all: Vec<EntryProposal> = distinctive_phrases(examples, &missed, &unfound)
        .into_iter()
        .map(|(phrase, evidence)| proposal(EntryChange::Keyword(phrase), evidence))
        .collect();
    let against = distinctive_phrases(examples, &wrong, &found);
    let excused: FxHashSet<usize> =
        against.iter().flat_map(|(_, evidence)| evidence.iter().copied()).collect();
    all.extend(
        against.into_iter().map(|(phrase, evidence)| proposal(EntryChange::Exclude(phrase), evidence)),
    );
    let left: Vec<usize> = wrong.into_iter().filter(|place| !excused.contains(place)).collect();
    all.extend(
        wrong_keywords(topic, examples, &left)
            .into_iter()
            .map(|(keyword, evidence)| proposal(EntryChange::Remove(keyword), evidence)),
    );
    all
}

/// Keywords in the heads of these wrong articles that are in fewer right ones.
fn wrong_keywords(topic: &str, examples: &[HeadExample<'_>], wrong: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut by_keyword: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for &place in wrong {
        for (_, keyword) in examples[place].keywords.iter().filter(|(owner, _)| *owner == topic) {
            by_keyword.entry(keyword).or_default().push(place);
        }
    }
    let right = |keyword: &str| {
        let with = examples.iter().filter(|example| example.topics.contains(topic));
        with.filter(|example| example.keywords.contains(&(topic, keyword))).count()
    };
    by_keyword
        .into_iter()
        .filter(|(keyword, places)| places.len() > MIN_ARTICLES && right(keyword) < places.len())
        .map(|(keyword, places)| (keyword.to_owned(), places))
        .take(MAX_ENTRIES)
        .collect()
}

/// Phrases that occur in articles of `wanted` and hardly in others of `among` (which includes
/// `wanted`), with the wanted articles that each finds; the one that finds most first, and none for
/// what an earlier one has found.
fn distinctive_phrases(
    examples: &[HeadExample<'_>],
    wanted: &[usize],
    among: &[usize],
) -> Vec<(String, Vec<usize>)> {
    let mut candidates: FxHashMap<String, PhraseCandidate> = FxHashMap::default();
    for &place in wanted {
        phrases(&examples[place], |key, written, at_start| {
            let candidate = candidates.entry(key).or_default();
            if candidate.wanted.last() != Some(&place) {
                candidate.wanted.push(place);
            }
            candidate.see(written, at_start);
        });
    }
    candidates.retain(|_, candidate| candidate.wanted.len() >= MIN_ARTICLES);
    let in_wanted: FxHashSet<usize> = wanted.iter().copied().collect();
    for &place in among.iter().filter(|place| !in_wanted.contains(place)) {
        let mut seen: FxHashSet<String> = FxHashSet::default();
        phrases(&examples[place], |key, _, _| {
            if let Some(candidate) = candidates.get_mut(&key)
                && seen.insert(key)
            {
                candidate.others += 1;
            }
        });
    }
    let base = wanted.len() as f64 / among.len().max(1) as f64;
    let tried = (candidates.len() as f64).max(1.0);
    candidates.retain(|_, candidate| candidate.is_distinctive(base, tried));
    cover(candidates)
}

/// Takes the phrase that finds most of what is not found yet, until none finds enough. If two find
/// the same, the one with fewer words wins, then the one that comes first in the alphabet.
fn cover(candidates: FxHashMap<String, PhraseCandidate>) -> Vec<(String, Vec<usize>)> {
    let mut left: Vec<(String, PhraseCandidate)> = candidates.into_iter().collect();
    left.sort_by(|(one, _), (other, _)| {
        let words = |key: &str| key.split(' ').count();
        words(one).cmp(&words(other)).then_with(|| one.cmp(other))
    });
    let mut covered: FxHashSet<usize> = FxHashSet::default();
    let mut chosen = Vec::new();
    while chosen.len() < MAX_ENTRIES {
        let fresh =
            |candidate: &PhraseCandidate| candidate.wanted.iter().filter(|&at| !covered.contains(at)).count();
        let best = left
            .iter()
            .rev()
            .max_by_key(|(_, candidate)| (fresh(candidate), std::cmp::Reverse(candidate.others)))
            .filter(|(_, candidate)| fresh(candidate) >= MIN_ARTICLES);
        let Some((_, candidate)) = best else { break };
        chosen.push((candidate.written(), candidate.wanted.clone()));
        covered.extend(candidate.wanted.iter().copied());
    }
    chosen
}

/// A phrase that may become an entry.
#[derive(Debug, Default)]
struct PhraseCandidate {
    /// The wanted articles in which it occurs.
    wanted: Vec<usize>,
    /// Number of other articles that contain it.
    others: usize,
    /// How it was written in the middle of excerpts, and elsewhere, with counts.
    inside: BTreeMap<String, usize>,
    anywhere: BTreeMap<String, usize>,
}

impl PhraseCandidate {
    fn see(&mut self, written: &str, at_start: bool) {
        let into = if at_start { &mut self.anywhere } else { &mut self.inside };
        *into.entry(written.to_owned()).or_default() += 1;
    }

    /// Whether this many wanted articles are more than chance: a phrase in `n` articles, `k` of
    /// them wanted, with a share of `base` wanted overall, occurs with a probability of at most
    /// `exp(−n·KL(k/n ‖ base))` (Chernoff bound), and `tried` phrases were tried.
    fn is_distinctive(&self, base: f64, tried: f64) -> bool {
        let wanted = self.wanted.len() as f64;
        let all = wanted + self.others as f64;
        let share = wanted / all;
        if 1.0 - share > MAX_WRONG_SHARE || share <= base {
            return false;
        }
        let part = |share: f64, base: f64| if share > 0.0 { share * (share / base).ln() } else { 0.0 };
        let divergence = part(share, base) + part(1.0 - share, 1.0 - base);
        all * divergence >= tried.ln() + 1.0
    }

    /// How to write it: as in running text if it always has a capital there, because then it is a
    /// name; in lower case otherwise. Headlines are not evidence, they may capitalise all words.
    fn written(&self) -> String {
        let most = |forms: &BTreeMap<String, usize>| {
            forms.iter().rev().max_by_key(|(_, count)| **count).map(|(form, _)| form.clone())
        };
        let has_capital = |form: &String| form.chars().any(char::is_uppercase);
        if !self.inside.is_empty() && self.inside.keys().all(has_capital) {
            return most(&self.inside).unwrap_or_default();
        }
        most(&self.inside).or_else(|| most(&self.anywhere)).unwrap_or_default().to_lowercase()
    }
}

/// Calls `see` with every phrase of a head: its comparable form, how it is written, and whether its
/// capitals are not evidence (in a title, at the beginning of an excerpt or of a sentence).
fn phrases(example: &HeadExample<'_>, mut see: impl FnMut(String, &str, bool)) {
    let inflection = stemming(example.language).1;
    for (text, is_title) in [(example.title, true), (example.excerpt, false)] {
        phrases_of(text, is_title, &inflection, &mut see);
    }
}

fn phrases_of(text: &str, is_title: bool, inflection: &Inflection, see: &mut impl FnMut(String, &str, bool)) {
    let placed: Vec<(usize, Word<'_>)> =
        words(text).map(|word| (word.raw.as_ptr() as usize - text.as_ptr() as usize, word)).collect();
    let keys: Vec<String> = placed.iter().map(|(_, word)| folded(word.raw, inflection)).collect();
    for first in 0..placed.len() {
        let before = first.checked_sub(1).map(|at| {
            let (start, word) = placed[at];
            &text[start + word.raw.len()..placed[first].0]
        });
        let at_start = is_title || before.is_none_or(|gap| gap.contains(['.', '!', '?', ':', '\n']));
        for last in first..(first + MAX_PHRASE_WORDS).min(placed.len()) {
            if last > first {
                let (start, word) = placed[last - 1];
                let gap = &text[start + word.raw.len()..placed[last].0];
                if !gap.chars().all(|c| c == ' ' || c == '-') {
                    break;
                }
            }
            let (start, (end, word)) = (placed[first].0, placed[last]);
            let is_word = |key: &String| key.chars().filter(|c| c.is_alphabetic()).count() > 1;
            if is_word(&keys[first]) && is_word(&keys[last]) {
                see(keys[first..=last].join(" "), &text[start..end + word.raw.len()], at_start);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head<'a>(title: &'a str, excerpt: &'a str, topics: &[&'a str], found: &[&'a str]) -> HeadExample<'a> {
        HeadExample {
            title,
            excerpt,
            language: Some("en"),
            topics: topics.iter().copied().collect(),
            found: found.iter().copied().collect(),
            keywords: found.iter().map(|_| ("ferry", "ferry")).collect(),
            edited: topics != found,
        }
    }

    /// Sixty articles of a port; ferries under another name are missed, a singer is taken for one.
    fn heads(titles: &[(String, String)]) -> Vec<HeadExample<'_>> {
        titles
            .iter()
            .enumerate()
            .map(|(at, (title, excerpt))| match at % 6 {
                0 => head(title, excerpt, &["ferry"], &[]),
                1 => head(title, excerpt, &[], &["ferry"]),
                2 => head(title, excerpt, &["ferry"], &["ferry"]),
                _ => head(title, excerpt, &[], &[]),
            })
            .collect()
    }

    fn titles(of: usize) -> Vec<(String, String)> {
        let towns = ["Halden", "Tarrow", "Ottery", "Norvik", "Larkfield"];
        (0..of)
            .map(|at| {
                let town = towns[at % 5];
                match at % 6 {
                    0 => (
                        format!("Catamarans Cross to {town} Again"),
                        format!("The crossing from {town}, run by Blue Petrel Lines, opened on day {at}."),
                    ),
                    1 => (format!("Bryan Ferry sings in {town}"), String::new()),
                    2 => (format!("Ferry to {town} is late"), String::new()),
                    other => (format!("Council of {town} votes on budget {other}"), String::new()),
                }
            })
            .collect()
    }

    fn changes(examples: &[HeadExample<'_>]) -> Vec<EntryChange> {
        propose_entries("ferry", examples).into_iter().map(|proposal| proposal.change).collect()
    }

    #[test]
    fn shared_phrases_become_keywords_and_exclusions() {
        let titles = titles(60);
        let found = propose_entries("ferry", &heads(&titles));
        let [keyword, against] = found.as_slice() else { panic!("{found:?}") };
        let EntryChange::Keyword(word) = &keyword.change else { panic!("{keyword:?}") };
        assert!(["again", "blue", "catamarans"].contains(&word.to_lowercase().as_str()), "{word}");
        assert_eq!(against.change, EntryChange::Exclude("bryan".to_owned()));
        assert_eq!((keyword.evidence.len(), against.evidence.len()), (10, 10));
    }

    #[test]
    fn a_name_keeps_its_capitals() {
        let candidate = |inside: &[&str], anywhere: &[&str]| {
            let mut candidate = PhraseCandidate::default();
            for (forms, at_start) in [(inside, false), (anywhere, true)] {
                for form in forms {
                    candidate.see(form, at_start);
                }
            }
            candidate.written()
        };
        assert_eq!(candidate(&["Blue Petrel", "Blue Petrel"], &["blue petrel"]), "Blue Petrel");
        assert_eq!(candidate(&["catamaran", "Catamaran"], &[]), "catamaran");
        assert_eq!(candidate(&[], &["Catamarans"]), "catamarans");
    }

    #[test]
    fn a_keyword_with_mostly_wrong_hits_is_removed() {
        let titles: Vec<(String, String)> = ["Anna", "Ben", "Carl", "Dora"]
            .iter()
            .map(|name| (format!("Ferry, {name}"), String::new()))
            .collect();
        let examples: Vec<_> =
            titles.iter().map(|(title, excerpt)| head(title, excerpt, &[], &["ferry"])).collect();
        assert_eq!(changes(&examples), [EntryChange::Remove("ferry".to_owned())]);
    }

    #[test]
    fn chance_proposes_nothing() {
        // Two missed articles of four share words by chance.
        let titles = titles(8);
        assert_eq!(changes(&heads(&titles)), []);
        assert_eq!(changes(&[]), []);
    }
}
