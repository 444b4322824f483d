//! The command line: every command and flag with its help.

mod api_key;
mod editor;
mod store;
mod story;
mod train;

use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand, ValueEnum};
use courant_site::ListenAddress;
use jiff::Timestamp;

pub(crate) use api_key::{ApiKeyAction, ApiKeyArgs};
pub(crate) use editor::{ArticleArgs, QueueArgs, UnsetArgs};
pub(crate) use store::{DoctorArgs, StoreAction, StoreArgs};
pub(crate) use story::{StoryAction, StoryArgs};
pub(crate) use train::{
    TrainAction, TrainArgs, TrainEditorArgs, TrainGroupArgs, TrainTopicsArgs, TrainWordsArgs,
};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed; the message says what and why
  2  the command line was not understood
  3  a file of the site is not in order; the message names file and line
  4  done, but some items failed; they are listed
  5  build --check found differences
  129, 130, 143  stopped by SIGHUP, Ctrl-C or SIGTERM before everything was done; what was done is kept

Signals: the first Ctrl-C or SIGTERM ends the current step and then the command, a second one quits at once. SIGHUP makes
`run` and `serve` read the site's files again.

Start here:
  courant demo                       a whole news site from bundled samples, no network
  courant new my-site --subject ai   a site of your own
  courant run --site my-site         read, judge, publish and serve it";

/// A self-hosted news desk: reads sources, finds copies and stories, judges, publishes.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    /// Folder of the site
    #[arg(long, global = true, default_value = ".", value_name = "DIR")]
    pub(crate) site: PathBuf,
    /// Print results as JSON where the output is data
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more on standard error (-v: what is done, -vv: every detail)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Work as if it were this time (RFC 3339); for replays
    #[arg(long, global = true, value_name = "TIME", env = "COURANT_NOW", hide_env = true)]
    pub(crate) now: Option<Timestamp>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the folder of a new site
    New(NewArgs),
    /// Do everything: poll on schedule, process, publish and serve
    Run(RunArgs),
    /// Poll the sources that are due once, process what they bring, publish
    Poll(PollArgs),
    /// Take in articles in bulk: web archives, records, feed files, lists of addresses
    Ingest(IngestArgs),
    /// Take over the folder of a predecessor site: news and every other kind of record
    Import(ImportArgs),
    /// Write the whole site as files for any web host
    Build(BuildArgs),
    /// Serve the site without polling
    Serve(ServeArgs),
    /// Show the whole thing on a bundled sample newswire, without a network
    Demo(DemoArgs),
    /// List, add, remove and check sources
    Sources(SourcesArgs),
    /// Explain how a stored article was judged, point by point, or judge stored articles again
    Judge(StoredJudgeArgs),
    /// Try topics on a headline, or check the topic files against the stored articles
    Topics(TopicsArgs),
    /// Learn from examples: the site's own articles, labelled streams, word embeddings
    Train(TrainArgs),
    /// Show what the gate decides, and what other rules would change
    Gate(GateArgs),
    /// List the articles that wait for an editor
    Queue(QueueArgs),
    /// Publish an article, whatever the gate says
    Publish(ArticleArgs),
    /// Hold an article, whatever the gate says
    Hold(ArticleArgs),
    /// Take back what an editor has said about a field of an article
    Unset(UnsetArgs),
    /// Show a story, make several one, divide one, choose its lead, boost or pin it
    Story(StoryArgs),
    /// Compare the machine with what editors made of its work
    Evaluate(EvaluateArgs),
    /// Make, list and rotate the keys that seal the private part of records
    Keys(KeysArgs),
    /// Make, list and revoke the keys with which programs ask the API
    ApiKey(ApiKeyArgs),
    /// Seal what comes on standard input for a record
    Seal(SealArgs),
    /// Print the private part of record files
    Unseal(UnsealArgs),
    /// Run one stage alone and print JSON
    Inspect(InspectArgs),
    /// Measure the whole pipeline on a web archive
    Bench(BenchArgs),
    /// Show what the store takes, remove what is no longer kept, repair damage
    Store(StoreArgs),
    /// Check site, store, disk, clock and network, and say what to do
    Doctor(DoctorArgs),
}

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Folder to make; it must be empty or missing
    pub(crate) dir: PathBuf,
    /// Begin with sources and a taxonomy for a subject
    #[arg(long)]
    pub(crate) subject: Option<Subject>,
}

/// A subject for which a taxonomy and sources come with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// Artificial intelligence
    Ai,
}

