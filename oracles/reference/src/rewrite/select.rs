//! The condition of a `select` goes through a local.
//!
//! wasmi 2.0.0 makes one instruction of a comparison and the `select` that follows it. Where the comparison is of an `i32` with
//! zero, the instruction always gives the same operand. A condition that comes from a local is not merged. (How this was found:
//! `findings/wasmi-2.0.0`.)

use super::unsupported;
use crate::Unsupported;
use std::borrow::Cow;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, Function, Instruction, Module, ValType};
use wasmparser::{CompositeInnerType, FunctionBody, Operator, Parser, Payload, TypeRef};

/// `module`, in which no `select` follows a comparison that wasmi may get wrong. It is left as it is where none does.
pub(crate) fn apart(module: &[u8]) -> Result<Cow<'_, [u8]>, Unsupported> {
    let mut needed = false;
    let mut apart = Apart::default();
    let mut types = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(Unsupported::malformed)? {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group.map_err(Unsupported::malformed)?.into_types() {
                        // A type that is no function's has no parameters, and no function has it.
                        types.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => ty.params().len() as u32,
                            _ => 0,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let ty = import.map_err(Unsupported::malformed)?.ty;
                    apart.next +=
                        usize::from(matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
                apart.params.resize(apart.next, 0);
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    let ty = ty.map_err(Unsupported::malformed)?;
                    apart
                        .params
                        .push(types.get(ty as usize).copied().unwrap_or(0));
                }
            }
            Payload::CodeSectionEntry(body) => needed |= is_needed(&body)?,
            _ => {}
        }
    }
    if !needed {
        return Ok(Cow::Borrowed(module));
    }
    let mut out = Module::new();
    apart
        .parse_core_module(&mut out, Parser::new(0), module)
        .map_err(unsupported)?;
    Ok(Cow::Owned(out.finish()))
}

/// Whether a `select` follows something other than what wasmi is known to get right.
fn is_needed(body: &FunctionBody<'_>) -> Result<bool, Unsupported> {
    let mut right = false;
    for operator in body
        .get_operators_reader()
        .map_err(Unsupported::malformed)?
    {
        let operator = operator.map_err(Unsupported::malformed)?;
        let selects = matches!(operator, Operator::Select | Operator::TypedSelect { .. });
        if selects && !right {
            return Ok(true);
        }
        right = matches!(
            operator,
            Operator::LocalGet { .. }
                | Operator::TableSize { .. }
                | Operator::I32LtU
                | Operator::F32Eq
                | Operator::F64Eq
        );
    }
    Ok(false)
}

#[derive(Default)]
struct Apart {
    /// How many parameters each function has, imported ones first; those of imported functions are not asked for.
    params: Vec<u32>,
    /// The function whose body comes next.
    next: usize,
}

impl Reencode for Apart {
    type Error = Unsupported;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Unsupported>> {
        let mut locals = Vec::new();
        let mut condition = self.params.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            condition = condition.saturating_add(count);
            locals.push((count, self.val_type(ty)?));
        }
        locals.push((1, ValType::I32));
        let mut function = Function::new(locals);
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let instruction = self.parse_instruction(&mut reader)?;
            if let Instruction::Select
            | Instruction::TypedSelect(_)
            | Instruction::TypedSelectMulti(_) = instruction
            {
                function.instruction(&Instruction::LocalSet(condition));
                function.instruction(&Instruction::LocalGet(condition));
            }
            function.instruction(&instruction);
        }
        code.function(&function);
        Ok(())
    }
}
