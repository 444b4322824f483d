//! The command line: the commands and the flags that all of them share.

use std::path::PathBuf;

use clap::{ArgAction, CommandFactory as _, Parser, Subcommand};
use courant_pipeline::clock::Clock;
use jiff::Timestamp;

use crate::{
    commands::{
        api_key, article, bench, build, completions, demo, doctor, evaluate, gate, import, ingest, inspect,
        keys, new, poll, queue, run, serve, sources, store, story, topics, train,
    },
    exit::Exit,
    output::tell,
    session::Session,
};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed; the message says what and why
  2  the command line was not understood
  3  a file of the site has an error; the message names file and line
  4  done, but some items failed; they are listed
  5  build --check found differences
  129, 130, 143  stopped by SIGHUP, Ctrl-C or SIGTERM before the work was complete; finished steps are kept

Signals: the first Ctrl-C or SIGTERM finishes the current step and then ends the command, a second one quits at once.
SIGHUP makes `run` and `serve` read the site's files again.

Undo: `article unset URL FIELD` undoes a decision about an article; `story lead`, `boost` and `pin` have `--undo`;
`story split` and `story merge` undo each other.

Start here:
  courant demo                       a whole news site from bundled samples, no network
  courant new my-site --subject ai   a site of your own
  courant run --site my-site         read, judge, publish and serve it";

/// A self-hosted news desk: reads sources, finds copies and stories, judges, publishes.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    /// Folder of the site
    #[arg(long, global = true, default_value = ".", value_name = "DIR", env = "COURANT_SITE")]
    site: PathBuf,
    /// Print results as JSON where the output is data
    #[arg(long, global = true)]
    json: bool,
    /// Log more on standard error (-v: what is done, -vv: every detail)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Pretend that this is the current time (RFC 3339)
    #[arg(long, global = true, value_name = "TIME", env = "COURANT_NOW", hide_env = true)]
    now: Option<Timestamp>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the folder of a new site
    New(new::NewArgs),
    /// Show a whole news site from a bundled sample newswire, without a network
    Demo(demo::DemoArgs),
    /// Poll on schedule, process, publish and serve the site
    Run(run::RunArgs),
    /// Serve the site without polling
    Serve(serve::ServeArgs),
    /// Poll the sources that are due once, process their articles, publish
    Poll(poll::PollArgs),
    /// Write the whole site as files for any web host
    Build(build::BuildArgs),
    /// Import an older site: news and every other kind of record
    Import(import::ImportArgs),
    /// Ingest articles in bulk: web archives, records, feed files, lists of URLs
    Ingest(ingest::IngestArgs),
    /// List, add, remove and check sources
    Sources(sources::SourcesArgs),
    /// Show, publish or hold an article, or judge stored articles again
    Article(article::ArticleArgs),
    /// Show, merge, split, boost or pin a story, or choose its lead
    Story(story::StoryArgs),
    /// Test topics on a headline, or check the topic files against the stored articles
    Topics(topics::TopicsArgs),
    /// List the articles that wait for an editor
    Queue(queue::QueueArgs),
    /// Show what the gate decides, and what other rules would change
    Gate(gate::GateArgs),
    /// Learn from editors' decisions, the site's articles or labelled data, and evaluate the
    /// machine
    Train(train::TrainArgs),
    /// Create, list and rotate the keys that seal the private part of records; seal and unseal
    Keys(keys::KeysArgs),
    /// Create, list and revoke the keys that programs use for the API
    ApiKey(api_key::ApiKeyArgs),
    /// Show how much space the store takes, remove expired data, repair damage
    Store(store::StoreArgs),
    /// Check site, store, disk, clock and network, and say what to do
    Doctor(doctor::DoctorArgs),
    /// Run one stage alone and print JSON
    Inspect(inspect::InspectArgs),
    /// Measure the pipeline on a web archive, or publishing on a generated site
    Bench(bench::BenchArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Write manual pages
    Man(completions::ManArgs),
    #[command(flatten)]
    Old(OldCommand),
}

