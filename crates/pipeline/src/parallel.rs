//! Parallel work on all cores.

use rayon::prelude::*;

/// Applies a pure function to each item on all cores. The results are in the order of the items.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], function: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    items.par_iter().map(function).collect()
}
