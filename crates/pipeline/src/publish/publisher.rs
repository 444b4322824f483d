//! The publication that a running program keeps: brought from one round to the next, and written as files
//! where that is wanted, at the cost of what changed.

use std::{path::PathBuf, sync::Arc};

use courant_model::ArticleId;
use courant_render::{Change, Publication, Templates, Touched};
use tokio_util::sync::CancellationToken;

use crate::{
    context::Context,
    gather::websub::pushed_feeds,
    publish::{
        round::{next_round, whole_round},
        round_state::RoundState,
        static_site::{BuildSummary, build_static, update_static},
        summary::{PublishSummary, Published},
    },
    tasks,
};

/// A publication and the folder that holds it as files.
#[derive(Debug)]
pub struct Publisher {
    publication: Arc<Publication>,
    /// The publication before, and the change since: when nobody reads it any more, the next round goes on from there, so
    /// that no list need be copied.
    before: Option<(Arc<Publication>, Change)>,
    templates: Arc<Templates>,
    images: PathBuf,
    out: Option<PathBuf>,
    /// Whether the folder holds what the publication shows.
    in_step: bool,
    /// What the next round need not look at again; `None` where it must look at everything.
    round_state: Option<RoundState>,
    /// Whether the next publication takes nothing over from this one.
    renew: bool,
    /// Ends the writing of files early.
    stop: CancellationToken,
}

/// What came of a round.
#[derive(Debug)]
pub struct PublishReport {
    /// What became of the records.
    pub records: PublishSummary,
    /// The feeds that hubs push and that may have changed, by path.
    pub feeds: Vec<String>,
    /// What became of the folder, where there is one. After an error the next round writes all of it.
    pub files: anyhow::Result<Option<BuildSummary>>,
    /// Why the site's templates could not be used; those before are in use then.
    pub templates: Result<(), String>,
}

impl Published for PublishReport {
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

impl Publisher {
    /// Publishes what the store holds, as records, and with `out` as files in that folder. What of the two could not be
    /// written is in what it gives beside; readers are answered all the same.
    pub async fn start(
        context: &Context,
        out: Option<PathBuf>,
        stop: CancellationToken,
    ) -> anyhow::Result<(Self, PublishReport)> {
        let (records, snapshot, round_state) = whole_round(context).await?;
        let templates = Arc::new(context.templates()?);
        let publication = Arc::new(Publication::new(snapshot, Arc::clone(&templates))?);
        let images = context.site.images_dir();
        let mut publisher = Self {
            publication,
            before: None,
            templates,
            images,
            out,
            in_step: false,
            round_state: Some(round_state),
            renew: false,
            stop,
        };
        let files = publisher.write_all();
        Ok((publisher, PublishReport { records, feeds: Vec::new(), files, templates: Ok(()) }))
    }

    /// What is published now.
    pub fn publication(&self) -> Arc<Publication> {
        Arc::clone(&self.publication)
    }

    /// Publishes what the store holds now, with the site's templates as they are now.
    ///
    /// Record files, the folder, git and templates that fail stop none of the others.
    ///
    /// # Errors
    /// Where the store can't be read, or can't take the verdicts of this moment: the publication is still the one before.
    pub async fn publish(&mut self, context: &Context) -> anyhow::Result<PublishReport> {
        let (fresh, mut usable) = match context.templates() {
            Ok(templates) => ((templates != *self.templates).then_some(templates), Ok(())),
            Err(error) => (None, Err(format!("{error:#}"))),
        };
        // Should this stop half-way, the next round looks at everything.
        let round_state =
            self.round_state.take().filter(|round_state| round_state.leads_on(context, &self.publication));
        let (records, touched) = match round_state {
            Some(mut round_state) if fresh.is_none() => {
                let (records, change) = next_round(context, &mut round_state, &self.publication).await?;
                let touched = self.go_on(change);
                self.round_state = Some(round_state);
                (records, touched)
            }
            _ => self.publish_all(context, fresh, &mut usable).await?,
        };
        let feeds = pushed_feeds(&context.site, &touched);
        Ok(PublishReport { records, feeds, files: self.write(&touched), templates: usable })
    }

    /// Makes the next round look at everything and show everything again: the site's files have changed.
    pub fn begin_again(&mut self) {
        self.round_state = None;
        self.renew = true;
    }

    /// Takes a change in. Readers keep what they are reading: articles and stories are shared with it.
    fn go_on(&mut self, change: Change) -> Touched {
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
        context: &Context,
        fresh: Option<Templates>,
        usable: &mut Result<(), String>,
    ) -> anyhow::Result<(PublishSummary, Touched)> {
        let (records, snapshot, round_state) = whole_round(context).await?;
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
                Touched { all: true, ..Touched::default() }
            }
            failed => {
                if let Some(Err(error)) = failed {
                    *usable = Err(error.to_string());
                }
                Arc::make_mut(&mut self.publication).update(snapshot)?
            }
        };
        self.round_state = Some(round_state);
        Ok((records, touched))
    }

    fn write(&mut self, touched: &Touched) -> anyhow::Result<Option<BuildSummary>> {
        if self.out.is_some() {
            tasks::step("writing the site's files");
        }
        let Some(out) = self.out.as_ref().filter(|_| self.in_step) else { return self.write_all() };
        // Should this stop half-way, the next round writes everything.
        self.in_step = false;
        let summary = update_static(&self.publication, touched, &self.images, out, &self.stop)?;
        self.in_step = true;
        Ok(Some(summary))
    }

    fn write_all(&mut self) -> anyhow::Result<Option<BuildSummary>> {
        let Some(out) = &self.out else { return Ok(None) };
        self.in_step = false;
        let summary = build_static(&self.publication, &self.images, out, &self.stop)?;
        self.in_step = true;
        Ok(Some(summary))
    }
}

#[cfg(test)]
mod tests;
