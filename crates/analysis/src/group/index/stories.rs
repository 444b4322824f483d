//! The stories that have an article in the window.

use courant_model::StoryId;
use rustc_hash::FxHashMap;

/// A story and the numbers of its articles in the window, in order of arrival.
#[derive(Debug)]
pub(in crate::group) struct OpenStory {
    pub(in crate::group) id: StoryId,
    pub(in crate::group) members: Vec<u32>,
}

/// The open stories, each with a small number that is valid while the story is open.
#[derive(Debug, Default)]
pub(in crate::group) struct Stories {
    open: Vec<OpenStory>,
    by_id: FxHashMap<StoryId, u32>,
    free: Vec<u32>,
}

impl Stories {
    pub(in crate::group) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(in crate::group) fn get(&self, story: u32) -> &OpenStory {
        &self.open[story as usize]
    }

    /// The number of a story, which is opened if it was not open.
    pub(in crate::group) fn number_for(&mut self, id: StoryId) -> u32 {
        if let Some(&number) = self.by_id.get(&id) {
            return number;
        }
        let story = OpenStory { id, members: Vec::new() };
        let number = if let Some(number) = self.free.pop() {
            self.open[number as usize] = story;
            number
        } else {
            self.open.push(story);
            self.open.len() as u32 - 1
        };
        self.by_id.insert(id, number);
        number
    }

    /// Adds an article at its position by arrival.
    pub(in crate::group) fn add(&mut self, story: u32, doc: u32) {
        let members = &mut self.open[story as usize].members;
        let at = members.partition_point(|&member| member < doc);
        members.insert(at, doc);
    }

    /// Removes an article; a story without articles is closed.
    pub(in crate::group) fn remove(&mut self, story: u32, doc: u32) {
        let open = &mut self.open[story as usize];
        if let Ok(at) = open.members.binary_search(&doc) {
            open.members.remove(at);
        }
        if open.members.is_empty() {
            self.by_id.remove(&open.id);
            self.free.push(story);
        }
    }

    /// Closes a story and returns its articles.
    pub(in crate::group) fn close(&mut self, story: u32) -> Vec<u32> {
        let open = &mut self.open[story as usize];
        self.by_id.remove(&open.id);
        self.free.push(story);
        std::mem::take(&mut open.members)
    }
}
