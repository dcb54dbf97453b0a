//! Where a mistake goes: in which entry or function, and where in its body.

use super::{Return, Role, Sketch};
use crate::limits::{FIRST_OP_POINT, POINTS_PER_FUNCTION};
use crate::plan::{Item, Lift, Op};

/// Percentage of mistakes that only one side of a choice makes.
const CONDITIONAL_PERCENT: u32 = 15;

/// An entry of this sort: the last of a run if possible, so that most of the run comes before the trap.
pub(super) fn choose(sketch: &mut Sketch, wanted: impl Fn(&Lift, Return) -> bool) -> Option<usize> {
    let fits = |entry: &usize| {
        wanted(
            &sketch.instance.entries[*entry].lift,
            sketch.returns[*entry],
        )
    };
    let calls = |last: bool| -> Vec<usize> {
        let runs = sketch.runs.iter();
        let calls = runs.flat_map(|run| {
            if last {
                &run[run.len() - 1..]
            } else {
                &run[..]
            }
        });
        calls.map(|call| call.entry).filter(fits).collect()
    };
    let mut entries = calls(true);
    if entries.is_empty() {
        entries = calls(false);
    }
    let entry = (!entries.is_empty()).then(|| sketch.draw.pick(&entries))?;
    sketch.unlucky[entry] = true;
    Some(entry)
}

pub(super) fn insert(sketch: &mut Sketch, ops: Vec<Op>) {
    if let Some(entry) = choose(sketch, |_, _| true) {
        insert_in_entry(sketch, entry, ops);
    }
}

pub(super) fn insert_in_entry(sketch: &mut Sketch, entry: usize, ops: Vec<Op>) {
    let ops = conditional(sketch, ops);
    let len = sketch.instance.entries[entry].body.len();
    let at = if sketch.draw.percent(35) {
        sketch.draw.index(len + 1)
    } else {
        len
    };
    splice(&mut sketch.instance.entries[entry].body, at, ops);
}

/// At the end of a program function that stands in the first table.
pub(super) fn insert_in_thread(sketch: &mut Sketch, ops: Vec<Op>) {
    let functions: Vec<usize> = sketch.contents[0]
        .iter()
        .filter_map(|item| match item {
            Item::Function(f) if matches!(sketch.roles[*f], Role::Program { .. }) => Some(*f),
            Item::Function(_) | Item::Null | Item::Entry(_) | Item::Import(_) => None,
        })
        .collect();
    if functions.is_empty() {
        return insert(sketch, ops);
    }
    let function = sketch.draw.pick(&functions);
    let ops = conditional(sketch, ops);
    let body = &mut sketch.instance.functions[function].body;
    splice(body, body.len(), ops);
}

/// Puts operations into a body, if its function has a point for each.
pub(super) fn splice(body: &mut Vec<Op>, at: usize, ops: Vec<Op>) {
    let points = (POINTS_PER_FUNCTION - FIRST_OP_POINT) as usize;
    if count(body.iter()) + count(ops.iter()) <= points {
        body.splice(at..at, ops);
    }
}

/// How many operations there are, nested ones included.
fn count<'a>(ops: impl Iterator<Item = &'a Op>) -> usize {
    ops.map(|op| {
        1 + op
            .nested()
            .map(|op| count(std::iter::once(op)))
            .sum::<usize>()
    })
    .sum()
}

pub(super) fn conditional(sketch: &mut Sketch, ops: Vec<Op>) -> Vec<Op> {
    if !sketch.draw.percent(CONDITIONAL_PERCENT) {
        return ops;
    }
    let global = sketch.draw.index(sketch.instance.globals.len());
    let (then, otherwise) = match sketch.draw.percent(50) {
        true => (ops, Vec::new()),
        false => (Vec::new(), ops),
    };
    vec![Op::If {
        global,
        then,
        otherwise,
    }]
}
