//! What two stories have in common, as numbers for the learned decision that makes them one.
//!
//! A few articles speak for each story, its newest and others evenly from its past; every one is compared with
//! every other. So the decision sees the likeness between the stories as the closest pair, as the average and as
//! that of their centres, beside how alike the articles of one story are among themselves.

use crate::group::index::{
    compare::{Idf, Likeness},
    search::{Scratch, hours_between},
    stories::Stories,
    window::{Doc, Window},
};

/// The names of the features, in order.
pub const BRIDGE_FEATURES: [&str; WIDTH] = [
    "all_max",
    "title_max",
    "lead_max",
    "name_max",
    "all_mean",
    "title_mean",
    "lead_mean",
    "name_mean",
    "all_min",
    "name_min",
    "all_centre",
    "title_centre",
    "name_centre",
    "all_linked",
    "name_linked",
    "shared_all",
    "shared_names",
    "names_contained",
    "words_contained",
    "title_in_all",
    "all_inner",
    "name_inner",
    "fits_here",
    "fits_there",
    "hours_apart",
    "hours_newest",
    "size_less",
    "size_more",
    "window",
    "title_words",
    "body_words_less",
    "body_words_more",
    "same_source",
    "other_language",
];

const WIDTH: usize = 34;

/// Articles that speak for a story.
const VOICES: usize = 4;

impl Scratch {
    /// What two stories have in common, where an article fits the one and the other so well.
    pub(in crate::group) fn bridge(
        &mut self,
        (here, there): (u32, u32),
        fits: [f64; 2],
        window: &Window,
        stories: &Stories,
    ) -> Vec<f32> {
        self.idf = Idf::of_window(window.len());
        let (ours, theirs) = (&stories.get(here).members, &stories.get(there).members);
        let a = voices(ours, window);
        let b = voices(theirs, window);
        let mut between = Vec::with_capacity(a.len() * b.len());
        let (mut within_a, mut within_b) = (Vec::new(), Vec::new());
        for (at, doc) in a.iter().enumerate() {
            self.query.lay(doc, window, self.idf);
            let mut like = |other: &Doc| self.query.like(other, window, self.idf);
            between.extend(b.iter().map(|other| like(other)));
            within_a.extend(a[at + 1..].iter().map(|other| like(other)));
        }
        for (at, doc) in b.iter().enumerate().take(b.len() - 1) {
            self.query.lay(doc, window, self.idf);
            within_b.extend(b[at + 1..].iter().map(|other| self.query.like(other, window, self.idf)));
        }
        let pairs = Pairs { between, within_a, within_b, rows: a.len(), columns: b.len() };
        let mut features = Vec::with_capacity(WIDTH);
        pairs.tell(&mut features);
        features.extend(fits.map(|fit| fit as f32));
        tell_time(&mut features, ours, theirs, window);
        let (less, more) = (ours.len().min(theirs.len()), ours.len().max(theirs.len()));
        features.extend([(less as f32).ln(), (more as f32).ln(), (window.len() as f32).ln()]);
        tell_kind(&mut features, &a, &b);
        features
    }
}

/// The newest article of a story, and others evenly from its past.
fn voices<'w>(members: &[u32], window: &'w Window) -> Vec<&'w Doc> {
    let step = members.len().div_ceil(VOICES).max(1);
    members.iter().rev().step_by(step).map(|&member| window.doc(member)).collect()
}

/// Likenesses between the voices of two stories, row by row, and within each.
struct Pairs {
    between: Vec<Likeness>,
    within_a: Vec<Likeness>,
    within_b: Vec<Likeness>,
    rows: usize,
    columns: usize,
}

