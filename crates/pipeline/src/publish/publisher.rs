//! The publication of a running program: updated in each round and, if wanted, written as files, at
//! the cost of what changed.

use std::{path::PathBuf, sync::Arc};

use courant_model::ArticleId;
use courant_render::{Invalidation, Publication, SnapshotDelta, Templates};
use tokio_util::sync::CancellationToken;

use crate::{
    context::Context,
    gather::websub::pushed_feeds,
    publish::{
        round::{full_round, next_round},
        round_state::RoundState,
        static_site::{BuildSummary, build_static, update_static},
        summary::{PublishSummary, Published},
    },
    tasks,
};

/// A publication, and the folder to which its files are written.
#[derive(Debug)]
pub struct Publisher {
    publication: Arc<Publication>,
    /// The publication of the previous round, and the change since then. Once nobody reads it any
    /// more, the next round updates it in place, so that no list has to be copied.
    before: Option<(Arc<Publication>, SnapshotDelta)>,
    templates: Arc<Templates>,
    images: PathBuf,
    out: Option<PathBuf>,
    /// Whether the files in the folder are up to date.
    is_folder_current: bool,
    /// What is known from the last round; `None` if the next round must be a full one.
    round_state: Option<RoundState>,
    /// Whether the next publication is built from scratch.
    rebuild: bool,
    /// Stops the writing of files early.
    stop: CancellationToken,
}

/// The outcome of a round.
#[derive(Debug)]
pub struct PublishReport {
    /// The outcome for the records.
    pub records: PublishSummary,
    /// The paths of feeds that hubs push and that may have changed.
    pub feeds: Vec<String>,
    /// The outcome for the folder, if there is one. After an error the next round writes all files.
    pub files: anyhow::Result<Option<BuildSummary>>,
    /// Why the site's templates could not be used; then the previous ones stay in use.
    pub templates: Result<(), String>,
}

impl Published for PublishReport {
    fn problems(&self, articles: &[ArticleId]) -> Vec<String> {
        let mut problems = self.records.problems(articles);
        if let Err(error) = &self.files {
            problems.push(format!(
                "the decision is stored, but the folder of --out was not brought up to date: {error:#}; the next \
                 round tries again"
            ));
        }
        problems
    }
}

impl Publisher {
    /// Publishes the stored articles as records and, with `out`, as files in that folder. Failures
    /// to write either are in the report and do not keep readers from being served.
    pub async fn start(
        context: &Context,
        out: Option<PathBuf>,
        stop: CancellationToken,
    ) -> anyhow::Result<(Self, PublishReport)> {
        let (records, snapshot, round_state) = full_round(context).await?;
        let templates = Arc::new(context.templates()?);
        let publication = Arc::new(Publication::new(snapshot, Arc::clone(&templates))?);
        let images = context.site.images_dir();
        let mut publisher = Self {
            publication,
            before: None,
            templates,
            images,
            out,
            is_folder_current: false,
            round_state: Some(round_state),
            rebuild: false,
            stop,
        };
        let files = publisher.write_all();
        Ok((publisher, PublishReport { records, feeds: Vec::new(), files, templates: Ok(()) }))
    }

    /// The current publication.
    pub fn publication(&self) -> Arc<Publication> {
        Arc::clone(&self.publication)
    }

    /// Publishes the currently stored articles with the site's current templates.
    ///
    /// A failure of record files, the folder, git or templates does not stop the others.
    ///
    /// # Errors
    /// The store cannot be read, or the current verdicts cannot be stored. The publication stays as
    /// it was.
    pub async fn publish(&mut self, context: &Context) -> anyhow::Result<PublishReport> {
        let (fresh, mut template_result) = match context.templates() {
            Ok(templates) => ((templates != *self.templates).then_some(templates), Ok(())),
            Err(error) => (None, Err(format!("{error:#}"))),
        };
        // If this stops half-way, the next round is a full one.
        let round_state = self
            .round_state
            .take()
            .filter(|round_state| round_state.can_continue_from(context, &self.publication));
        let (records, touched) = match round_state {
            Some(mut round_state) if fresh.is_none() => {
                let (records, change) = next_round(context, &mut round_state, &self.publication).await?;
                let touched = self.apply_delta(change);
                self.round_state = Some(round_state);
                (records, touched)
            }
            _ => self.publish_all(context, fresh, &mut template_result).await?,
        };
        let feeds = pushed_feeds(&context.site, &touched);
        Ok(PublishReport { records, feeds, files: self.write(&touched), templates: template_result })
    }

    /// Makes the next round a full one that builds everything from scratch, because the site's
    /// files have changed.
    pub fn begin_again(&mut self) {
        self.round_state = None;
        self.rebuild = true;
    }

    /// Applies a change. Readers keep the publication that they are reading; articles and stories
    /// are shared with it.
    fn apply_delta(&mut self, change: SnapshotDelta) -> Invalidation {
        let unused = self.before.take().and_then(|(before, since)| Some((Arc::into_inner(before)?, since)));
        let mut next = match unused {
            Some((mut before, since)) => {
                before.apply(since);
                before
            }
            None => Publication::clone(&self.publication),
        };
        let touched = next.apply(change.clone());
        let previous = std::mem::replace(&mut self.publication, Arc::new(next));
        self.before = Some((previous, change));
        touched
    }

    async fn publish_all(
        &mut self,
        context: &Context,
        fresh: Option<Templates>,
        template_result: &mut Result<(), String>,
    ) -> anyhow::Result<(PublishSummary, Invalidation)> {
        let (records, snapshot, round_state) = full_round(context).await?;
        self.before = None;
        let fresh = fresh.map(Arc::new).or_else(|| self.rebuild.then(|| Arc::clone(&self.templates)));
        let fresh = fresh.map(|templates| {
            Publication::new(Arc::clone(&snapshot), Arc::clone(&templates)).map(|fresh| (fresh, templates))
        });
        let touched = match fresh {
            Some(Ok((publication, templates))) => {
                self.publication = Arc::new(publication);
                self.templates = templates;
                self.rebuild = false;
                Invalidation { all: true, ..Invalidation::default() }
            }
            failed => {
                if let Some(Err(error)) = failed {
                    *template_result = Err(error.to_string());
                }
                Arc::make_mut(&mut self.publication).update(snapshot)?
            }
        };
        self.round_state = Some(round_state);
        Ok((records, touched))
    }

    fn write(&mut self, touched: &Invalidation) -> anyhow::Result<Option<BuildSummary>> {
        if self.out.is_some() {
            tasks::step("writing the site's files");
        }
        let Some(out) = self.out.as_ref().filter(|_| self.is_folder_current) else { return self.write_all() };
        // If this stops half-way, the next round writes all files.
        self.is_folder_current = false;
        let summary = update_static(&self.publication, touched, &self.images, out, &self.stop)?;
        self.is_folder_current = true;
        Ok(Some(summary))
    }

    fn write_all(&mut self) -> anyhow::Result<Option<BuildSummary>> {
        let Some(out) = &self.out else { return Ok(None) };
        self.is_folder_current = false;
        let summary = build_static(&self.publication, &self.images, out, &self.stop)?;
        self.is_folder_current = true;
        Ok(Some(summary))
    }
}

#[cfg(test)]
mod tests;
