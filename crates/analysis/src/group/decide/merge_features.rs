//! What two stories have in common, as numbers for the decision to merge them.
//!
//! A few articles represent each story, its newest and others evenly from its past; every one is
//! compared with every other. So the decision sees the similarity of the stories as the closest
//! pair, as the average and as that of their centres, and how similar the articles of one story are
//! to each other.

use crate::group::{
    feature_set::feature_set,
    index::{
        compare::{Idf, Similarity},
        search::{Search, hours_between},
        stories::Stories,
        window::{Doc, Window},
    },
};

feature_set! {
    /// What two stories have in common.
    ///
    /// Similarities are cosines from 0 to 1 between the representatives of both stories.
    MergeFeatures,
    /// The names of the numbers in [`MergeFeatures`], in order.
    MERGE_FEATURES,
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
    /// Lowest similarity of all words.
    all_min,
    /// Lowest similarity of names and numbers.
    name_min,
    /// Similarity of all words between the centres of the stories.
    all_centre,
    /// Similarity of the titles between the centres of the stories.
    title_centre,
    /// Similarity of names between the centres of the stories.
    name_centre,
    /// Mean similarity of all words of each article to the most similar one of the other story.
    all_linked,
    /// Mean similarity of names of each article to the most similar one of the other story.
    name_linked,
    /// Highest sum of the inverse document frequencies of shared words.
    shared_all,
    /// Highest sum of the inverse document frequencies of shared names.
    shared_names,
    /// Mean share of the names of the article with fewer that both have.
    names_contained,
    /// Mean share of the words of the article with fewer that both have.
    words_contained,
    /// Mean share of one title that occurs anywhere in the other article.
    title_in_all,
    /// Mean similarity of all words inside each story.
    all_inner,
    /// Mean similarity of names inside each story.
    name_inner,
    /// Probability that the last article belongs to the first story.
    fits_here,
    /// Probability that the last article belongs to the second story.
    fits_there,
    /// Hours between the stories in which neither has an article; −1 if unknown.
    hours_apart,
    /// Hours between the newest articles of both stories; −1 if unknown.
    hours_newest,
    /// Logarithm of the number of articles in the smaller story.
    size_less,
    /// Logarithm of the number of articles in the larger story.
    size_more,
    /// Logarithm of the number of articles in the window.
    window,
    /// Mean number of words in the titles of the story with shorter ones.
    title_words,
    /// Logarithm of the mean number of words in the texts of the story with shorter ones.
    body_words_less,
    /// Logarithm of the mean number of words in the texts of the story with longer ones.
    body_words_more,
    /// Share of the pairs that come from the same provider.
    same_source,
    /// Share of the pairs that are in different languages.
    other_language,
}

/// Maximum number of articles that represent a story.
const MAX_REPRESENTATIVES: usize = 4;

impl Search {
    /// Compares two stories; `fits` are the probabilities that an article belongs to the one and to
    /// the other.
    pub(in crate::group) fn merge_features(
        &mut self,
        (here, there): (u32, u32),
        fits: [f64; 2],
        window: &Window,
        stories: &Stories,
    ) -> MergeFeatures {
        self.idf = Idf::of_window(window.len());
        let (ours, theirs) = (&stories.get(here).members, &stories.get(there).members);
        let a = representatives(ours, window);
        let b = representatives(theirs, window);
        let mut between = Vec::with_capacity(a.len() * b.len());
        let (mut within_a, mut within_b) = (Vec::new(), Vec::new());
        for (at, doc) in a.iter().enumerate() {
            self.query.load(doc, window, self.idf);
            let mut similarity = |other: &Doc| self.query.compare(other, window, self.idf);
            between.extend(b.iter().map(|other| similarity(other)));
            within_a.extend(a[at + 1..].iter().map(|other| similarity(other)));
        }
        for (at, doc) in b.iter().enumerate().take(b.len() - 1) {
            self.query.load(doc, window, self.idf);
            within_b.extend(b[at + 1..].iter().map(|other| self.query.compare(other, window, self.idf)));
        }
        let pairs = Pairs { between, within_a, within_b, rows: a.len(), columns: b.len() };
        let max = pairs.between.iter().fold(Similarity::default(), |max, similarity| max.highest(similarity));
        let average = |view: View| mean(&pairs.between, view);
        let min = |view: View| pairs.between.iter().map(view).fold(1.0, f32::min);
        let [hours_apart, hours_newest] = hours(ours, theirs, window);
        let (less, more) = (ours.len().min(theirs.len()), ours.len().max(theirs.len()));
        let titles = [&a, &b].map(|articles| mean_words(articles, |doc| doc.title_words));
        let bodies = [&a, &b].map(|articles| (mean_words(articles, |doc| doc.body_words) + 1.0).ln());
        MergeFeatures {
            all_max: max.all,
            title_max: max.title,
            lead_max: max.lead,
            name_max: max.name,
            all_mean: average(ALL),
            title_mean: average(TITLE),
            lead_mean: average(|similarity| similarity.lead),
            name_mean: average(NAME),
            all_min: min(ALL),
            name_min: min(NAME),
            all_centre: pairs.centre(ALL),
            title_centre: pairs.centre(TITLE),
            name_centre: pairs.centre(NAME),
            all_linked: pairs.linked(ALL),
            name_linked: pairs.linked(NAME),
            shared_all: max.shared_all,
            shared_names: max.shared_names,
            names_contained: average(|similarity| similarity.names_contained),
            words_contained: average(|similarity| similarity.words_contained),
            title_in_all: average(|similarity| similarity.title_in_all.max(similarity.all_in_title)),
            all_inner: pairs.inner(ALL),
            name_inner: pairs.inner(NAME),
            fits_here: fits[0] as f32,
            fits_there: fits[1] as f32,
            hours_apart,
            hours_newest,
            size_less: (less as f32).ln(),
            size_more: (more as f32).ln(),
            window: (window.len() as f32).ln(),
            title_words: titles[0].min(titles[1]),
            body_words_less: bodies[0].min(bodies[1]),
            body_words_more: bodies[0].max(bodies[1]),
            same_source: share_of_pairs(&a, &b, |ours, theirs| {
                ours.source != 0 && ours.source == theirs.source
            }),
            other_language: share_of_pairs(&a, &b, |ours, theirs| {
                ours.language != 0 && theirs.language != 0 && ours.language != theirs.language
            }),
        }
    }
}

