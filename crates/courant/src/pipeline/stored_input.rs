//! Stored articles as a judge sees them.

use courant_analysis::judge::{GIVEN_TOPIC_REASON, Judge, JudgeInput};
use courant_model::Judgement;
use courant_store::SnapshotRow;

/// A stored article with its text. Whether it is behind a paywall is not stored, but where that matters its bill says
/// so. Topics are to be found, also where it brought its own: see [`judged_again`].
pub(super) fn stored_input<'a>(row: &'a SnapshotRow, text: &'a str) -> JudgeInput<'a> {
    JudgeInput {
        is_copy: row.member.copy_of.is_some(),
        paywalled: row.judgement.signals.iter().any(|signal| signal.name == "paywall"),
        ..JudgeInput::of_article(&row.article, text)
    }
}

/// Whether an article came with its topics (an imported record): rules have no say about these.
pub(super) fn has_given_topics(judgement: &Judgement) -> bool {
    judgement.topics.iter().any(|topic| topic.because.iter().any(|because| because == GIVEN_TOPIC_REASON))
}

/// What this judge says about a stored article; topics that it came with stay.
pub(super) fn judged_again(judge: &Judge, row: &SnapshotRow, text: &str) -> Judgement {
    let given: Vec<String> = if has_given_topics(&row.judgement) {
        row.judgement.topics.iter().map(|topic| topic.name.clone()).collect()
    } else {
        Vec::new()
    };
    let topics = (!given.is_empty()).then_some(given.as_slice());
    judge.judge(&JudgeInput { topics, ..stored_input(row, text) })
}
