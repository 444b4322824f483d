//! `courant train`: what is learned, and from what.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use courant_pipeline::Chosen;

use super::{SinceHours, parse_hours};

/// Without a further word: what the words of editors propose about weights and topic files.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TrainArgs {
    #[command(subcommand)]
    pub(crate) action: Option<TrainAction>,
    #[command(flatten)]
    pub(crate) editor: TrainEditorArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TrainEditorArgs {
    /// Learn from articles first seen this long ago at most: 4w, 52w
    #[arg(long, value_name = "TIME", default_value = "52w", value_parser = parse_hours)]
    pub(crate) since: SinceHours,
    /// Take proposals: all, or those of these numbers; without it nothing is changed
    #[arg(long, value_name = "all|1,3", value_parser = parse_chosen)]
    pub(crate) apply: Option<Chosen>,
}

fn parse_chosen(text: &str) -> Result<Chosen, String> {
    if text == "all" {
        return Ok(Chosen::All);
    }
    let number = |part: &str| part.trim().parse::<usize>().ok().filter(|number| *number > 0);
    let numbers = text.split(',').map(number).collect::<Option<_>>();
    numbers.map(Chosen::These).ok_or_else(|| format!("{text:?} is neither all nor numbers; as in 1,3"))
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrainAction {
    /// What the site's own articles teach about its topics, beside the rules: into topics/model.json
    Topics(TrainTopicsArgs),
    /// The decisions by which articles join stories and stories become one, from labelled streams
    Group(TrainGroupArgs),
    /// A dictionary, from static word embeddings of two languages in one space
    Overrides(TrainWordsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TrainTopicsArgs {
    /// Only show how well it would do; write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TrainGroupArgs {
    /// Folder of labelled streams, NAME.jsonl or NAME.jsonl.gz: a line an article, with id, title, cluster and where known
    /// body, time, source, url, lang, in the order of arrival
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// Train on all stories and write the model into this file; without it only the trial is made
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Parts into which the stories are dealt for the trial on stories not seen; 0: no trial
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=16))]
    pub(crate) folds: u8,
    /// Only score the model in use
    #[arg(long)]
    pub(crate) check: bool,
    /// Streams that are left out, because their clusters are no stories
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) leave_out: Vec<String>,
    /// How sure a merge must be in the trial; several are tried
    #[arg(long, value_name = "FROM 0 TO 1", value_delimiter = ',')]
    pub(crate) merge_at: Vec<f64>,
    /// A setting of the training
    #[arg(long, value_name = "NAME=NUMBER")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TrainWordsArgs {
    /// Vectors of the language that the dictionary reads: the text form of word2vec; may end in .gz
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// Vectors of the language of most sources, in the same space
    #[arg(long, value_name = "FILE")]
    pub(crate) into: PathBuf,
    /// The dictionary: words/es.tsv of a site, say
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Least cosine of two words that mean the same
    #[arg(long, value_name = "FROM 0 TO 1", default_value_t = 0.45)]
    pub(crate) least: f32,
    /// Words that are read of each file, the first ones
    #[arg(long, value_name = "WORDS", default_value_t = 50_000)]
    pub(crate) most: usize,
}
