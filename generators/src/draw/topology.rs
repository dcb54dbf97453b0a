//! Draws how many instances a plan has, and how they stand to each other. They are numbered so that each sees only later
//! ones.

use super::choices::Draw;
use crate::limits::{CHANNELS, INSTANCES, WRAPPERS};
use crate::mix::Mix;
use crate::plan::{Channel, Encoding, Instance};
use crate::weight::Weight;
use spawndiff_corpus::Type;

/// The numbers of instances that a plan may have, each with its weight.
const COUNT: &[(u32, usize)] = &[(48, 1), (31, 2), (14, 3), (7, INSTANCES)];
/// Percentage of plans with one instance, and of those with more, that have streams or futures.
const CHANNELS_PERCENT: [u32; 2] = [8, 50];
/// Percentage of called instances that define a resource type.
const RESOURCE_PERCENT: u32 = 30;

/// The element types of streams and futures, each with its weight. No element is larger than eight bytes.
const ELEMENTS: &[(u32, Option<Type>)] = &[
    (30, Some(Type::U8)),
    (20, None),
    (18, Some(Type::U32)),
    (10, Some(Type::U64)),
    (6, Some(Type::S16)),
    (5, Some(Type::F64)),
    (2, Some(Type::Bool)),
];

/// The places where an instance may stand, each with its weight. The place in the first instance is not among them: its
/// weight is [`Weight::NestedInFirst`].
const PLACES: [(u32, Place); 3] = [
    (66, Place::Beside),
    (20, Place::Within),
    (10, Place::BesideIt),
];

#[derive(Clone, Copy)]
enum Place {
    /// Beside the first instance.
    Beside,
    /// Nested in the instance before it.
    Within,
    /// Beside the instance before it, wherever that stands.
    BesideIt,
    /// Nested in the first instance.
    WithinFirst,
}

/// Draws the instances with their places and nothing in them, and the types of streams and futures.
pub(super) fn draw(draw: &mut Draw, mix: Mix) -> (Vec<Instance>, Vec<Channel>) {
    let mut instances = vec![Instance::default()];
    let mut channels = Vec::new();
    let count = draw.weighted(COUNT).clamp(1, mix.instances.max(1));
    if mix.instances > 1 && draw.percent(CHANNELS_PERCENT[usize::from(count > 1)]) {
        for _ in 0..1 + draw.index(CHANNELS) {
            let future = draw.percent(40);
            let element = draw.weighted(ELEMENTS);
            channels.push(Channel { future, element });
        }
    }
    let [beside, within, beside_it] = PLACES;
    let within_first = (mix.weight(Weight::NestedInFirst), Place::WithinFirst);
    let places = [beside, within, beside_it, within_first];
    for number in 1..count {
        let parent = match draw.weighted(&places) {
            Place::Beside => None,
            Place::Within if number > 1 => Some(number - 1),
            Place::BesideIt if number > 1 => instances[number - 1].parent,
            Place::Within | Place::BesideIt => None,
            Place::WithinFirst if (1..number).all(|i| instances[i].parent == Some(0)) => Some(0),
            Place::WithinFirst => None,
        };
        let wrappers = draw.weighted(&[(80, 0), (14, 1), (6, WRAPPERS)]);
        let resource = draw.percent(RESOURCE_PERCENT).then(|| draw.percent(50));
        let encoding = draw.weighted(&[
            (60, Encoding::Utf8),
            (20, Encoding::Utf16),
            (20, Encoding::Latin1Utf16),
        ]);
        instances.push(Instance {
            parent,
            wrappers,
            resource,
            encoding,
            ..Instance::default()
        });
    }
    (instances, channels)
}
