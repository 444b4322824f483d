//! Editor commands, carried out by this process or by the one that uses the site.

use std::time::Duration;

use anyhow::{Context as _, bail};
use courant_pipeline::{EditorRequest, PublishedAnswer, publish_records, request_box};
use courant_site::Site;

use crate::{
    exit::Exit,
    health::Status,
    output::tell,
    session::{Session, SiteInUse, close},
};

/// Interval of looking for the answer of another process.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Maximum number of looks: a minute. The current batch takes seconds.
const MAX_POLLS: u32 = 300;

/// Reports on standard error which effects of the decision failed; gives the exit code.
pub(super) fn exit_of(answer: &PublishedAnswer) -> Exit {
    for problem in &answer.problems {
        tell(format_args!("courant: {problem}"));
    }
    if answer.problems.is_empty() { Exit::Done } else { Exit::Partly }
}

/// Carries out a request in this process, or asks the process that uses the site to do it. A
/// request that changes nothing is always answered here.
pub(super) async fn carry_out(session: &Session, request: &EditorRequest) -> anyhow::Result<PublishedAnswer> {
    if !request.changes() {
        let context = session.context_to_read().await?;
        let answer = request.carry_out(&context).await?;
        close(context).await;
        return Ok(PublishedAnswer { answer, problems: Vec::new() });
    }
    session.clock.check()?;
    match session.context().await {
        Ok(context) => {
            let answer = request.carry_out(&context).await?;
            let published = publish_records(&context).await.map(|(summary, _)| summary);
            close(context).await;
            Ok(PublishedAnswer::new(answer, published.as_ref()))
        }
        Err(error) if error.downcast_ref::<SiteInUse>().is_some() => {
            ask_running_program(session, request).await
        }
        Err(error) => Err(error),
    }
}

/// Leaves the request for the process that uses the site and waits for its answer.
async fn ask_running_program(session: &Session, request: &EditorRequest) -> anyhow::Result<PublishedAnswer> {
    let site = session.site()?;
    let requests = request_box(&site).await?;
    let number = request.leave(&requests, session.clock).await?;
    for _ in 0..MAX_POLLS {
        tokio::time::sleep(POLL_INTERVAL).await;
        match requests.answer(number).await? {
            Some(Ok(answer)) => {
                return serde_json::from_str(&answer)
                    .context("cannot read the answer of the running program");
            }
            Some(Err(refusal)) => bail!("{refusal}"),
            None => {}
        }
    }
    bail!(
        "the program that uses this site has not answered within a minute; `courant run` or `courant serve` will carry \
         out the request as soon as it can{}",
        reported_problems(&site)
    )
}

/// The problems that the running program reports.
fn reported_problems(site: &Site) -> String {
    let problems = Status::read(&site.state_dir()).map(|status| status.problems).unwrap_or_default();
    problems
        .iter()
        .map(|problem| format!("\n  {}: {}; {}", problem.what, problem.reason, problem.todo))
        .collect()
}
