//! Compares the machine's decisions with the editor's.
//!
//! Whatever an editor left unchanged counts as agreed: for every article of a period the final
//! state is the editor's decision, edited or not. Qualities are compared only if edited, because
//! nobody enters a number that looks right already.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// What the machine decided about an article, and what holds after the editor's overrides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case<'a> {
    /// Whether the machine published it, without overrides.
    pub machine_published: bool,
    /// Whether it is published.
    pub published: bool,
    /// Names of the topics that the machine found.
    pub machine_topics: BTreeSet<&'a str>,
    /// Names of the topics that it has.
    pub topics: BTreeSet<&'a str>,
    /// The machine's quality, and the editor's if there is one.
    pub quality: (i32, Option<i32>),
    /// Whether an editor edited publication, topics or quality.
    pub edited: bool,
}

/// How often the machine's positive decisions were right, and how many of the editor's it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Both are positive.
    pub right: usize,
    /// Only the machine is positive.
    pub wrong: usize,
    /// Only the editor is positive.
    pub missed: usize,
}

impl Counts {
    /// Share of the machine's positive decisions that are right, 0 to 1; `None` if there is none.
    pub fn precision(&self) -> Option<f64> {
        share(self.right, self.right + self.wrong)
    }

    /// Share of the editor's positive decisions that the machine found, 0 to 1; `None` if there is
    /// none.
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

/// The machine compared with the editor over the articles of a period.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// Number of articles compared.
    pub articles: usize,
    /// How many of them an editor edited.
    #[serde(rename = "spoken")]
    pub edited: usize,
    /// Publication.
    pub publication: Counts,
    /// All topics together.
    pub topics: Counts,
    /// Each topic by its name.
    pub by_topic: BTreeMap<String, Counts>,
    /// Number of articles with a quality from an editor.
    #[serde(rename = "qualitySpoken")]
    pub quality_edited: usize,
    /// Rank correlation of the machine's and the editor's quality, −1 to 1 (Spearman's ρ, ties
    /// share their mean rank); `None` if fewer than three articles have one, or all the same.
    pub quality_agreement: Option<f64>,
}

/// Compares the cases.
pub fn evaluate<'a>(cases: impl IntoIterator<Item = Case<'a>>) -> Evaluation {
    let mut found = Evaluation::default();
    let (mut machine, mut editor) = (Vec::new(), Vec::new());
    for case in cases {
        found.articles += 1;
        found.edited += usize::from(case.edited);
        found.publication.count(case.machine_published, case.published);
        for &topic in case.machine_topics.union(&case.topics) {
            let verdicts = (case.machine_topics.contains(topic), case.topics.contains(topic));
            found.topics.count(verdicts.0, verdicts.1);
            found.by_topic.entry(topic.to_owned()).or_default().count(verdicts.0, verdicts.1);
        }
        if let (points, Some(editor_quality)) = case.quality {
            machine.push(points);
            editor.push(editor_quality);
        }
    }
    found.quality_edited = machine.len();
    found.quality_agreement = rank_agreement(&machine, &editor);
    found
}

/// Spearman's rank correlation: Pearson's correlation of the ranks, which is also valid with ties
/// (Kendall, Rank Correlation Methods, 1948, ch. 3).
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
            edited: quality.1.is_some() || published.0 != published.1,
        }
    }

    #[test]
    fn unchanged_decisions_agree_and_edited_ones_do_not() {
        let found = evaluate([
            case((true, true), (&["Mills"], &["Mills"]), (80, None)),
            case((true, false), (&["Mills", "Rivers"], &["Rivers"]), (70, Some(20))),
            case((false, true), (&[], &["Mills"]), (40, Some(90))),
            case((false, false), (&[], &[]), (10, Some(30))),
        ]);
        assert_eq!((found.articles, found.edited, found.quality_edited), (4, 3, 3));
        assert_eq!(found.publication, Counts { right: 1, wrong: 1, missed: 1 });
        assert_eq!((found.publication.precision(), found.publication.recall()), (Some(0.5), Some(0.5)));
        assert_eq!(found.by_topic["Mills"], Counts { right: 1, wrong: 1, missed: 1 });
        assert_eq!(found.by_topic["Rivers"].precision(), Some(1.0));
        // Ranks 3, 2, 1 compared with 1, 3, 2.
        assert_eq!(found.quality_agreement, Some(-0.5));
        assert_eq!(evaluate([]).publication.precision(), None);
    }

    proptest! {
        #[test]
        fn agreement_is_bounded_and_complete_with_itself(points in prop::collection::vec(-20..120_i32, 0..40)) {
            let found = rank_agreement(&points, &points);
            prop_assert!(found.is_none_or(|found| (found - 1.0).abs() < 1e-9));
            let turned: Vec<i32> = points.iter().map(|points| -points).collect();
            prop_assert!(rank_agreement(&points, &turned).is_none_or(|found| (found + 1.0).abs() < 1e-9));
            prop_assert_eq!(found.is_none(), points.len() < 3 || points.iter().all(|other| *other == points[0]));
        }
    }
}
