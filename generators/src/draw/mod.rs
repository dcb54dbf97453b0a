//! Drawing a plan. All randomness of a case is here, and so are the weights, each beside the choice it weighs, but for those
//! that the caller says: see [`crate::Weight`].
//!
//! - `choices`: choices from bytes; `sketch`: a plan in the making, and `builder`: an instance in the making;
//! - `shape`: what there is (signatures, functions, tables, definitions, entries, runs);
//! - `body`: what an entry does, in which order;
//! - `op`: one operation; `scope`: what is known where one is drawn; `returning`: how a task returns;
//! - `target`: the thread built-ins, which depend on what the slots likely hold;
//! - `value`: constants, operands and component values;
//! - `post_return`: the functions that run after an entry has returned;
//! - `world`: the instances and how they stand to each other, `called`: the shapes of those that are called;
//! - `served`: what their entries do; `peer`: calls of other instances and what becomes of the subtasks; `channel`: streams,
//!   futures and resources; `trespass`: mistakes in all that, `ingredient`: what they are made of, and `remedy`: what makes
//!   them right again;
//! - `misfortune`: the mistakes that a case is to make, and `placement`: where;
//! - `aside`: start functions of core modules, destructors and `realloc` that do more than they have to;
//! - `unaligned`, `relend` and `text`, last of all: buffers that are not aligned, borrowed handles that are lent on, strings
//!   that need more than one step, and a `realloc` that gives what was not asked for.
//!
//! A file names those that it draws with, and none that draws with it.
//!
//! When the bytes end, every choice falls on its first or smallest alternative, so these are the ones that make a small
//! case which still starts a thread.

mod aside;
mod body;
mod builder;
mod called;
mod channel;
mod choices;
mod ingredient;
mod misfortune;
mod op;
mod peer;
mod placement;
mod post_return;
mod relend;
mod remedy;
mod returning;
mod scope;
mod served;
mod shape;
mod sketch;
mod target;
mod text;
mod trespass;
mod unaligned;
mod value;
mod world;

use crate::mix::Mix;
use crate::plan::Plan;
use arbitrary::Unstructured;
use choices::Draw;
use sketch::{Sketch, first_choices};

/// Draws a plan. When the bytes end, it goes on with zeros, so that what they do not say is small.
pub fn plan(u: &mut Unstructured, mix: Mix) -> Plan {
    let mut sketch = Sketch::new(Draw::new(u), mix);
    // From the last to the first, so that whoever calls knows its callees.
    for number in (1..sketch.instances.len()).rev() {
        let mut builder = sketch.builder(number);
        called::draw(&mut builder);
        let instance = builder.instance;
        sketch.instances[number] = instance;
    }
    let mut first = sketch.builder(0);
    shape::draw(&mut first);
    body::draw(&mut first);
    misfortune::draw(&mut first);
    let (instance, runs) = (first.instance, first.runs);
    sketch.instances[0] = instance;
    aside::draw(&mut sketch);
    unaligned::draw(&mut sketch);
    relend::draw(&mut sketch);
    text::draw(&mut sketch);
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
    // With these a plan begins. They mean nothing here, but a stored input has them.
    let _ = first_choices(&mut draw);
    plan.runs = shape::runs(&mut draw, &first.entries);
}