/// Commands under the names that they had at first. They run the same code.
#[derive(Debug, Subcommand)]
enum OldCommand {
    /// Show how an article was judged (article show), or judge articles again (article judge)
    #[command(hide = true)]
    Judge(article::OldJudgeArgs),
    /// Publish an article (article publish)
    #[command(hide = true)]
    Publish(article::DecideArgs),
    /// Hold an article (article hold)
    #[command(hide = true)]
    Hold(article::DecideArgs),
    /// Undo an editor's decision about a field (article unset)
    #[command(hide = true)]
    Unset(article::UnsetArgs),
    /// Compare the machine's decisions with those of editors (train evaluate)
    #[command(hide = true)]
    Evaluate(evaluate::EvaluateArgs),
    /// Seal standard input for a record (keys seal)
    #[command(hide = true)]
    Seal(keys::SealArgs),
    /// Print the private part of record files (keys unseal)
    #[command(hide = true)]
    Unseal(keys::UnsealArgs),
}

impl Cli {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Exit> {
        let session = Session { dir: self.site, json: self.json, clock: Clock::new(self.now) };
        let session = &session;
        match self.command {
            Command::New(args) => new::run(session, &args),
            Command::Demo(args) => demo::run(session, args).await,
            Command::Run(args) => Box::pin(run::run(session, &args)).await,
            Command::Serve(args) => Box::pin(serve::run(session, &args)).await,
            Command::Poll(args) => poll::run(session, &args).await,
            Command::Build(args) => build::run(session, &args).await,
            Command::Import(args) => import::run(session, &args).await,
            Command::Ingest(args) => ingest::run(session, &args).await,
            Command::Sources(args) => sources::run(session, args.action).await,
            Command::Article(args) => article::run(session, args.action).await,
            Command::Story(args) => story::run(session, &args).await,
            Command::Topics(args) => topics::run(session, args.action).await,
            Command::Queue(args) => queue::run(session, &args).await,
            Command::Gate(args) => gate::run(session, &args).await,
            Command::Train(args) => train::run(session, args).await,
            Command::Keys(args) => keys::run(session, args.action).await,
            Command::ApiKey(args) => api_key::run(session, args.action).await,
            Command::Store(args) => store::run(session, args.action).await,
            Command::Doctor(args) => doctor::run(session, args.deep).await,
            Command::Inspect(args) => inspect::run(session, args.stage).await,
            Command::Bench(args) => bench::run(session, args.what).await,
            Command::Completions(args) => completions::completions(Self::command(), &args),
            Command::Man(args) => completions::man(Self::command(), &args),
            Command::Old(old) => old.run(session).await,
        }
    }
}

impl OldCommand {
    /// What the command is called now.
    const fn new_name(&self) -> &'static str {
        match self {
            Self::Judge(args) if args.explain.is_some() => "article show URL",
            Self::Judge(_) => "article judge",
            Self::Publish(_) => "article publish",
            Self::Hold(_) => "article hold",
            Self::Unset(_) => "article unset",
            Self::Evaluate(_) => "train evaluate",
            Self::Seal(_) => "keys seal",
            Self::Unseal(_) => "keys unseal",
        }
    }

    async fn run(self, session: &Session) -> anyhow::Result<Exit> {
        tell(format_args!("courant: this command is now `courant {}`", self.new_name()));
        match self {
            Self::Judge(args) => article::run_old_judge(session, &args).await,
            Self::Publish(args) => article::publish(session, &args).await,
            Self::Hold(args) => article::hold(session, &args).await,
            Self::Unset(args) => article::unset(session, &args).await,
            Self::Evaluate(args) => evaluate::run(session, &args).await,
            Self::Seal(args) => keys::seal(session, &args),
            Self::Unseal(args) => keys::unseal(session, &args),
        }
    }
}

#[cfg(test)]
mod tests;
