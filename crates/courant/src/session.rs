//! What every command gets: the site's folder, the output format and the clock; opens the site and
//! its store.

mod in_use;

use anyhow::{Context as _, bail};
use courant_pipeline::{Context, clock::Clock};
use courant_site::Site;
use courant_store::{Store, StoreError};

pub(crate) use self::in_use::{SiteInUse, SiteUser};

/// What every command gets.
pub(crate) struct Session {
    /// The folder of the site.
    pub(crate) dir: std::path::PathBuf,
    /// Whether data is printed as JSON.
    pub(crate) json: bool,
    pub(crate) clock: Clock,
}

impl Session {
    /// The site, read and checked.
    pub(crate) fn site(&self) -> anyhow::Result<Site> {
        Ok(Site::open(&self.dir)?)
    }

    /// The site with its store, for reading and writing.
    ///
    /// # Errors
    /// [`SiteInUse`] if another process uses it.
    pub(crate) async fn context(&self) -> anyhow::Result<Context> {
        let site = self.site()?;
        let folder = site.state_dir();
        match Context::open(site, self.clock).await {
            Err(error) => Err(SiteInUse::explain(error, &folder))
                .with_context(|| format!("site {}", self.dir.display())),
            context => context,
        }
    }

    /// The site for a command that does not change its store: works even if another process uses
    /// the site, and if the store cannot be written.
    pub(crate) async fn context_to_read(&self) -> anyhow::Result<Context> {
        let error = match self.context().await {
            Ok(context) => return Ok(context),
            Err(error) => error,
        };
        let is_readable = |error: &StoreError| {
            matches!(error, StoreError::DiskFull(_) | StoreError::Disk(_) | StoreError::CannotOpen { .. })
        };
        let site = self.site()?;
        let in_use = error.downcast_ref::<SiteInUse>().is_some();
        if !in_use && !error.downcast_ref().is_some_and(is_readable) {
            return Err(error);
        }
        match Context::open_to_read(site, self.clock).await {
            Ok(context) => Ok(context),
            // The reason why it cannot be written says more than why it cannot be read.
            Err(_) if !in_use => Err(error),
            Err(error) => Err(error),
        }
    }

    /// The store for a command that only reads it, even while another process works on it.
    pub(crate) async fn store_to_read(&self, site: &Site) -> anyhow::Result<Store> {
        let file = site.store_file();
        if !file.exists() {
            bail!("{} does not exist yet; the first run creates it", file.display());
        }
        let opened = match Store::open(&file).await {
            Err(StoreError::InUse { .. }) => Store::open_to_read(&file).await,
            opened => opened,
        };
        opened.with_context(|| format!("store {}", file.display()))
    }
}

/// Closes the store, which merges its log into its file; an error here loses nothing.
pub(crate) async fn close(context: Context) {
    if let Err(error) = context.store.close().await {
        tracing::warn!(%error, "the store could not be closed properly; nothing is lost");
    }
}
