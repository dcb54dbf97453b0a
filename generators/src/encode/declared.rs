//! Core types that have the parameters and results of start functions, and are declared otherwise.
//!
//! They come before all other types of a module, since a type names its supertype by an index that is lower than its own.

use crate::plan::{Declared, Instance};
use wasm_encoder::{CompositeInnerType, CompositeType, FuncType, SubType, TypeSection, ValType};

/// How many of these types the module of an instance has: all of them, or none.
pub(super) fn count(instance: &Instance) -> u32 {
    let mut signatures = instance.signatures.iter();
    match signatures.any(|signature| signature.declared != Declared::Alone) {
        true => 4,
        false => 0,
    }
}

/// The index of the type that is declared so; `None` for one that is declared alone.
pub(super) fn index(declared: Declared) -> Option<u32> {
    match declared {
        Declared::Alone => None,
        Declared::Open => Some(0),
        Declared::Derived => Some(1),
        Declared::Grouped => Some(2),
    }
}

/// Declares them, in the order of [`index`]. The last one only is there so that the one before is in a group.
pub(super) fn declare(instance: &Instance, types: &mut TypeSection) {
    if count(instance) > 0 {
        types.ty().subtype(&start(false, None));
        types.ty().subtype(&start(true, Some(0)));
        types.ty().rec([start(true, None), start(true, None)]);
    }
}

fn start(is_final: bool, supertype_idx: Option<u32>) -> SubType {
    let func = FuncType::new([ValType::I32], []);
    SubType {
        is_final,
        supertype_idx,
        composite_type: CompositeType {
            inner: CompositeInnerType::Func(func),
            shared: false,
            descriptor: None,
            describes: None,
        },
    }
}
