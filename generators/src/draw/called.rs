//! Draws an instance that other instances call, first of all the types and lifts of its entries.

use super::body;
use super::builder::{Builder, Return};
use super::shape::{self, yield_code};
use crate::limits::COUNTDOWN;
use crate::plan::{Callback, Code, Lift, ValueType};

/// Draws an instance that is called.
pub(super) fn draw(builder: &mut Builder) {
    builder.instance.fuel = builder.draw.fuel();
    shape::small(builder);
    entries(builder);
    shape::small_table(builder);
    body::draw(builder);
}

fn entries(builder: &mut Builder) {
    #[derive(Clone, Copy)]
    enum Kind {
        Callback,
        Stackful,
        Sync,
        SyncTyped,
    }
    let number = builder.number;
    let count = builder.draw.weighted(&[(50, 2), (25, 1), (25, 3)]);
    for index in 0..count {
        let makes = index == 0 && builder.instance.resource.is_some();
        let kind = builder.draw.weighted(&[
            (35, Kind::Callback),
            (33, Kind::Stackful),
            (20, Kind::Sync),
            (12, Kind::SyncTyped),
        ]);
        let params = match makes {
            true => 0,
            false => builder
                .draw
                .weighted(&[(35, 1), (25, 0), (25, 2), (10, 3), (5, 5)]),
        };
        let params = (0..params).map(|_| parameter(builder)).collect();
        let result = match makes {
            // Whoever wants a handle gets it here.
            true => Some(ValueType::Own(number)),
            false => result(builder),
        };
        let draw = &mut *builder.draw;
        let (lift, returns) = match kind {
            Kind::SyncTyped => (Lift::SyncTyped(draw.scalar(result)), Return::Value),
            Kind::Sync => (Lift::Sync(draw.scalar(result)), Return::Value),
            Kind::Stackful => {
                let weights = [
                    (40, Return::Middle),
                    (38, Return::Late),
                    (10, Return::Early),
                    (12, Return::Thread(0)),
                ];
                (Lift::Stackful, draw.weighted(&weights))
            }
            Kind::Callback => {
                let first = draw.weighted(&[
                    (55, Code::Yield(0)),
                    (30, Code::WaitOn(0)),
                    (15, Code::Exit),
                ]);
                let first = match first {
                    Code::Yield(_) => yield_code(draw),
                    Code::Exit | Code::WaitOn(_) | Code::Wait(_) | Code::Invalid(_) => first,
                };
                let goes_on = first != Code::Exit;
                let callback = Callback {
                    first,
                    body: Vec::new(),
                    countdown: draw.below(COUNTDOWN + 1),
                    again: draw.weighted(&[(60, Code::Yield(0)), (40, Code::WaitOn(0))]),
                    heeds: !draw.percent(25),
                    last: Vec::new(),
                    last_code: Code::Exit,
                };
                let weights = [
                    (if goes_on { 60 } else { 0 }, Return::Callback),
                    (if goes_on { 8 } else { 40 }, Return::Middle),
                    (12, Return::Late),
                    (8, Return::Early),
                    (8, Return::Thread(0)),
                ];
                (Lift::Callback(callback), draw.weighted(&weights))
            }
        };
        shape::add_entry(builder, params, result, lift, returns);
    }
}

/// Draws an instance whose resource type the drawn instance may name in the types of its entries, itself preferred.
fn owner(builder: &mut Builder) -> Option<usize> {
    let number = builder.number;
    let within = |other: &usize| builder.instances[*other].parent.is_none_or(|p| p < number);
    let mut owners: Vec<usize> = builder.visible.iter().copied().filter(within).collect();
    owners.push(number);
    owners.retain(|&other| builder.instances[other].resource.is_some());
    match owners.is_empty() {
        true => None,
        false => Some(builder.draw.pick(&owners)),
    }
}

fn parameter(builder: &mut Builder) -> ValueType {
    let scalar = ValueType::Scalar(builder.draw.component_type());
    match builder
        .draw
        .weighted(&[(45, 0), (25, 1), (18, 2), (7, 3), (5, 4)])
    {
        1 if !builder.channels.is_empty() => {
            ValueType::Channel(builder.draw.index(builder.channels.len()))
        }
        2 => {
            let borrows = builder.draw.percent(60);
            match owner(builder) {
                Some(owner) if borrows => ValueType::Borrow(owner),
                Some(owner) => ValueType::Own(owner),
                None => scalar,
            }
        }
        3 => ValueType::String,
        4 => ValueType::Bytes,
        _ => scalar,
    }
}

fn result(builder: &mut Builder) -> Option<ValueType> {
    let scalar = ValueType::Scalar(builder.draw.component_type());
    match builder
        .draw
        .weighted(&[(48, 0), (30, 1), (12, 2), (6, 3), (4, 4)])
    {
        1 => None,
        2 if !builder.channels.is_empty() => Some(ValueType::Channel(
            builder.draw.index(builder.channels.len()),
        )),
        3 => Some(ValueType::String),
        4 => Some(ValueType::Bytes),
        _ => Some(scalar),
    }
}
