//! Adds a call by which an entry lends a handle that it has borrowed on to another instance, to an entry that is made for
//! this call.
//!
//! The call is drawn after everything that may give an instance an entry that borrows, and only where there is such an
//! entry, so that what was drawn before does not depend on it.

use super::sketch::Sketch;
use crate::limits::ENTRIES;
use crate::plan::flat::flat;
use crate::plan::{Argument, Callee, Entry, Handle, Lift, Op, Reaction, Scalar, ValueType};

/// Percentage of plans in which such a call is added, of those that have a place for it.
const PERCENT: u32 = 80;

/// An entry that borrows a handle, and another instance that can borrow the same handle.
#[derive(Clone, Copy)]
struct Place {
    instance: usize,
    entry: usize,
    owner: usize,
    /// The number of the core parameter that is the handle.
    parameter: usize,
    callee: usize,
}

pub(super) fn draw(sketch: &mut Sketch) {
    let places = places(sketch);
    if places.is_empty() || !sketch.draw.percent(PERCENT) {
        return;
    }
    let place = places[sketch.draw.index(places.len())];
    let borrower = borrower(sketch, place);
    let entries = &mut sketch.instances[place.callee].entries;
    let callee = Callee {
        instance: place.callee,
        entry: entries.len(),
    };
    entries.push(borrower);
    let lends = Op::Invoke {
        callee,
        asynchronous: sketch.draw.percent(85),
        args: vec![Argument::Handle(Handle::Parameter(place.parameter))],
        slot: 3,
    };
    let body = &mut sketch.instances[place.instance].entries[place.entry].body;
    body.insert(0, lends);
}

/// Draws an entry that holds the handle that it has borrowed for a while.
fn borrower(sketch: &mut Sketch, place: Place) -> Entry {
    let mut body = Vec::new();
    for _ in 0..1 + sketch.draw.below(3) {
        body.push(Op::Yield {
            cancellable: sketch.draw.percent(30),
            offer: false,
        });
    }
    // The owner of the resource type is passed no handle, but what the handle stands for.
    if place.callee != place.owner {
        body.push(Op::ResourceDrop {
            owner: place.owner,
            handle: Handle::Parameter(0),
        });
    }
    body.push(Op::Finish {
        result: None,
        value: Scalar::Bits(0),
        reaction: Reaction::Return,
    });
    let stackful = sketch.draw.percent(60);
    Entry {
        params: vec![ValueType::Borrow(place.owner)],
        result: None,
        lift: match stackful {
            true => Lift::Stackful,
            false => Lift::Sync(Scalar::Bits(0)),
        },
        body,
        post_return: None,
    }
}

fn places(sketch: &Sketch) -> Vec<Place> {
    let (topology, instances) = (&sketch.topology, &sketch.instances);
    let mut places = Vec::new();
    for (instance, it) in instances.iter().enumerate() {
        let mut callees = topology.visible(instance);
        callees.retain(|&callee| instances[callee].entries.len() < ENTRIES);
        for (entry, borrowing) in it.entries.iter().enumerate() {
            let mut parameter = 0;
            for &ty in &borrowing.params {
                if let ValueType::Borrow(owner) = ty
                    && owner != instance
                {
                    places.extend(callees.iter().map(|&callee| Place {
                        instance,
                        entry,
                        owner,
                        parameter,
                        callee,
                    }));
                }
                parameter += flat(ty).len();
            }
        }
    }
    places
}
