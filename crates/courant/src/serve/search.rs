//! Search for the web server, by the store.

use courant_render::FoundArticle;
use courant_server::{Search, SearchFailed, SearchQuery, SearchResults};
use courant_store::Store;

/// Search of the web server in the store.
#[derive(Clone)]
pub(super) struct StoreSearch(pub(super) Store);

impl Search for StoreSearch {
    async fn search(&self, query: SearchQuery) -> Result<SearchResults, SearchFailed> {
        let asked = courant_store::SearchQuery {
            text: query.text,
            topic: query.topic,
            provider: None,
            published_only: true,
            newest_first: query.newest_first,
            limit: query.limit,
            offset: query.offset,
        };
        let answer = self.0.search(&asked).await.map_err(|error| SearchFailed(error.to_string()))?;
        Ok(SearchResults {
            total: usize::try_from(answer.total).unwrap_or(usize::MAX),
            hits: answer
                .hits
                .into_iter()
                .map(|hit| FoundArticle { article: hit.article, snippet: hit.snippet })
                .collect(),
        })
    }
}
