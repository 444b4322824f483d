//! Corrections of the rules by learned topics.

use courant_model::TopicMatch;

use super::{MIN_SCORE, TopicEvidence, TopicFinder, TopicScore};
use crate::judge::{
    JudgeInput,
    learned::{self, Correction},
};

impl TopicFinder {
    /// The correction for each topic, if there is one.
    pub(super) fn corrections(
        &self,
        input: &JudgeInput<'_>,
        evidence: &[TopicEvidence],
    ) -> Vec<Option<Correction>> {
        if self.learned.is_empty() {
            return vec![None; evidence.len()];
        }
        let features = learned::features(input);
        let scores = self.scores(evidence);
        let topics = self.taxonomy.topics().iter().zip(scores);
        topics
            .map(|(topic, score)| self.learned.correction(&topic.id, score.total() >= MIN_SCORE, &features))
            .collect()
    }

    /// The scores after corrections: a rescue adds what is missing, a veto removes the score.
    pub(super) fn with_corrections(
        &self,
        by_rules: &[TopicScore],
        corrections: &[Option<Correction>],
    ) -> Vec<TopicScore> {
        if corrections.iter().all(Option::is_none) {
            return by_rules.to_vec();
        }
        let own = |(score, say): (&TopicScore, &Option<Correction>)| TopicScore {
            own: match say {
                Some(Correction::Rescue(_)) => score.own.max(MIN_SCORE),
                Some(Correction::Veto(_)) => 0.0,
                None => score.own,
            },
            from_child: 0.0,
            child: None,
            ..*score
        };
        self.propagated(&by_rules.iter().zip(corrections).map(own).collect::<Vec<_>>())
    }

    /// The topics that the rules found and that were removed by corrections.
    pub(super) fn refused(
        &self,
        evidence: &[TopicEvidence],
        by_rules: &[TopicScore],
        scores: &[TopicScore],
        corrections: &[Option<Correction>],
    ) -> Vec<TopicMatch> {
        let topics = self.taxonomy.topics().iter().enumerate();
        topics
            .filter(|(place, _)| by_rules[*place].total() >= MIN_SCORE && scores[*place].total() < MIN_SCORE)
            .map(|(place, topic)| {
                let mut because = self.reasons(&evidence[place], &by_rules[place]).1;
                because.push(match corrections[place] {
                    Some(say) => correction_reason(say, by_rules[place].total()),
                    None => "it was the parent of a removed topic".to_owned(),
                });
                let score = (by_rules[place].total() * 1_000.0).round() / 1_000.0;
                TopicMatch { id: topic.id.clone(), name: topic.name.clone(), score, because }
            })
            .collect()
    }
}

/// The reason of a correction, with the points that it adds to or subtracts from the score of the
/// rules.
pub(super) fn correction_reason(say: Correction, by_rules: f64) -> String {
    match say {
        Correction::Rescue(sure) => {
            let points = (MIN_SCORE - by_rules).max(0.0);
            format!("learned from the site's articles: {:.0} % sure, +{points:.1}", sure * 100.0)
        }
        Correction::Veto(sure) => {
            format!("learned from the site's articles: only {:.0} % sure, −{by_rules:.1}", sure * 100.0)
        }
    }
}
