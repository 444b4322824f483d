//! `courant build`: the site as files.

use super::{Session, close};
use crate::{
    cli::BuildArgs,
    output::{Exit, print_json, say},
    pipeline::{build_static, publication, publish_records},
};

pub(super) async fn run(session: &Session, args: &BuildArgs) -> anyhow::Result<Exit> {
    let desk = session.desk().await?;
    let (publish, snapshot) = publish_records(&desk).await?;
    let publication = publication(&desk, snapshot)?;
    let summary = build_static(&publication, &desk.site.images_dir(), &args.out)?;
    if session.json {
        print_json(&summary)?;
    } else {
        say(format_args!(
            "{}: {} files written, {} unchanged, {} removed",
            args.out.display(),
            summary.written,
            summary.unchanged,
            summary.removed
        ));
    }
    close(desk).await;
    Ok(if publish.broken.is_empty() { Exit::Done } else { Exit::Partly })
}
