//! Draws how the core types of an instance are declared, last of what it has: what was drawn before does not depend on it.

use super::builder::Builder;
use crate::plan::{Declared, Instance, Signature};
use std::collections::BTreeSet;

/// Makes one of the types that no start function has nearly theirs: only its declaration tells it apart, so that only an engine
/// that compares types as the core specification does finds it wrong. It does so in `percent` of instances.
pub(super) fn draw(builder: &mut Builder, percent: u32) {
    if !builder.draw.chance(percent) {
        return;
    }
    let instance = &builder.instance;
    let used = used_by_smith(instance);
    let signatures = instance.signatures.iter().enumerate();
    let others: Vec<usize> = signatures
        .filter(|(place, signature)| !signature.is_start() && !used.contains(place))
        .map(|(place, _)| place)
        .collect();
    if others.is_empty() {
        return;
    }
    let other = builder.draw.pick(&others);
    let declared = [Declared::Open, Declared::Derived, Declared::Grouped];
    builder.instance.signatures[other] = Signature {
        declared: builder.draw.pick(&declared),
        ..Signature::start()
    };
}

/// The signatures of what the module of wasm-smith calls and has: that module declares its types alone.
fn used_by_smith(instance: &Instance) -> BTreeSet<usize> {
    let Some(smith) = &instance.smith else {
        return BTreeSet::new();
    };
    let helpers = smith.helpers.iter();
    let helpers = helpers.map(|&helper| instance.functions[helper].signature);
    let functions = smith.functions.iter().map(|function| function.signature);
    helpers.chain(functions).collect()
}
