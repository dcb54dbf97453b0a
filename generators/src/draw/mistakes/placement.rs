//! Chooses where a mistake goes: in which entry or function, and where in its body.

use crate::draw::builder::{Builder, Return, Role};
use crate::limits::{FIRST_OP_POINT, POINTS_PER_FUNCTION};
use crate::plan::{Item, Lift, Op};

/// Percentage of mistakes that stand on one side of a choice.
const CONDITIONAL_PERCENT: u32 = 15;

/// Chooses an entry that `wanted` accepts: one that a run calls last if possible, so that most of the run comes before
/// the trap.
pub(super) fn choose(
    builder: &mut Builder,
    wanted: impl Fn(&Lift, Return) -> bool,
) -> Option<usize> {
    let fits = |entry: &usize| {
        wanted(
            &builder.instance.entries[*entry].lift,
            builder.returns[*entry],
        )
    };
    let calls = |last: bool| -> Vec<usize> {
        let runs = builder.runs.iter();
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
    let entry = (!entries.is_empty()).then(|| builder.draw.pick(&entries))?;
    builder.unlucky[entry] = true;
    Some(entry)
}

pub(super) fn insert(builder: &mut Builder, ops: Vec<Op>) {
    if let Some(entry) = choose(builder, |_, _| true) {
        insert_in_entry(builder, entry, ops);
    }
}

pub(super) fn insert_in_entry(builder: &mut Builder, entry: usize, ops: Vec<Op>) {
    let ops = conditional(builder, ops);
    let len = builder.instance.entries[entry].body.len();
    let at = if builder.draw.percent(35) {
        builder.draw.index(len + 1)
    } else {
        len
    };
    splice(&mut builder.instance.entries[entry].body, at, ops);
}

/// Puts operations at the end of a program function that stands in the first table; into an entry if there is none.
pub(super) fn insert_in_thread(builder: &mut Builder, ops: Vec<Op>) {
    let functions: Vec<usize> = builder.contents[0]
        .iter()
        .filter_map(|item| match item {
            Item::Function(f) if matches!(builder.roles[*f], Role::Program { .. }) => Some(*f),
            Item::Function(_) | Item::Null | Item::Entry(_) | Item::Import(_) => None,
        })
        .collect();
    if functions.is_empty() {
        return insert(builder, ops);
    }
    let function = builder.draw.pick(&functions);
    let ops = conditional(builder, ops);
    let body = &mut builder.instance.functions[function].body;
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

pub(in crate::draw) fn conditional(builder: &mut Builder, ops: Vec<Op>) -> Vec<Op> {
    if !builder.draw.percent(CONDITIONAL_PERCENT) {
        return ops;
    }
    let global = builder.draw.index(builder.instance.globals.len());
    let (then, otherwise) = match builder.draw.percent(50) {
        true => (ops, Vec::new()),
        false => (Vec::new(), ops),
    };
    vec![Op::If {
        global,
        then,
        otherwise,
    }]
}
