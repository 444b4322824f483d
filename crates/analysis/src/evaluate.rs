//! The machine beside the editor: how often the one decides as the other.
//!
//! What an editor let stand counts as agreed: the editor's word is the last one on every article of a period,
//! spoken or not. Of quality only what was spoken of is compared, since nobody numbers what looks right.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// What the machine said about an article, and what holds after the editor's word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case<'a> {
    /// Whether the machine published it, before any word of an editor.
    pub machine_published: bool,
    /// Whether it is published.
    pub published: bool,
    /// Names of the topics that the machine found.
    pub machine_topics: BTreeSet<&'a str>,
    /// Names of the topics that it has.
    pub topics: BTreeSet<&'a str>,
    /// The quality that the machine gave, and the editor's where there is one.
    pub quality: (i32, Option<i32>),
    /// Whether an editor spoke about publication, topics or quality.
    pub spoken: bool,
}

/// How often a yes of the machine was one, and how many of the editor's it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Both say yes.
    pub right: usize,
    /// The machine says yes, the editor no.
    pub wrong: usize,
    /// The machine says no, the editor yes.
    pub missed: usize,
}

impl Counts {
    /// Share of the machine's yes that are right, 0 to 1; `None` where it never said yes.
    pub fn precision(&self) -> Option<f64> {
        share(self.right, self.right + self.wrong)
    }

    /// Share of the editor's yes that the machine found, 0 to 1; `None` where there is none.
    pub fn recall(&self) -> Option<f64> {
        share(self.right, self.right + self.missed)
    }

    pub(crate) fn count(&mut self, machine: bool, editor: bool) {
        match (machine, editor) {
            (true, true) => self.right += 1,
            (true, false) => self.wrong += 1,
            (false, true) => self.missed += 1,
            (false, false) => {}
        }
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The machine beside the editor over the articles of a period.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// How many articles were looked at.
    pub articles: usize,
    /// About how many of them an editor spoke.
    pub spoken: usize,
    /// Publication.
    pub publication: Counts,
    /// Topics, all together.
    pub topics: Counts,
    /// Each topic by its name.
    pub by_topic: BTreeMap<String, Counts>,
    /// How many articles got a quality from an editor.
    pub quality_spoken: usize,
    /// Rank agreement of the machine's and the editor's quality, −1 to 1 (Spearman's ρ, ties share their mean rank);
    /// `None` where fewer than three articles got one, or all the same.
    pub quality_agreement: Option<f64>,
}

/// Compares.
pub fn evaluate<'a>(cases: impl IntoIterator<Item = Case<'a>>) -> Evaluation {
    let mut found = Evaluation::default();
    let (mut machine, mut editor) = (Vec::new(), Vec::new());
    for case in cases {
        found.articles += 1;
        found.spoken += usize::from(case.spoken);
        found.publication.count(case.machine_published, case.published);
        for &topic in case.machine_topics.union(&case.topics) {
            let says = (case.machine_topics.contains(topic), case.topics.contains(topic));
            found.topics.count(says.0, says.1);
            found.by_topic.entry(topic.to_owned()).or_default().count(says.0, says.1);
        }
        if let (points, Some(word)) = case.quality {
            machine.push(points);
            editor.push(word);
        }
    }
    found.quality_spoken = machine.len();
    found.quality_agreement = rank_agreement(&machine, &editor);
    found
}

/// Spearman's rank correlation: Pearson's of the ranks, which holds with ties too (Kendall, Rank Correlation
/// Methods, 1948, ch. 3).
fn rank_agreement(one: &[i32], other: &[i32]) -> Option<f64> {
    if one.len() < 3 {
        return None;
    }
    let (one, other) = (ranks(one), ranks(other));
    let mean = f64::midpoint(one.len() as f64, 1.0);
    let sum = |left: &[f64], right: &[f64]| {
        left.iter().zip(right).map(|(left, right)| (left - mean) * (right - mean)).sum::<f64>()
    };
    let spread = (sum(&one, &one) * sum(&other, &other)).sqrt();
    (spread > 0.0).then(|| sum(&one, &other) / spread)
}

/// The rank of each number, from 1; equal ones share the mean of theirs.
fn ranks(numbers: &[i32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by_key(|&at| numbers[at]);
    let mut ranks = vec![0.0; numbers.len()];
    let mut from = 0;
    for run in order.chunk_by(|&a, &b| numbers[a] == numbers[b]) {
        let rank = from as f64 + f64::midpoint(run.len() as f64, 1.0);
        for &at in run {
            ranks[at] = rank;
        }
        from += run.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn case<'a>(
        published: (bool, bool),
        topics: (&[&'a str], &[&'a str]),
        quality: (i32, Option<i32>),
    ) -> Case<'a> {
        Case {
            machine_published: published.0,
            published: published.1,
            machine_topics: topics.0.iter().copied().collect(),
            topics: topics.1.iter().copied().collect(),
            quality,
            spoken: quality.1.is_some() || published.0 != published.1,
        }
    }

    #[test]
    fn what_was_let_stand_is_agreed_and_what_was_changed_is_not() {
        let found = evaluate([
            case((true, true), (&["Mills"], &["Mills"]), (80, None)),
            case((true, false), (&["Mills", "Rivers"], &["Rivers"]), (70, Some(20))),
            case((false, true), (&[], &["Mills"]), (40, Some(90))),
            case((false, false), (&[], &[]), (10, Some(30))),
        ]);
        assert_eq!((found.articles, found.spoken, found.quality_spoken), (4, 3, 3));
        assert_eq!(found.publication, Counts { right: 1, wrong: 1, missed: 1 });
        assert_eq!((found.publication.precision(), found.publication.recall()), (Some(0.5), Some(0.5)));
        assert_eq!(found.by_topic["Mills"], Counts { right: 1, wrong: 1, missed: 1 });
        assert_eq!(found.by_topic["Rivers"].precision(), Some(1.0));
        // Ranks 3, 2, 1 beside 1, 3, 2.
        assert_eq!(found.quality_agreement, Some(-0.5));
        assert_eq!(evaluate([]).publication.precision(), None);
    }

    proptest! {
        #[test]
        fn agreement_is_bounded_and_whole_with_oneself(points in prop::collection::vec(-20..120_i32, 0..40)) {
            let found = rank_agreement(&points, &points);
            prop_assert!(found.is_none_or(|found| (found - 1.0).abs() < 1e-9));
            let turned: Vec<i32> = points.iter().map(|points| -points).collect();
            prop_assert!(rank_agreement(&points, &turned).is_none_or(|found| (found + 1.0).abs() < 1e-9));
            prop_assert_eq!(found.is_none(), points.len() < 3 || points.iter().all(|other| *other == points[0]));
        }
    }
}
