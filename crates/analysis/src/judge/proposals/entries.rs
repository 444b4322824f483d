//! Entries of topic files that an editor's words ask for: phrases that stand in what the rules missed and hardly
//! elsewhere, phrases that stand in what they took wrongly and in nothing else of the topic, and keywords that find
//! mostly the wrong articles.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::judge::words::{Inflection, Word, folded, stemming, words};

/// A phrase has at most so many words.
const LONGEST: usize = 3;
/// Of the articles that an entry finds, at most this share may be about something else.
const MOST_ASTRAY: f64 = 0.1;
/// So many articles at least must speak for an entry.
const FEWEST: usize = 2;
/// The most entries of one kind that are proposed for a topic at once.
const MOST: usize = 10;

/// The head of an article, with what is known about its topics.
#[derive(Debug, Clone)]
pub struct HeadExample<'a> {
    /// The headline.
    pub title: &'a str,
    /// The lead; may be empty.
    pub excerpt: &'a str,
    /// ISO 639-1 code.
    pub language: Option<&'a str>,
    /// Ids of the topics that it has: by an editor's word where there is one, parents included.
    pub topics: BTreeSet<&'a str>,
    /// Ids of the topics that the rules find.
    pub found: BTreeSet<&'a str>,
    /// Keywords of topic files that stand in the head: topic and entry.
    pub keywords: Vec<(&'a str, &'a str)>,
    /// Whether an editor gave it its topics.
    pub spoken: bool,
}

impl HeadExample<'_> {
    fn is_missed(&self, topic: &str) -> bool {
        self.spoken && self.topics.contains(topic) && !self.found.contains(topic)
    }

    fn is_wrong(&self, topic: &str) -> bool {
        self.spoken && !self.topics.contains(topic) && self.found.contains(topic)
    }
}

/// What would be done to a topic file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryChange {
    /// A keyword is added.
    Keyword(String),
    /// A phrase is added to what speaks against the topic.
    Exclude(String),
    /// A keyword goes.
    Remove(String),
}

/// An entry of a topic file to be added or taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryProposal {
    /// Id of the topic.
    pub topic: String,
    /// What would be done.
    pub change: EntryChange,
    /// Articles that speak for it, by their place among the examples.
    pub witnesses: Vec<usize>,
}