impl From<Subject> for courant_site::Subject {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Ai => Self::Ai,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on [default: `[serve] listen` of courant.toml]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<ListenAddress>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    /// Keep the whole site as files here too; after each round only what changed is written
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PollArgs {
    /// Ask every source now, due or not (a pause that a host has asked for is still kept)
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("input").required(true).multiple(false).args(["warc", "records", "feed", "urls"]))]
pub(crate) struct IngestArgs {
    /// Web archives (.warc, .warc.gz)
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub(crate) warc: Vec<PathBuf>,
    /// A folder of records (Markdown with YAML front matter)
    #[arg(long, value_name = "DIR")]
    pub(crate) records: Option<PathBuf>,
    /// A feed as a file; its articles are taken from the feed alone
    #[arg(long, value_name = "FILE")]
    pub(crate) feed: Option<PathBuf>,
    /// Where the feed comes from, as listed in sources.opml; without it the feed's own link is believed
    #[arg(long, value_name = "URL", requires = "feed")]
    pub(crate) source: Option<url::Url>,
    /// A file of page addresses, one a line; the pages are fetched
    #[arg(long, value_name = "FILE")]
    pub(crate) urls: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The folder that holds `_news`, `_learning`, `_data` …
    pub(crate) dir: PathBuf,
    /// Let the imported version of a record beat the site's own where both exist
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct BuildArgs {
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write nothing and say how this folder differs from what would be written
    #[arg(long, value_name = "DIR")]
    pub(crate) check: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: ListenAddress,
    /// Keep the demo's site in this folder instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Stop once the site is published, without serving
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SourcesArgs {
    #[command(subcommand)]
    pub(crate) action: SourcesAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourcesAction {
    /// List the sources with their state
    List,
    /// Add a source: a feed, or a page that announces one
    Add {
        /// Address of the feed or page
        url: String,
        /// Folder (tag) in sources.opml
        #[arg(long)]
        folder: Option<String>,
    },
    /// Take in the list of another reader (OPML), as damaged as it may be; its folders become tags
    Import {
        /// The file
        file: PathBuf,
        /// Folder (tag) around all of them
        #[arg(long)]
        folder: Option<String>,
    },
    /// Print the list as OPML, for another reader; passwords and tokens in it are not hidden
    Export {
        /// Write it into this file, which only you can read
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Remove a source; its articles stay
    Remove {
        /// Address as it stands in sources.opml
        url: String,
    },
    /// Fetch sources without storing anything and say what is wrong with them
    Check {
        /// Only this one; all without it
        url: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["explain", "again"])))]
pub(crate) struct StoredJudgeArgs {
    /// Address of the article, as any page or feed gives it
    #[arg(long, value_name = "URL")]
    pub(crate) explain: Option<String>,
    /// Judge stored articles by the weights, topics and providers of now
    #[arg(long)]
    pub(crate) again: bool,
    /// Only articles first seen this long ago at most: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", default_value = "4w", value_parser = parse_hours, requires = "again")]
    pub(crate) since: SinceHours,
    /// Only say what would change
    #[arg(long, requires = "again")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TopicsArgs {
    #[command(subcommand)]
    pub(crate) action: TopicsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TopicsAction {
    /// Say which topics a headline gets, and why
    Test {
        /// The headline
        headline: String,
        /// The excerpt that goes with it
        #[arg(long, default_value = "")]
        excerpt: String,
        /// Language of both (ISO 639-1) [default: that of the site]
        #[arg(long)]
        language: Option<String>,
    },
    /// Find entries that never match, match too much, or stand in two topics
    Check,
}

#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// Decide about the stored articles again and show what would change; nothing is stored
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Only articles first seen this long ago at most: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_hours)]
    pub(crate) since: SinceHours,
    /// With --dry-run: the rules of this file instead of those of the site's courant.toml
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// Only articles first seen this long ago at most: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", default_value = "4w", value_parser = parse_hours)]
    pub(crate) since: SinceHours,
    /// Draw the figures into this file (SVG)
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// A span of whole hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SinceHours(pub(crate) i64);

fn parse_hours(text: &str) -> Result<SinceHours, String> {
    let wanted = || format!("{text:?} is no span of time; as in 12h, 7d, 2w");
    let unit = text.chars().next_back().ok_or_else(wanted)?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        _ => return Err(wanted()),
    };
    let count: u32 = text[..text.len() - 1].parse().map_err(|_| wanted())?;
    Ok(SinceHours(i64::from(count.min(1_000_000)) * hours))
}

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) action: KeysAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysAction {
    /// Make a key that nothing uses yet
    New,
    /// List the keys, and how many payloads each has sealed
    List,
    /// Make a key that seals from now on, and seal everything anew with it
    Rotate,
}