impl Pairs {
    fn tell(&self, features: &mut Vec<f32>) {
        type View = fn(&Likeness) -> f32;
        let views: [View; 4] = [|l| l.all, |l| l.title, |l| l.lead, |l| l.name];
        let [all, title, _, name] = views;
        let most = self.between.iter().fold(Likeness::default(), |most, like| most.highest(like));
        features.extend(views.map(|view| view(&most)));
        features.extend(views.map(|view| mean(&self.between, view)));
        features.extend([all, name].map(|view| self.between.iter().map(view).fold(1.0, f32::min)));
        features.extend([all, title, name].map(|view| self.centre(view)));
        features.extend([all, name].map(|view| self.linked(view)));
        features.extend([most.shared_all, most.shared_names]);
        let rest: [View; 3] =
            [|l| l.names_contained, |l| l.words_contained, |l| l.title_in_all.max(l.all_in_title)];
        features.extend(rest.map(|view| mean(&self.between, view)));
        features.extend([all, name].map(|view| {
            let inner = [&self.within_a, &self.within_b];
            let told = inner.iter().filter(|pairs| !pairs.is_empty()).count().max(1) as f32;
            inner.iter().map(|pairs| mean(pairs, view)).sum::<f32>() / told
        }));
    }

    /// The cosine between the centres of both stories' voices.
    fn centre(&self, view: impl Fn(&Likeness) -> f32 + Copy) -> f32 {
        let length = |within: &[Likeness], voices: usize| {
            let voices = voices as f32;
            (voices + 2.0 * within.iter().map(view).sum::<f32>()) / (voices * voices)
        };
        let lengths = length(&self.within_a, self.rows) * length(&self.within_b, self.columns);
        mean(&self.between, view) / lengths.sqrt().max(1e-3)
    }

    /// How like each voice is to the most alike one of the other story, on the average.
    fn linked(&self, view: impl Fn(&Likeness) -> f32) -> f32 {
        let mut rows = vec![0.0_f32; self.rows];
        let mut columns = vec![0.0_f32; self.columns];
        for (at, like) in self.between.iter().enumerate() {
            let (row, column) = (at / self.columns, at % self.columns);
            rows[row] = rows[row].max(view(like));
            columns[column] = columns[column].max(view(like));
        }
        rows.iter().chain(&columns).sum::<f32>() / (self.rows + self.columns) as f32
    }
}

fn mean(pairs: &[Likeness], view: impl Fn(&Likeness) -> f32) -> f32 {
    if pairs.is_empty() { 0.0 } else { pairs.iter().map(view).sum::<f32>() / pairs.len() as f32 }
}

/// The first and the last to arrive of a story's articles, so many of each, say when it was told.
const TIMED: usize = 100;

/// Hours without any article of either between the stories, and between their newest ones; −1 where unknown.
fn tell_time(features: &mut Vec<f32>, ours: &[u32], theirs: &[u32], window: &Window) {
    let ends = |members: &[u32]| {
        let oldest = members.iter().take(TIMED);
        let newest = members.iter().skip(TIMED.max(members.len().saturating_sub(TIMED)));
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
    features.extend([apart, hours_between(a_last, b_last)]);
}

/// What kind of texts the voices are.
fn tell_kind(features: &mut Vec<f32>, a: &[&Doc], b: &[&Doc]) {
    let average = |voices: &[&Doc], of: fn(&Doc) -> u16| {
        voices.iter().map(|doc| f32::from(of(doc))).sum::<f32>() / voices.len().max(1) as f32
    };
    let bodies = [a, b].map(|voices| (average(voices, |doc| doc.body_words) + 1.0).ln());
    let pairs = || a.iter().flat_map(|ours| b.iter().map(move |theirs| (ours, theirs)));
    let part = |count: usize| count as f32 / (a.len() * b.len()).max(1) as f32;
    let same_source =
        pairs().filter(|(ours, theirs)| ours.source != 0 && ours.source == theirs.source).count();
    let other_language = pairs()
        .filter(|(ours, theirs)| {
            ours.language != 0 && theirs.language != 0 && ours.language != theirs.language
        })
        .count();
    features.extend([
        average(a, |doc| doc.title_words).min(average(b, |doc| doc.title_words)),
        bodies[0].min(bodies[1]),
        bodies[0].max(bodies[1]),
        part(same_source),
        part(other_language),
    ]);
}
