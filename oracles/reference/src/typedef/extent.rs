//! How big a type is, so that whoever walks one stays within bounds.

use super::super::Unsupported;
use super::super::definition::{DEPTH, too_deep};

/// Nodes that a type may have, counted as a tree: shared parts count each time.
const NODES: u32 = 1_000_000;
/// Core values that the types of a function may flatten to, were there no spilling to memory.
const FLAT: u32 = 1_000_000;

/// How big a type is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// The nodes of the type, counted as a tree.
    pub(crate) nodes: u32,
    /// The levels of the type.
    levels: u32,
    /// The core values that it flattens to (CanonicalABI.md, `flatten_type`).
    flat: u32,
}

impl Extent {
    pub(super) fn leaf(flat: u32) -> Extent {
        Extent {
            nodes: 1,
            levels: 1,
            flat,
        }
    }

    /// The extent of a type over `parts`.
    pub(super) fn over(parts: &[Extent], flat: u32) -> Result<Extent, Unsupported> {
        let mut nodes = 1u32;
        let mut levels = 0;
        for part in parts {
            nodes = nodes.saturating_add(part.nodes);
            levels = levels.max(part.levels);
        }
        if nodes > NODES {
            return Err(Unsupported::new(format!(
                "a type of more than {NODES} nodes"
            )));
        }
        if levels as usize >= DEPTH {
            return Err(too_deep("types"));
        }
        Ok(Extent {
            nodes,
            levels: levels + 1,
            flat,
        })
    }

    pub(super) fn sum(parts: &[Extent]) -> u32 {
        parts
            .iter()
            .fold(0, |sum: u32, part| sum.saturating_add(part.flat))
    }

    pub(super) fn max(parts: &[Extent]) -> u32 {
        parts.iter().map(|part| part.flat).max().unwrap_or(0)
    }

    /// Whoever flattens a type walks all of what it flattens to.
    pub(super) fn within_flat(&self) -> Result<(), Unsupported> {
        if self.flat > FLAT {
            let message = format!("a function of more than {FLAT} flat values");
            return Err(Unsupported::new(message));
        }
        Ok(())
    }
}
