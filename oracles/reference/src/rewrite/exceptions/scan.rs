//! Whether a component's core modules have anything to do with exceptions. This is asked before they are rewritten.

use super::is_one;
use wasmparser::{CompositeInnerType, HeapType, Parser, Payload, TypeRef, TypeSectionReader};

/// Whether a core module anywhere in a component has something to do with exceptions. One that cannot be read has not.
pub(crate) fn occur(component: &[u8]) -> bool {
    let mut payloads = Parser::new(0).parse_all(component).map_while(Result::ok);
    payloads.any(|payload| match payload {
        Payload::TagSection(_) => true,
        Payload::ImportSection(imports) => imports
            .into_imports()
            .any(|import| import.is_ok_and(|import| matches!(import.ty, TypeRef::Tag(_)))),
        Payload::CodeSectionEntry(body) => body.get_operators_reader().is_ok_and(|operators| {
            let mut operators = operators.into_iter();
            operators.any(|operator| operator.is_ok_and(|operator| is_one(&operator)))
        }),
        _ => false,
    })
}

/// Whether function types of a component have references to exceptions, and others (or the same) references to what is of the
/// host: both become `externref`, and a type that a call asks for could be taken for another one.
pub(crate) fn look_alike(component: &[u8]) -> bool {
    let (mut exn, mut external) = (false, false);
    let mut look = |types: TypeSectionReader<'_>| {
        let groups = types.into_iter().filter_map(Result::ok);
        for ty in groups.flat_map(wasmparser::RecGroup::into_types) {
            let CompositeInnerType::Func(func) = &ty.composite_type.inner else {
                continue;
            };
            for ty in func.params().iter().chain(func.results()) {
                if let wasmparser::ValType::Ref(ty) = ty {
                    let exception = HeapType::Abstract {
                        shared: false,
                        ty: wasmparser::AbstractHeapType::Exn,
                    };
                    exn |= ty.heap_type() == exception;
                    external |= ty.is_extern_ref();
                }
            }
        }
    };
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        if let Payload::TypeSection(types) = payload {
            look(types);
        }
    }
    exn && external
}
