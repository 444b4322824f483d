//! Where the articles of a story stand: lead, heat, verdict.

use courant_analysis::{
    gate::GateInput,
    story::{self, StoryArticle},
};
use courant_model::{ArticleId, Timestamp};
use courant_store::{Standing, StoryMember};

use super::desk::Rules;

/// The standing of every member of one story at this moment. `editor` gives an editor's word on whether an
/// article is published, where there is one.
pub(super) fn standings(
    members: &[StoryMember],
    now: Timestamp,
    rules: &Rules,
    takes_every_article: bool,
    editor: impl Fn(ArticleId) -> Option<bool>,
) -> Vec<Standing> {
    let articles: Vec<StoryArticle> = members.iter().map(story_article).collect();
    if articles.is_empty() {
        return Vec::new();
    }
    let standing = story::standing(&articles, now, &rules.heat);
    members
        .iter()
        .map(|member| {
            let is_lead = member.article == standing.lead;
            let heat = if is_lead { standing.heat } else { courant_model::Heat::NOT_LEAD };
            let verdict = rules.gate.decide(&GateInput {
                is_lead,
                heat,
                quality: member.quality,
                has_topic: takes_every_article || member.has_topic,
                published: member.published,
                first_seen: member.first_seen,
                editor: editor(member.article),
                story_size: members.len(),
                provider_domain: &member.provider,
                title: &member.title,
                language: member.language.as_deref(),
                topics: &member.topics,
                kind: member.kind,
            });
            Standing { article: member.article, story: member.story, heat, verdict }
        })
        .collect()
}

fn story_article(member: &StoryMember) -> StoryArticle {
    StoryArticle {
        id: member.article,
        quality: member.quality,
        published: member.published,
        first_seen: member.first_seen,
        provider: member.provider.clone(),
        copy_of: member.copy_of,
    }
}
