//! Editor commands, carried out in this process, or by the program that uses the site.

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

/// How often the answer of another process is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How many times: for a minute. A batch in hand takes seconds.
const LOOKS: u32 = 300;

/// Says on standard error what did not follow the decision; the exit code for it.
pub(super) fn exit_of(answer: &PublishedAnswer) -> Exit {
    for problem in &answer.problems {
        tell(format_args!("courant: {problem}"));
    }
    if answer.problems.is_empty() { Exit::Done } else { Exit::Partly }
}

/// Carries out a request here, or has the program do it that works on the site. What changes nothing is looked up beside
/// that program.
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
            asked_of_the_running(session, request).await
        }
        Err(error) => Err(error),
    }
}

/// Leaves the request for the process that works on the store and waits for its answer.
async fn asked_of_the_running(session: &Session, request: &EditorRequest) -> anyhow::Result<PublishedAnswer> {
    let site = session.site()?;
    let letters = request_box(&site).await?;
    let number = request.leave(&letters, session.clock).await?;
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK_EVERY).await;
        match letters.answer(number).await? {
            Some(Ok(answer)) => {
                return serde_json::from_str(&answer)
                    .context("the answer of the running program can't be read");
            }
            Some(Err(refusal)) => bail!("{refusal}"),
            None => {}
        }
    }
    bail!(
        "the program that works on this site has not answered within a minute; the request is kept, and is carried \
         out as soon as `courant run` or `courant serve` looks at it{}",
        what_fails(&site)
    )
}

/// What the program that works on the site says of itself, where something fails.
fn what_fails(site: &Site) -> String {
    let problems = Status::read(&site.state_dir()).map(|status| status.problems).unwrap_or_default();
    problems
        .iter()
        .map(|problem| format!("\n  {}: {}; {}", problem.what, problem.reason, problem.todo))
        .collect()
}
