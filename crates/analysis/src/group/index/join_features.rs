//! What an article and a story have in common, as numbers for the decision to join.

use crate::group::feature_set::feature_set;

feature_set! {
    /// What an article and a story have in common.
    ///
    /// Similarities are cosines from 0 to 1 between the article and the compared articles of the
    /// story.
    JoinFeatures,
    /// The names of the numbers in [`JoinFeatures`], in order.
    JOIN_FEATURES,
    /// Highest similarity of all words.
    all_max,
    /// Highest similarity of the titles.
    title_max,
    /// Highest similarity of the leads.
    lead_max,
    /// Highest similarity of names and numbers.
    name_max,
    /// Mean similarity of all words.
    all_mean,
    /// Mean similarity of the titles.
    title_mean,
    /// Mean similarity of the leads.
    lead_mean,
    /// Mean similarity of names and numbers.
    name_mean,
    /// Highest sum of the inverse document frequencies of shared words.
    shared_all,
    /// Highest sum of the inverse document frequencies of shared names.
    shared_names,
    /// Highest share of the article's title that occurs anywhere in another article.
    title_in_all,
    /// Highest share of another article's title that occurs anywhere in the article.
    all_in_title,
    /// How far `blend` is above that of the best other story.
    margin,
    /// `blend` of the best other story.
    rival,
    /// Hours to the newest article of the story; −1 if unknown.
    hours_newest,
    /// Hours to the most similar article of the story; −1 if unknown.
    hours_nearest,
    /// Logarithm of the number of articles in the story.
    size,
    /// Number of words in the article's title.
    title_words,
    /// Logarithm of the number of words in the article's text.
    body_words,
    /// Logarithm of the number of words in the text of the most similar article.
    member_body_words,
    /// Share of the compared articles that come from the same provider.
    same_source,
    /// Share of the compared articles that are in another language.
    other_language,
    /// Logarithm of the number of articles in the window.
    window,
    /// Highest product of the similarities of all words and of names.
    all_by_names,
    /// Share of the story's articles that were compared.
    compared,
    /// Highest blend of the four similarities.
    blend,
    /// Mean index score of the story's articles, relative to an ideal match.
    story_mean,
    /// Share of the story's articles whose index score is near the best.
    story_share,
    /// Highest share of the names of the article with fewer that both have.
    names_contained,
    /// Highest share of the words of the article with fewer that both have.
    words_contained,
    /// Second highest similarity of all words.
    all_second,
    /// Share of the article's title that occurs in any compared article.
    title_covered,
    /// Share of the article's title that occurs in a compared article, on average.
    title_backed,
    /// Share of the article's words that occur in a compared article, on average.
    all_backed,
}
