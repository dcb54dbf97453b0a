//! Draws a plan. All randomness of a case is here, and so are the weights, each beside the choice that it weighs, except
//! those that the caller sets: see [`crate::Weight`].
//!
//! - `choices`: choices from bytes; `sketch`: a plan in the making, and `builder`: an instance in the making;
//! - `shape`: the parts of an instance (signatures, functions, tables, definitions, entries), and the runs;
//! - `body`: the operations of an entry, in their order;
//! - `op`: one operation; `scope`: the state while a body is drawn; `returning`: how a task returns;
//! - `target`: the thread built-ins, which depend on what the slots likely hold;
//! - `value`: constants, operands and component values;
//! - `post_return`: the functions that run after an entry has returned;
//! - `topology`: the instances and how they stand to each other, `called`: the shapes of those that are called;
//! - `callee_bodies`: the bodies of their entries; `calls`: calls of other instances and the operations on the subtasks;
//!   `streams`: streams, futures and resources;
//! - `mistakes`: the mistakes that a case is to make, a folder;
//! - `random_code`: a module of wasm-smith beside the code of an instance, `declared`: how its core types are declared, `tables`: the
//!   types of the first instance's tables, and last of all which module has an instance's tables;
//! - `instance_hooks`: start functions of core modules, destructors and `realloc` that do more than they have to;
//! - `unaligned`, `reborrow` and `strings`, last of all: buffers that are not aligned, borrowed handles that are lent on, strings
//!   that need more than one step, and a `realloc` that returns another address than it should.
//!
//! A file names only the files that it draws with, and none that draws with it.
//!
//! When the bytes end, every choice falls on its first or smallest alternative, so these alternatives are the ones that
//! make a small case which still starts a thread.

mod body;
mod builder;
mod called;
mod callee_bodies;
mod calls;
mod choices;
mod declared;
mod instance_hooks;
mod mistakes;
mod op;
mod post_return;
mod random_code;
mod reborrow;
mod returning;
mod scope;
mod shape;
mod sketch;
mod streams;
mod strings;
mod tables;
mod target;
mod topology;
mod unaligned;
mod value;

use crate::mix::Mix;
use crate::plan::Plan;
use arbitrary::Unstructured;
use choices::Draw;
use sketch::{Sketch, first_choices};

/// Draws a plan. When the bytes end, it goes on with zeros, so that the part of the plan that they do not decide is
/// small.
pub fn plan(u: &mut Unstructured, mix: Mix) -> Plan {
    let mut sketch = Sketch::new(Draw::new(u), mix);
    // From the last to the first, so that whoever calls knows its callees.
    for number in (1..sketch.instances.len()).rev() {
        let mut builder = sketch.builder(number);
        called::draw(&mut builder);
        random_code::draw(&mut builder, mix.called_smith_percent);
        declared::draw(&mut builder, mix.called_declared_percent);
        let instance = builder.instance;
        sketch.instances[number] = instance;
    }
    let mut first = sketch.builder(0);
    shape::draw(&mut first);
    body::draw(&mut first);
    mistakes::draw(&mut first);
    random_code::draw(&mut first, mix.smith_percent);
    tables::draw(&mut first);
    declared::draw(&mut first, mix.declared_percent);
    let (instance, runs) = (first.instance, first.runs);
    sketch.instances[0] = instance;
    instance_hooks::draw(&mut sketch);
    unaligned::draw(&mut sketch);
    reborrow::draw(&mut sketch);
    strings::draw(&mut sketch);
    tables::place(&mut sketch);
    Plan {
        instances: sketch.instances,
        channels: sketch.channels,
        runs,
    }
}

/// Draws the runs of a plan anew, from bytes of their own: the component stays as it is.
pub fn redraw_runs(plan: &mut Plan, u: &mut Unstructured) {
    let Some(first) = plan.instances.first() else {
        return;
    };
    let mut draw = Draw::new(u);
    // A plan begins with these choices. They mean nothing here, but a stored input has them.
    let _ = first_choices(&mut draw);
    plan.runs = shape::runs(&mut draw, &first.entries);
}
