//! How much a drawing draws: an element that is used repeatedly counts each time.
//!
//! Ten nested groups of ten uses each are a kilobyte of text and ten billion shapes (`<use>`, SVG 2
//! §5.6). Patterns, masks, clip paths and markers have the same effect.

use std::collections::HashMap;

use super::problem::SvgProblem;

/// Maximum number of elements that one drawing draws, each counted as often as it is drawn.
const MAX_DRAWN: u64 = 250_000;
/// Maximum length of a chain of references.
const MAX_REFERENCE_DEPTH: usize = 16;
/// Number of points of a path, or characters of a text, that count as one element.
const POINTS_PER_ELEMENT: u64 = 8;

/// How one element refers to another of the same document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reference {
    /// Draws it (`<use>`), or inherits from it (gradients and patterns).
    Use,
    /// Paints with it, once for each element within.
    Paint,
    /// Draws it at each point of each path within.
    Marker,
}

#[derive(Debug, Default)]
struct Node {
    children: Vec<usize>,
    references: Vec<(Reference, String)>,
    /// Points of its path, characters of its text.
    points: u64,
}

/// The elements of a drawing and their references.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    nodes: Vec<Node>,
    by_id: HashMap<String, usize>,
    /// The open elements.
    open: Vec<usize>,
}

/// What an element costs to draw.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    /// Elements within it, with those that it uses.
    elements: u64,
    points: u64,
    /// All that is drawn.
    drawn: u64,
    /// Length of the longest chain of references.
    depth: usize,
}

impl Drawing {
    /// Begins an element; it stays open until [`Self::close`].
    pub(super) fn open(&mut self) {
        let index = self.nodes.len();
        self.nodes.push(Node::default());
        if let Some(&parent) = self.open.last() {
            self.nodes[parent].children.push(index);
        }
        self.open.push(index);
    }

    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// An attribute of the element that was opened last.
    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        let Some(&index) = self.open.last() else { return };
        let node = &mut self.nodes[index];
        match name {
            "id" => {
                self.by_id.entry(value.trim().to_owned()).or_insert(index);
            }
            "href" => {
                let target = value.trim().trim_start_matches('#');
                node.references.push((Reference::Use, target.to_owned()));
            }
            "d" | "points" => node.points += numbers(value) / 2,
            _ => node.references.extend(painted(name, value)),
        }
    }

    /// Text within the element that was opened last.
    pub(super) fn text(&mut self, text: &str) {
        if let Some(&index) = self.open.last() {
            self.nodes[index].points += text.len() as u64;
        }
    }

    /// Refuses a drawing that draws too much, or itself.
    pub(super) fn check(&self) -> Result<(), SvgProblem> {
        let mut known = vec![None; self.nodes.len()];
        let mut on_the_way = vec![false; self.nodes.len()];
        if self.nodes.is_empty() {
            return Ok(());
        }
        self.cost(0, 0, &mut known, &mut on_the_way).map(drop)
    }

    /// The cost of an element. The recursion is as deep as elements and references may be nested.
    fn cost(
        &self,
        index: usize,
        depth: usize,
        known: &mut [Option<Cost>],
        on_the_way: &mut [bool],
    ) -> Result<Cost, SvgProblem> {
        if let Some(cost) = known[index] {
            return Ok(cost);
        }
        if on_the_way[index] || depth > MAX_REFERENCE_DEPTH {
            return Err(SvgProblem::References);
        }
        on_the_way[index] = true;
        let node = &self.nodes[index];
        let own = 1 + node.points / POINTS_PER_ELEMENT;
        let mut cost = Cost { elements: 1, points: node.points, drawn: own, depth: 0 };
        for &child in &node.children {
            cost.add(self.cost(child, depth, known, on_the_way)?);
        }
        let targets = node.references.iter().filter_map(|(how, id)| Some((how, *self.by_id.get(id)?)));
        let mut painted = Vec::new();
        for (how, target) in targets {
            let mut target = self.cost(target, depth + 1, known, on_the_way)?;
            target.depth += 1;
            match how {
                Reference::Use => cost.add(target),
                Reference::Paint | Reference::Marker => {
                    cost.depth = cost.depth.max(target.depth);
                    painted.push((how, target.drawn));
                }
            }
        }
        for (how, drawn) in painted {
            let times = if *how == Reference::Marker { cost.points } else { cost.elements };
            cost.drawn = cost.drawn.saturating_add(times.saturating_mul(drawn));
        }
        if cost.depth > MAX_REFERENCE_DEPTH {
            return Err(SvgProblem::References);
        }
        if cost.drawn > MAX_DRAWN {
            return Err(SvgProblem::TooMuchDrawn { max: MAX_DRAWN });
        }
        on_the_way[index] = false;
        known[index] = Some(cost);
        Ok(cost)
    }
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.elements = self.elements.saturating_add(other.elements);
        self.points = self.points.saturating_add(other.points);
        self.drawn = self.drawn.saturating_add(other.drawn);
        self.depth = self.depth.max(other.depth);
    }
}

/// The elements that an attribute paints with: `url(#id)`, any number of times.
fn painted(name: &str, value: &str) -> Vec<(Reference, String)> {
    if !value.contains('#') {
        return Vec::new();
    }
    let how = if name.starts_with("marker") || (name == "style" && value.contains("marker")) {
        Reference::Marker
    } else {
        Reference::Paint
    };
    let inner = value.split('(').skip(1);
    let targets = inner.filter_map(|inner| {
        let inner = inner.split(')').next()?.trim().trim_matches(['"', '\'']).trim();
        Some((how, inner.strip_prefix('#')?.to_owned()))
    });
    targets.collect()
}

/// The number of numbers in a list or in the data of a path.
fn numbers(value: &str) -> u64 {
    let mut count = 0;
    let mut within = false;
    for byte in value.bytes() {
        let is_digit = byte.is_ascii_digit() || byte == b'.';
        count += u64::from(is_digit && !within);
        within = is_digit;
    }
    count
}
