//! What was learned says beside the rules.

use courant_model::TopicMatch;

use super::{ENOUGH, Evidence, Score, TopicFinder};
use crate::judge::{
    JudgeInput,
    learned::{self, Say},
};

/// How the reason begins that tells what was learned.
pub const LEARNED_SAYS: &str = "learned from the site's articles: ";

impl TopicFinder {
    /// What was learned says about each topic, where it speaks against the rules.
    pub(super) fn says(&self, input: &JudgeInput<'_>, evidence: &[Evidence]) -> Vec<Option<Say>> {
        if self.learned.is_empty() {
            return vec![None; evidence.len()];
        }
        let features = learned::features(input);
        let scores = self.scores(evidence);
        let topics = self.taxonomy.topics().iter().zip(scores);
        topics.map(|(topic, score)| self.learned.say(&topic.id, score.total() >= ENOUGH, &features)).collect()
    }

    /// The scores after what was learned is heard: a rescue makes up what is missing, a veto takes away what is there.
    pub(super) fn with_says(&self, by_rules: &[Score], says: &[Option<Say>]) -> Vec<Score> {
        if says.iter().all(Option::is_none) {
            return by_rules.to_vec();
        }
        let own = |(score, say): (&Score, &Option<Say>)| Score {
            own: match say {
                Some(Say::Rescue(_)) => score.own.max(ENOUGH),
                Some(Say::Veto(_)) => 0.0,
                None => score.own,
            },
            from_child: 0.0,
            child: None,
            ..*score
        };
        self.propagated(&by_rules.iter().zip(says).map(own).collect::<Vec<_>>())
    }

    /// The topics that the rules found and that are none after what was learned is heard.
    pub(super) fn refused(
        &self,
        evidence: &[Evidence],
        by_rules: &[Score],
        scores: &[Score],
        says: &[Option<Say>],
    ) -> Vec<TopicMatch> {
        let topics = self.taxonomy.topics().iter().enumerate();
        topics
            .filter(|(place, _)| by_rules[*place].total() >= ENOUGH && scores[*place].total() < ENOUGH)
            .map(|(place, topic)| {
                let mut because = self.reasons(&evidence[place], &by_rules[place]).1;
                because.push(match says[place] {
                    Some(say) => told(say, by_rules[place].total()),
                    None => "it was the parent of a refused topic".to_owned(),
                });
                let score = (by_rules[place].total() * 1_000.0).round() / 1_000.0;
                TopicMatch { id: topic.id.clone(), name: topic.name.clone(), score, because }
            })
            .collect()
    }
}

/// What was learned says, with the points that it gives to or takes from the score of the rules.
pub(super) fn told(say: Say, by_rules: f64) -> String {
    match say {
        Say::Rescue(sure) => {
            let points = (ENOUGH - by_rules).max(0.0);
            format!("{LEARNED_SAYS}{:.0} of 100 sure, +{points:.1}", sure * 100.0)
        }
        Say::Veto(sure) => {
            format!("{LEARNED_SAYS}only {:.0} of 100 sure, −{by_rules:.1}", sure * 100.0)
        }
    }
}
