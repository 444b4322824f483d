//! Stored articles as input of the judge.

use courant_analysis::judge::{GIVEN_TOPIC_REASON, Judge, JudgeInput};
use courant_model::Judgement;
use courant_store::SnapshotRow;

/// A stored article with its text as input of the judge. Whether it is behind a paywall is read
/// from its signals, because it is not stored. Topics are left to be found, even if the article
/// came with its own: see [`judged_again`].
pub(crate) fn stored_input<'a>(row: &'a SnapshotRow, text: &'a str) -> JudgeInput<'a> {
    JudgeInput {
        is_copy: row.member.copy_of.is_some(),
        paywalled: row.judgement.signals.iter().any(|signal| signal.name == "paywall"),
        ..JudgeInput::of_article(&row.article, text)
    }
}

/// Whether an article came with its topics (an imported record); these are never judged.
pub(crate) fn has_given_topics(judgement: &Judgement) -> bool {
    judgement.topics.iter().any(|topic| topic.because.iter().any(|because| because == GIVEN_TOPIC_REASON))
}

/// Judges a stored article again; topics that it came with stay.
pub(crate) fn judged_again(judge: &Judge, row: &SnapshotRow, text: &str) -> Judgement {
    let given: Vec<String> = if has_given_topics(&row.judgement) {
        row.judgement.topics.iter().map(|topic| topic.name.clone()).collect()
    } else {
        Vec::new()
    };
    let topics = (!given.is_empty()).then_some(given.as_slice());
    judge.judge(&JudgeInput { topics, ..stored_input(row, text) })
}
