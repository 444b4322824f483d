//! The publication that a running program keeps: brought from one round to the next, and written as files
//! where that is wanted, at the cost of what changed.

use std::{path::PathBuf, sync::Arc};

use courant_model::ArticleId;
use courant_render::{Invalidation, Publication, SnapshotDelta, Templates};

use super::{
    BuildSummary, Desk, PublishSummary, build_static,
    publish::{Board, Published, next_round, templates, whole_round},
    update_static,
    websub::pushed_feeds,
};
use crate::health;

/// A publication and the folder that holds it as files.
#[derive(Debug)]
pub(crate) struct Presses {
    publication: Arc<Publication>,
    /// The publication before, and the change since: when nobody reads it any more, the next round goes on from there, so
    /// that no list need be copied.
    before: Option<(Arc<Publication>, SnapshotDelta)>,
    templates: Arc<Templates>,
    images: PathBuf,
    out: Option<PathBuf>,
    /// Whether the folder holds what the publication shows.
    in_step: bool,
    /// What the next round need not look at again; `None` where it must look at everything.
    board: Option<Board>,
    /// Whether the next publication takes nothing over from this one.
    renew: bool,
}

/// What came of a round.
#[derive(Debug)]
pub(crate) struct Printed {
    /// What became of the records.
    pub(crate) records: PublishSummary,
    /// The feeds that hubs push and that may have changed, by path.
    pub(crate) feeds: Vec<String>,
    /// What became of the folder, where there is one. After an error the next round writes all of it.
    pub(crate) files: anyhow::Result<Option<BuildSummary>>,
    /// Why the site's templates could not be used; those before are in use then.
    pub(crate) templates: Result<(), String>,
}

impl Published for Printed {
    fn problems(&self, articles: &[ArticleId]) -> Vec<String> {
        let mut problems = self.records.problems(articles);
        if let Err(error) = &self.files {
            problems.push(format!(
                "the decision holds here, but the folder of --out was not brought up to date: {error:#}; the next \
                 round tries again"
            ));
        }
        problems
    }
}

impl Presses {
    /// Publishes what the store holds, as records, and with `out` as files in that folder. What of the two could not be
    /// written is in what it gives beside; readers are answered all the same.
    pub(crate) async fn start(desk: &Desk, out: Option<PathBuf>) -> anyhow::Result<(Self, Printed)> {
        let (records, snapshot, board) = whole_round(desk).await?;
        let templates = Arc::new(templates(desk)?);
        let publication = Arc::new(Publication::new(snapshot, Arc::clone(&templates))?);
        let images = desk.site.images_dir();
        let mut presses = Self {
            publication,
            before: None,
            templates,
            images,
            out,
            in_step: false,
            board: Some(board),
            renew: false,
        };
        let files = presses.write_all();
        Ok((presses, Printed { records, feeds: Vec::new(), files, templates: Ok(()) }))
    }

    /// What is published now.
    pub(crate) fn publication(&self) -> Arc<Publication> {
        Arc::clone(&self.publication)
    }

    /// Publishes what the store holds now, with the site's templates as they are now.
    ///
    /// Record files, the folder, git and templates that fail stop none of the others.
    ///
    /// # Errors
    /// Where the store can't be read, or can't take the verdicts of this moment: the publication is still the one before.
    pub(crate) async fn publish(&mut self, desk: &Desk) -> anyhow::Result<Printed> {
        let (fresh, mut usable) = match templates(desk) {
            Ok(templates) => ((templates != *self.templates).then_some(templates), Ok(())),
            Err(error) => (None, Err(format!("{error:#}"))),
        };
        // Should this stop half-way, the next round looks at everything.
        let board = self.board.take().filter(|board| board.leads_on(desk, &self.publication));
        let (records, touched) = match board {
            Some(mut board) if fresh.is_none() => {
                let (records, change) = next_round(desk, &mut board, &self.publication).await?;
                let touched = self.go_on(change);
                self.board = Some(board);
                (records, touched)
            }
            _ => self.publish_all(desk, fresh, &mut usable).await?,
        };
        let feeds = pushed_feeds(&desk.site, &touched);
        Ok(Printed { records, feeds, files: self.write(&touched), templates: usable })
    }

    /// Makes the next round look at everything and show everything again: the site's files have changed.
    pub(crate) fn begin_again(&mut self) {
        self.board = None;
        self.renew = true;
    }

    /// Takes a change in. Readers keep what they are reading: articles and stories are shared with it.
    fn go_on(&mut self, change: SnapshotDelta) -> Invalidation {
        let idle = self.before.take().and_then(|(before, since)| Some((Arc::into_inner(before)?, since)));
        let mut next = match idle {
            Some((mut before, since)) => {
                before.apply(since);
                before
            }
            None => Publication::clone(&self.publication),
        };
        let touched = next.apply(change.clone());
        let shown = std::mem::replace(&mut self.publication, Arc::new(next));
        self.before = Some((shown, change));
        touched
    }

    async fn publish_all(
        &mut self,
        desk: &Desk,
        fresh: Option<Templates>,
        usable: &mut Result<(), String>,
    ) -> anyhow::Result<(PublishSummary, Invalidation)> {
        let (records, snapshot, board) = whole_round(desk).await?;
        self.before = None;
        let fresh = fresh.map(Arc::new).or_else(|| self.renew.then(|| Arc::clone(&self.templates)));
        let fresh = fresh.map(|templates| {
            Publication::new(Arc::clone(&snapshot), Arc::clone(&templates)).map(|fresh| (fresh, templates))
        });
        let touched = match fresh {
            Some(Ok((publication, templates))) => {
                self.publication = Arc::new(publication);
                self.templates = templates;
                self.renew = false;
                Invalidation { all: true, ..Invalidation::default() }
            }
            failed => {
                if let Some(Err(error)) = failed {
                    *usable = Err(error.to_string());
                }
                Arc::make_mut(&mut self.publication).update(snapshot)?
            }
        };
        self.board = Some(board);
        Ok((records, touched))
    }

    fn write(&mut self, touched: &Invalidation) -> anyhow::Result<Option<BuildSummary>> {
        if self.out.is_some() {
            health::step("writing the site's files");
        }
        let Some(out) = self.out.as_ref().filter(|_| self.in_step) else { return self.write_all() };
        // Should this stop half-way, the next round writes everything.
        self.in_step = false;
        let summary = update_static(&self.publication, touched, &self.images, out)?;
        self.in_step = true;
        Ok(Some(summary))
    }

    fn write_all(&mut self) -> anyhow::Result<Option<BuildSummary>> {
        let Some(out) = &self.out else { return Ok(None) };
        self.in_step = false;
        let summary = build_static(&self.publication, &self.images, out)?;
        self.in_step = true;
        Ok(Some(summary))
    }
}

#[cfg(test)]
mod tests;
