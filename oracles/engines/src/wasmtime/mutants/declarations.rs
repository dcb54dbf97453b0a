//! The rewrite of the mutant for which function types are equal if their parameters and results are.

use wasm_encoder::reencode::{self, Reencode, ReencodeComponent};
use wasmparser::{CompositeInnerType, Parser, TypeSectionReader};

/// Declares each type in the core modules of a component alone and final. Leaves the component as it is if it cannot be read, or has other
/// types than those of functions.
pub(in crate::wasmtime) fn forget_declarations(component: &[u8]) -> Vec<u8> {
    let mut forgetful = wasm_encoder::Component::new();
    match Forgetful.parse_component(&mut forgetful, Parser::new(0), component) {
        Ok(()) => forgetful.finish(),
        Err(_) => component.to_vec(),
    }
}

struct Forgetful;

impl Reencode for Forgetful {
    type Error = &'static str;

    fn parse_type_section(
        &mut self,
        types: &mut wasm_encoder::TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), reencode::Error<&'static str>> {
        for group in section {
            for ty in group?.into_types() {
                let CompositeInnerType::Func(func) = ty.composite_type.inner else {
                    return Err(reencode::Error::UserError("not a function type"));
                };
                types.ty().func_type(&self.func_type(func)?);
            }
        }
        Ok(())
    }
}

impl ReencodeComponent for Forgetful {}