/// Changes to the file of one topic.
pub fn propose_entries(topic: &str, examples: &[HeadExample<'_>]) -> Vec<EntryProposal> {
    let proposal = |change: EntryChange, witnesses: Vec<usize>| EntryProposal {
        topic: topic.to_owned(),
        change,
        witnesses,
    };
    let places = |which: &dyn Fn(&HeadExample<'_>) -> bool| -> Vec<usize> {
        (0..examples.len()).filter(|&at| which(&examples[at])).collect()
    };
    let missed = places(&|example| example.is_missed(topic));
    let unfound = places(&|example| !example.found.contains(topic));
    let wrong = places(&|example| example.is_wrong(topic));
    let found = places(&|example| example.found.contains(topic));
    let mut all: Vec<EntryProposal> = telling(examples, &missed, &unfound)
        .into_iter()
        .map(|(phrase, witnesses)| proposal(EntryChange::Keyword(phrase), witnesses))
        .collect();
    let against = telling(examples, &wrong, &found);
    let excused: FxHashSet<usize> =
        against.iter().flat_map(|(_, witnesses)| witnesses.iter().copied()).collect();
    all.extend(
        against.into_iter().map(|(phrase, witnesses)| proposal(EntryChange::Exclude(phrase), witnesses)),
    );
    let left: Vec<usize> = wrong.into_iter().filter(|place| !excused.contains(place)).collect();
    all.extend(
        astray(topic, examples, &left)
            .into_iter()
            .map(|(keyword, witnesses)| proposal(EntryChange::Remove(keyword), witnesses)),
    );
    all
}

/// Keywords that stand in the heads of these wrong articles, and in those of more wrong ones than right ones.
fn astray(topic: &str, examples: &[HeadExample<'_>], wrong: &[usize]) -> Vec<(String, Vec<usize>)> {
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
        .filter(|(keyword, places)| places.len() > FEWEST && right(keyword) < places.len())
        .map(|(keyword, places)| (keyword.to_owned(), places))
        .take(MOST)
        .collect()
}

/// Phrases that stand in articles of `wanted` and hardly in others of `among` (which holds those of `wanted`), with the
/// wanted articles that each finds; the one that finds most first, and none for what an earlier one has found.
fn telling(examples: &[HeadExample<'_>], wanted: &[usize], among: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut candidates: FxHashMap<String, Candidate> = FxHashMap::default();
    for &place in wanted {
        phrases(&examples[place], |key, written, at_start| {
            let candidate = candidates.entry(key).or_default();
            if candidate.wanted.last() != Some(&place) {
                candidate.wanted.push(place);
            }
            candidate.see(written, at_start);
        });
    }
    candidates.retain(|_, candidate| candidate.wanted.len() >= FEWEST);
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
    candidates.retain(|_, candidate| candidate.is_telling(base, tried));
    cover(candidates)
}

/// Takes the phrase that finds most of what is not found yet, until none finds enough. Where two find the same, the one
/// with fewer words wins, then the one that comes first in the alphabet.
fn cover(candidates: FxHashMap<String, Candidate>) -> Vec<(String, Vec<usize>)> {
    let mut left: Vec<(String, Candidate)> = candidates.into_iter().collect();
    left.sort_by(|(one, _), (other, _)| {
        let words = |key: &str| key.split(' ').count();
        words(one).cmp(&words(other)).then_with(|| one.cmp(other))
    });
    let mut covered: FxHashSet<usize> = FxHashSet::default();
    let mut chosen = Vec::new();
    while chosen.len() < MOST {
        let fresh =
            |candidate: &Candidate| candidate.wanted.iter().filter(|&at| !covered.contains(at)).count();
        let best = left
            .iter()
            .rev()
            .max_by_key(|(_, candidate)| (fresh(candidate), std::cmp::Reverse(candidate.others)))
            .filter(|(_, candidate)| fresh(candidate) >= FEWEST);
        let Some((_, candidate)) = best else { break };
        chosen.push((candidate.written(), candidate.wanted.clone()));
        covered.extend(candidate.wanted.iter().copied());
    }
    chosen
}

/// A phrase that may become an entry.
#[derive(Debug, Default)]
struct Candidate {
    /// The wanted articles in which it stands.
    wanted: Vec<usize>,
    /// How many others have it.
    others: usize,
    /// How it was written in the middle of excerpts, and elsewhere; how often.
    inside: BTreeMap<String, usize>,
    anywhere: BTreeMap<String, usize>,
}

impl Candidate {
    fn see(&mut self, written: &str, at_start: bool) {
        let into = if at_start { &mut self.anywhere } else { &mut self.inside };
        *into.entry(written.to_owned()).or_default() += 1;
    }

    /// Whether so many wanted articles are more than chance: a phrase that stands in `n` articles, `k` of them wanted,
    /// where a share of `base` is wanted, comes about with a probability of at most `exp(−n·KL(k/n ‖ base))`
    /// (Chernoff's bound), and `tried` phrases were looked at.
    fn is_telling(&self, base: f64, tried: f64) -> bool {
        let wanted = self.wanted.len() as f64;
        let all = wanted + self.others as f64;
        let share = wanted / all;
        if 1.0 - share > MOST_ASTRAY || share <= base {
            return false;
        }
        let part = |share: f64, base: f64| if share > 0.0 { share * (share / base).ln() } else { 0.0 };
        let divergence = part(share, base) + part(1.0 - share, 1.0 - base);
        all * divergence >= tried.ln() + 1.0
    }

    /// How it is to be written: as it stands in running text where it always has a capital there, since it is a name
    /// then; in small letters otherwise. Headlines tell nothing, they may write all words large.
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

/// Calls `see` with every phrase of a head: in the form in which phrases are compared, as it is written, and whether its
/// writing tells nothing about capitals (a title, the beginning of an excerpt or of a sentence).
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
        for last in first..(first + LONGEST).min(placed.len()) {
            if last > first {
                let (start, word) = placed[last - 1];
                let gap = &text[start + word.raw.len()..placed[last].0];
                if !gap.chars().all(|letter| letter == ' ' || letter == '-') {
                    break;
                }
            }
            let (start, (end, word)) = (placed[first].0, placed[last]);
            let is_word = |key: &String| key.chars().filter(|letter| letter.is_alphabetic()).count() > 1;
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
            spoken: topics != found,
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
    fn what_the_missed_share_becomes_a_keyword_and_what_the_wrong_share_speaks_against() {
        let titles = titles(60);
        let found = propose_entries("ferry", &heads(&titles));
        let [keyword, against] = found.as_slice() else { panic!("{found:?}") };
        let EntryChange::Keyword(word) = &keyword.change else { panic!("{keyword:?}") };
        assert!(["again", "blue", "catamarans"].contains(&word.to_lowercase().as_str()), "{word}");
        assert_eq!(against.change, EntryChange::Exclude("bryan".to_owned()));
        assert_eq!((keyword.witnesses.len(), against.witnesses.len()), (10, 10));
    }

    #[test]
    fn a_name_keeps_its_capitals_where_running_text_writes_it_so() {
        let candidate = |inside: &[&str], anywhere: &[&str]| {
            let mut candidate = Candidate::default();
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
    fn a_keyword_that_finds_mostly_the_wrong_is_to_go() {
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
