//! Proposals derived from editors' decisions: other weights and other entries of topic files, each
//! with its evidence and its effect on past articles. Only [`Proposals::apply`] changes anything.

mod apply;
mod entries;
mod past;
mod weights;

use std::collections::BTreeSet;

use entries::ProposedEntry;
use past::Past;
use serde::Serialize;
use weights::ProposedWeights;

use crate::context::Context;

/// Maximum number of articles shown in a [`Sample`].
const MAX_SAMPLE: usize = 5;

/// An article in a list for editors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleArticle {
    pub title: String,
    pub url: String,
}

/// A number of articles, and the first few of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    pub count: usize,
    pub some: Vec<SampleArticle>,
}

/// All proposals. They are numbered from 1: the weights together are one proposal, because they
/// were found together, and each entry is another.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposals {
    /// Number of articles examined.
    pub articles: usize,
    /// Number of those with an editor's decision.
    pub spoken: usize,
    /// `None` if no other weights would do better.
    pub weights: Option<ProposedWeights>,
    /// In the order of the topics.
    pub entries: Vec<ProposedEntry>,
}

impl Proposals {
    /// Number of proposals.
    pub fn len(&self) -> usize {
        usize::from(self.weights.is_some()) + self.entries.len()
    }

    /// Whether there are no proposals.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The weights, if they are chosen.
    fn weights_in(&self, chosen: &Chosen) -> Option<&ProposedWeights> {
        self.weights.as_ref().filter(|_| chosen.has(1))
    }

    fn entries_in<'a>(&'a self, chosen: &'a Chosen) -> impl Iterator<Item = &'a ProposedEntry> {
        let first = 1 + usize::from(self.weights.is_some());
        self.entries.iter().enumerate().filter(move |(at, _)| chosen.has(first + at)).map(|(_, entry)| entry)
    }
}

/// The proposals to apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    All,
    These(BTreeSet<usize>),
}

impl Chosen {
    fn has(&self, number: usize) -> bool {
        match self {
            Self::All => true,
            Self::These(numbers) => numbers.contains(&number),
        }
    }
}

/// Derives proposals from editors' decisions on articles first seen in the last `hours`.
pub async fn proposals(context: &Context, hours: i64) -> anyhow::Result<Proposals> {
    let stored = context.store.snapshot().await?;
    let past = Past::read(context, &stored, hours).await?;
    Ok(Proposals {
        articles: past.articles.len(),
        spoken: past.articles.iter().filter(|article| article.has_decision()).count(),
        weights: weights::propose(context, &past),
        entries: entries::propose(context, &past)?,
    })
}
