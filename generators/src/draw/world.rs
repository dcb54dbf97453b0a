//! The instances: how many, how they stand to each other, and the shapes of those that are called.
//!
//! Instances are numbered so that each sees only later ones, and drawn from the last to the first, so that whoever calls
//! knows its callees.

use super::shape::{self, yield_code};
use super::{Return, Sketch, body};
use crate::Mix;
use crate::limits::{CHANNELS, COUNTDOWN, FUEL, INSTANCES, WRAPPERS};
use crate::plan::{Callback, Channel, Code, Encoding, Entry, Instance, Lift, ValueType};
use spawndiff_corpus::Type;

/// How many instances there are, and the weights.
const COUNT: &[(u32, usize)] = &[(48, 1), (31, 2), (14, 3), (7, INSTANCES)];
/// Percentage of plans with one instance, and of those with more, that have streams or futures.
const CHANNELS_PERCENT: [u32; 2] = [8, 50];
/// Percentage of called instances that define a resource type.
const RESOURCE_PERCENT: u32 = 30;

/// The elements of streams and futures. None of them is larger than eight bytes.
const ELEMENTS: &[(u32, Option<Type>)] = &[
    (30, Some(Type::U8)),
    (20, None),
    (18, Some(Type::U32)),
    (10, Some(Type::U64)),
    (6, Some(Type::S16)),
    (5, Some(Type::F64)),
    (2, Some(Type::Bool)),
];

/// Where an instance stands, and the weights.
const PLACES: &[(u32, Place)] = &[
    (66, Place::Beside),
    (20, Place::Within),
    (10, Place::BesideIt),
    (4, Place::WithinFirst),
];

#[derive(Clone, Copy)]
enum Place {
    /// Beside the first one.
    Beside,
    /// In the one before it.
    Within,
    /// Beside the one before it, wherever that is.
    BesideIt,
    /// In the first one. Wasmtime 48 lets no component call one that it contains, or is contained in; that is known, so
    /// this is rare, and so are such calls.
    WithinFirst,
}

pub(super) fn draw(sketch: &mut Sketch, mix: Mix) {
    let count = sketch.draw.weighted(COUNT).clamp(1, mix.instances.max(1));
    if mix.instances > 1
        && sketch
            .draw
            .percent(CHANNELS_PERCENT[usize::from(count > 1)])
    {
        for _ in 0..1 + sketch.draw.index(CHANNELS) {
            let future = sketch.draw.percent(40);
            let element = sketch.draw.weighted(ELEMENTS);
            sketch.channels.push(Channel { future, element });
        }
    }
    for number in 1..count {
        let parent = match sketch.draw.weighted(PLACES) {
            Place::Beside => None,
            Place::Within if number > 1 => Some(number - 1),
            Place::BesideIt if number > 1 => sketch.instances[number - 1].parent,
            Place::Within | Place::BesideIt => None,
            Place::WithinFirst if (1..number).all(|i| sketch.instances[i].parent == Some(0)) => {
                Some(0)
            }
            Place::WithinFirst => None,
        };
        let draw = &mut sketch.draw;
        let wrappers = draw.weighted(&[(80, 0), (14, 1), (6, WRAPPERS)]);
        let resource = draw.percent(RESOURCE_PERCENT).then(|| draw.percent(50));
        let encoding = draw.weighted(&[
            (60, Encoding::Utf8),
            (20, Encoding::Utf16),
            (20, Encoding::Latin1Utf16),
        ]);
        sketch.instances.push(Instance {
            parent,
            wrappers,
            resource,
            encoding,
            ..Instance::default()
        });
    }
    let topology = sketch.topology();
    for number in (1..count).rev() {
        let first = std::mem::replace(&mut sketch.instance, sketch.instances[number].clone());
        sketch.number = number;
        sketch.visible = topology.visible(number);
        sketch.instance.fuel = sketch
            .draw
            .range(*FUEL.start() as usize..=*FUEL.end() as usize)
            as u32;
        instance(sketch);
        sketch.instances[number] = std::mem::replace(&mut sketch.instance, first);
        sketch.contents.clear();
        sketch.roles.clear();
        sketch.returns.clear();
        sketch.unlucky.clear();
    }
    sketch.number = 0;
    sketch.visible = topology.visible(0);
}

/// Draws an instance that is called.
fn instance(sketch: &mut Sketch) {
    shape::small(sketch);
    entries(sketch);
    shape::small_table(sketch);
    body::draw(sketch);
}

fn entries(sketch: &mut Sketch) {
    #[derive(Clone, Copy)]
    enum Kind {
        Callback,
        Stackful,
        Sync,
        SyncTyped,
    }
    let number = sketch.number;
    let count = sketch.draw.weighted(&[(50, 2), (25, 1), (25, 3)]);
    for index in 0..count {
        let makes = index == 0 && sketch.instance.resource.is_some();
        let kind = sketch.draw.weighted(&[
            (35, Kind::Callback),
            (33, Kind::Stackful),
            (20, Kind::Sync),
            (12, Kind::SyncTyped),
        ]);
        let params = match makes {
            true => 0,
            false => sketch
                .draw
                .weighted(&[(35, 1), (25, 0), (25, 2), (10, 3), (5, 5)]),
        };
        let params = (0..params).map(|_| parameter(sketch)).collect();
        let result = match makes {
            // Whoever wants a handle gets it here.
            true => Some(ValueType::Own(number)),
            false => result(sketch),
        };
        let draw = &mut sketch.draw;
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
        let returns = match returns {
            Return::Thread(_) => Return::Thread(shape::returner(sketch, index)),
            Return::Value | Return::Early | Return::Middle | Return::Late | Return::Callback => {
                returns
            }
        };
        sketch.returns.push(returns);
        sketch.unlucky.push(false);
        sketch.instance.entries.push(Entry {
            params,
            result,
            lift,
            body: Vec::new(),
            post_return: None,
        });
    }
}

/// An instance with a resource type that the drawn one may name in its entries' types, itself preferred.
fn owner(sketch: &mut Sketch) -> Option<usize> {
    let number = sketch.number;
    let within = |other: &usize| sketch.instances[*other].parent.is_none_or(|p| p < number);
    let mut owners: Vec<usize> = sketch.visible.iter().copied().filter(within).collect();
    owners.push(number);
    owners.retain(|&other| sketch.instances[other].resource.is_some());
    match owners.is_empty() {
        true => None,
        false => Some(sketch.draw.pick(&owners)),
    }
}

fn parameter(sketch: &mut Sketch) -> ValueType {
    let scalar = ValueType::Scalar(sketch.draw.component_type());
    match sketch
        .draw
        .weighted(&[(45, 0), (25, 1), (18, 2), (7, 3), (5, 4)])
    {
        1 if !sketch.channels.is_empty() => {
            ValueType::Channel(sketch.draw.index(sketch.channels.len()))
        }
        2 => {
            let borrows = sketch.draw.percent(60);
            match owner(sketch) {
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

fn result(sketch: &mut Sketch) -> Option<ValueType> {
    let scalar = ValueType::Scalar(sketch.draw.component_type());
    match sketch
        .draw
        .weighted(&[(48, 0), (30, 1), (12, 2), (6, 3), (4, 4)])
    {
        1 => None,
        2 if !sketch.channels.is_empty() => {
            Some(ValueType::Channel(sketch.draw.index(sketch.channels.len())))
        }
        3 => Some(ValueType::String),
        4 => Some(ValueType::Bytes),
        _ => Some(scalar),
    }
}
