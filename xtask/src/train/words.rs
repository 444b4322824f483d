//! `cargo xtask train words`: a dictionary from word embeddings of two languages.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use courant_analysis::group::vectors::{Translation, Vectors};
use courant_site::files::write_atomically;

use super::packed_file;

#[derive(Debug, Args)]
pub(crate) struct TrainWordsArgs {
    /// Vectors of the language to translate, in word2vec text format; may end in .gz
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// Vectors of the language of most sources, in the same space
    #[arg(long, value_name = "FILE")]
    pub(crate) into: PathBuf,
    /// Dictionary to write, such as words/es.tsv of a site
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Minimum cosine of two words with the same meaning
    #[arg(long, value_name = "FROM 0 TO 1", default_value_t = 0.45)]
    pub(crate) least: f32,
    /// Number of words to read from each file, starting with the first
    #[arg(long, value_name = "WORDS", default_value_t = 50_000)]
    pub(crate) most: usize,
}

/// Creates a dictionary from two files of vectors.
pub(super) fn run(args: &TrainWordsArgs) -> anyhow::Result<()> {
    let read = |path: &Path| {
        let file = packed_file::open(path)?;
        Vectors::read(file, args.most).with_context(|| format!("vectors {}", path.display()))
    };
    let (from, into) = (read(&args.from)?, read(&args.into)?);
    let translations = from.translate(&into, args.least)?;
    let text: String = translations
        .iter()
        .map(|Translation { word, translation, cosine }| format!("{word}\t{translation}\t{cosine:.2}\n"))
        .collect();
    write_atomically(&args.out, text.as_bytes())
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    println!(
        "{} of {} words have a translation among {}; saved to {}",
        translations.len(),
        from.len(),
        into.len(),
        args.out.display()
    );
    Ok(())
}