/// One of the figures of a similarity.
type View = fn(&Similarity) -> f32;

const ALL: View = |similarity| similarity.all;
const TITLE: View = |similarity| similarity.title;
const NAME: View = |similarity| similarity.name;

/// The newest article of a story, and others evenly from its past.
fn representatives<'w>(members: &[u32], window: &'w Window) -> Vec<&'w Doc> {
    let step = members.len().div_ceil(MAX_REPRESENTATIVES).max(1);
    members.iter().rev().step_by(step).map(|&member| window.doc(member)).collect()
}

/// Similarities between the representatives of two stories, row by row, and within each story.
struct Pairs {
    between: Vec<Similarity>,
    within_a: Vec<Similarity>,
    within_b: Vec<Similarity>,
    rows: usize,
    columns: usize,
}

impl Pairs {
    /// How similar the representatives of one story are to each other, on average over both
    /// stories.
    fn inner(&self, view: View) -> f32 {
        let inner = [&self.within_a, &self.within_b];
        let stories = inner.iter().filter(|pairs| !pairs.is_empty()).count().max(1) as f32;
        inner.iter().map(|pairs| mean(pairs, view)).sum::<f32>() / stories
    }

    /// The cosine between the centres of both stories' representatives.
    fn centre(&self, view: impl Fn(&Similarity) -> f32 + Copy) -> f32 {
        let length = |within: &[Similarity], representatives: usize| {
            let representatives = representatives as f32;
            (representatives + 2.0 * within.iter().map(view).sum::<f32>())
                / (representatives * representatives)
        };
        let lengths = length(&self.within_a, self.rows) * length(&self.within_b, self.columns);
        mean(&self.between, view) / lengths.sqrt().max(1e-3)
    }

    /// The mean similarity of each representative to the most similar one of the other story.
    fn linked(&self, view: impl Fn(&Similarity) -> f32) -> f32 {
        let mut rows = vec![0.0_f32; self.rows];
        let mut columns = vec![0.0_f32; self.columns];
        for (at, similarity) in self.between.iter().enumerate() {
            let (row, column) = (at / self.columns, at % self.columns);
            rows[row] = rows[row].max(view(similarity));
            columns[column] = columns[column].max(view(similarity));
        }
        rows.iter().chain(&columns).sum::<f32>() / (self.rows + self.columns) as f32
    }
}

fn mean(pairs: &[Similarity], view: impl Fn(&Similarity) -> f32) -> f32 {
    if pairs.is_empty() { 0.0 } else { pairs.iter().map(view).sum::<f32>() / pairs.len() as f32 }
}

/// Number of first and of last articles of a story from which its period is taken.
const MAX_TIMED: usize = 100;

/// Hours between the stories in which neither has an article, and hours between their newest
/// articles; −1 if unknown.
fn hours(ours: &[u32], theirs: &[u32], window: &Window) -> [f32; 2] {
    let ends = |members: &[u32]| {
        let oldest = members.iter().take(MAX_TIMED);
        let newest = members.iter().skip(MAX_TIMED.max(members.len().saturating_sub(MAX_TIMED)));
        let times = || oldest.clone().chain(newest.clone()).filter_map(|&member| window.doc(member).time);
        (times().min(), times().max())
    };
    let ((a_first, a_last), (b_first, b_last)) = (ends(ours), ends(theirs));
    let apart = if a_first > b_last {
        hours_between(a_first, b_last)
    } else if b_first > a_last {
        hours_between(b_first, a_last)
    } else {
        a_first.and(b_first).map_or(-1.0, |_| 0.0)
    };
    [apart, hours_between(a_last, b_last)]
}

/// The mean number of words in a part of these articles.
fn mean_words(articles: &[&Doc], of: fn(&Doc) -> u16) -> f32 {
    articles.iter().map(|doc| f32::from(of(doc))).sum::<f32>() / articles.len().max(1) as f32
}

/// The share of the pairs of articles for which a condition holds.
fn share_of_pairs(a: &[&Doc], b: &[&Doc], holds: impl Fn(&Doc, &Doc) -> bool) -> f32 {
    let pairs = a.iter().flat_map(|ours| b.iter().map(move |theirs| (ours, theirs)));
    let count = pairs.filter(|(ours, theirs)| holds(ours, theirs)).count();
    count as f32 / (a.len() * b.len()).max(1) as f32
}
