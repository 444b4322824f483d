//! What an editor's words propose: other weights and other entries of topic files, each with its evidence and with what it
//! would have done to the past. Nothing is changed here but by [`Proposals::apply`].

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

/// How many articles of each kind are shown by title.
const SHOWN: usize = 5;

/// An article, as far as an editor wants to see it in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub title: String,
    pub url: String,
}

/// How many articles there are, and some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    pub count: usize,
    pub some: Vec<Shown>,
}

/// Everything that is proposed. The numbers by which it is told, and taken, begin with 1: the weights are one proposal,
/// for they were weighed together, and each entry is another.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposals {
    /// How many articles were looked at.
    pub articles: usize,
    /// About how many of them an editor spoke.
    pub spoken: usize,
    /// `None` where no other weights would do better.
    pub weights: Option<ProposedWeights>,
    /// In the order of the topics.
    pub entries: Vec<ProposedEntry>,
}

impl Proposals {
    /// How many proposals there are.
    pub fn len(&self) -> usize {
        usize::from(self.weights.is_some()) + self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The weights, where this number names them or all is taken.
    fn weights_in(&self, chosen: &Chosen) -> Option<&ProposedWeights> {
        self.weights.as_ref().filter(|_| chosen.has(1))
    }

    fn entries_in<'a>(&'a self, chosen: &'a Chosen) -> impl Iterator<Item = &'a ProposedEntry> {
        let first = 1 + usize::from(self.weights.is_some());
        self.entries.iter().enumerate().filter(move |(at, _)| chosen.has(first + at)).map(|(_, entry)| entry)
    }
}

/// Which proposals are taken.
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

/// What the words of editors on articles first seen in the last `hours` propose.
pub async fn proposals(context: &Context, hours: i64) -> anyhow::Result<Proposals> {
    let stored = context.store.snapshot().await?;
    let past = Past::read(context, &stored, hours).await?;
    Ok(Proposals {
        articles: past.articles.len(),
        spoken: past.articles.iter().filter(|article| article.is_spoken()).count(),
        weights: weights::propose(context, &past),
        entries: entries::propose(context, &past)?,
    })
}
