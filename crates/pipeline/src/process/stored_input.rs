//! Stored articles as input of the judge.

use courant_analysis::judge::{Judge, JudgeInput};
use courant_model::Judgement;
use courant_store::SnapshotRow;

/// A stored article with its text as input of the judge. Topics are left to be found, even if the
/// article came with its own: see [`judged_again`].
pub(crate) fn stored_input<'a>(row: &'a SnapshotRow, text: &'a str) -> JudgeInput<'a> {
    JudgeInput {
        is_copy: row.member.copy_of.is_some(),
        paywalled: row.paywalled,
        ..JudgeInput::of_article(&row.article, text)
    }
}

/// Judges a stored article again; topics that it came with stay.
pub(crate) fn judged_again(judge: &Judge, row: &SnapshotRow, text: &str) -> Judgement {
    let given = row.judgement.given_topics();
    judge.judge(&JudgeInput { topics: given.as_deref(), ..stored_input(row, text) })
}