#[derive(Debug, Args)]
pub(crate) struct SealArgs {
    /// The record, below `records/`: news/2026-03-04-a-headline.md
    pub(crate) record: String,
    /// In the classic form, which any record may carry
    #[arg(long)]
    pub(crate) classic: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UnsealArgs {
    /// Record files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    #[command(subcommand)]
    pub(crate) stage: Stage,
}

/// What a stage reads: files or addresses, or JSON Lines on standard input.
#[derive(Debug, Args)]
pub(crate) struct StageInput {
    /// Files or addresses (- for standard input)
    #[arg(value_name = "FILE|URL", required_unless_present = "batch")]
    pub(crate) inputs: Vec<String>,
    /// Read JSON Lines from standard input, answer JSON Lines in the same order (see docs/FORMATS.md)
    #[arg(long, conflicts_with = "inputs")]
    pub(crate) batch: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Stage {
    /// A feed or sitemap: what is in it
    Feed(StageInput),
    /// A page: the article in it
    Page(PageArgs),
    /// An address: canonical form, trackers, AMP, provider
    Url(UrlArgs),
    /// A record: as JSON, or written again
    Record(RecordArgs),
    /// An article: topics, quality and the reasons
    Judge(JudgeArgs),
    /// A stream of articles: stories and copies
    Group(StageInput),
}

#[derive(Debug, Args)]
pub(crate) struct PageArgs {
    #[command(flatten)]
    pub(crate) input: StageInput,
    /// Address of the page, where the input is a file
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UrlArgs {
    /// Addresses
    #[arg(value_name = "URL", required_unless_present = "batch")]
    pub(crate) urls: Vec<String>,
    /// Read JSON Lines from standard input, answer JSON Lines in the same order
    #[arg(long, conflicts_with = "urls")]
    pub(crate) batch: bool,
    /// Files of tracker rules (`ClearURLs` or Brave format); may be given more than once
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// Folder of providers [default: `providers/` of the site, if there is one]
    #[arg(long, value_name = "DIR")]
    pub(crate) providers: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// Record files
    #[arg(value_name = "FILE", required_unless_present = "batch")]
    pub(crate) files: Vec<PathBuf>,
    /// Print the record again instead of JSON
    #[arg(long)]
    pub(crate) write: bool,
    /// Read `{id, path}` as JSON Lines from standard input, answer JSON Lines in the same order
    #[arg(long, conflicts_with = "files")]
    pub(crate) batch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    #[command(flatten)]
    pub(crate) input: StageInput,
    /// Which rules judge [default: those of the site, else `default`]
    #[arg(long)]
    pub(crate) profile: Option<ProfileName>,
    /// Folder of topics [default: `topics/` of the site, if there is one]
    #[arg(long, value_name = "DIR")]
    pub(crate) topics: Option<PathBuf>,
    /// Folder of providers [default: `providers/` of the site, if there is one]
    #[arg(long, value_name = "DIR")]
    pub(crate) providers: Option<PathBuf>,
    /// Classic profile: points for a provider of the site
    #[arg(long, value_name = "POINTS")]
    pub(crate) known_points: Option<i32>,
    /// Classic profile: address pattern of an official source (`*` stands for anything); may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) official: Vec<String>,
}

/// A set of rules for topics and quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileName {
    /// The predecessor's rules, exactly
    Classic,
    /// Courant's own
    Default,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) what: BenchKind,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchKind {
    /// Articles per second from a web archive to published records, and the share of each stage
    Pipeline {
        /// Web archive
        #[arg(long, value_name = "FILE")]
        warc: PathBuf,
        /// How often the archive is read, each time under other addresses
        #[arg(long, default_value_t = 1)]
        repeat: u32,
    },
    /// What publishing costs at a size: full builds of a generated site
    Publish(PublishBench),
}

#[derive(Debug, Args)]
pub(crate) struct PublishBench {
    /// Generated articles
    #[arg(long, default_value_t = 20_000)]
    pub(crate) records: usize,
    /// Make the generated site here and keep it; otherwise a temporary folder is used
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Only make the site and store its articles
    #[arg(long, requires = "keep")]
    pub(crate) fill: bool,
}
