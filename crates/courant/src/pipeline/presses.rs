//! The publication that a running program keeps: brought from one snapshot to the next, and written as files
//! where that is wanted, at the cost of what changed.

use std::{path::PathBuf, sync::Arc};

use courant_model::Snapshot;
use courant_render::{Publication, Templates};

use super::{BuildSummary, Desk, build_static, publish::templates, update_static};

/// A publication and the folder that holds it as files.
#[derive(Debug)]
pub(crate) struct Presses {
    publication: Arc<Publication>,
    templates: Arc<Templates>,
    images: PathBuf,
    out: Option<PathBuf>,
    /// Whether the folder holds what the publication shows.
    in_step: bool,
}

impl Presses {
    /// A first publication; with `out`, all of it is written there.
    pub(crate) fn start(desk: &Desk, snapshot: Arc<Snapshot>, out: Option<PathBuf>) -> anyhow::Result<Self> {
        let templates = Arc::new(templates(desk)?);
        let publication = Arc::new(Publication::new(snapshot, Arc::clone(&templates))?);
        let mut presses =
            Self { publication, templates, images: desk.site.images_dir(), out, in_step: false };
        presses.write_all()?;
        Ok(presses)
    }

    /// What is published now.
    pub(crate) fn publication(&self) -> Arc<Publication> {
        Arc::clone(&self.publication)
    }

    /// Goes on to a later snapshot, and to the site's templates as they are now. Gives what was written, where
    /// there is a folder.
    pub(crate) fn print(
        &mut self,
        desk: &Desk,
        snapshot: Arc<Snapshot>,
    ) -> anyhow::Result<Option<BuildSummary>> {
        let templates = templates(desk)?;
        if templates != *self.templates {
            self.templates = Arc::new(templates);
            self.publication = Arc::new(Publication::new(snapshot, Arc::clone(&self.templates))?);
            return self.write_all();
        }
        // Readers keep what they are reading: articles and stories are shared with it, lists are copied.
        let touched = Arc::make_mut(&mut self.publication).update(snapshot)?;
        let Some(out) = self.out.as_ref().filter(|_| self.in_step) else { return self.write_all() };
        // Should this stop half-way, the next round writes everything.
        self.in_step = false;
        let summary = update_static(&self.publication, &touched, &self.images, out)?;
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
