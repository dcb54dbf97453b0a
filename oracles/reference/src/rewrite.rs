//! Rewriting a core module into one that wasmi runs.
//!
//! - A reference to a function of a given type, `(ref null $t)` or `(ref $t)`, becomes `funcref`: wasmi has no typed
//!   function references. Where that would make two types equal that were not, or where an instruction uses the type
//!   (`call_ref`), the module is not supported.
//! - A function type that has subtypes, or is in a recursive group, gets parameters that tell it apart (`rewrite/declared.rs`): wasmi
//!   has no such types.
//! - `return_call*` becomes a call and a return: wasmi 2.0.0 resumes wrongly after a tail call to a host function, and
//!   every built-in is a host function that is resumed. The stack is deeper for it, which only exhaustion can show.
//! - The condition of a `select` goes through a local (`rewrite/select.rs`): wasmi 2.0.0 merges some conditions with it, and gets
//!   it wrong.
//! - Exceptions become branches, calls of the host and a global (`rewrite/exceptions.rs`): wasmi has none.
//! - `start` becomes an export (`rewrite/start.rs`).
//!
//! A module that needs none of them is left as it is. What wasmi lacks and no rewrite brings is *not supported*, by name
//! (`rewrite/lacking.rs`).

mod declared;
mod exceptions;
mod lacking;
mod select;
mod start;
#[cfg(test)]
mod tests;

pub(crate) use declared::is_plain;
pub(crate) use exceptions::{look_alike, occur as have_exceptions};
pub(crate) use select::apart as selects_apart;

use super::Unsupported;
use super::exceptions::Part;
use exceptions::Plan;
use std::borrow::Cow;
use std::collections::HashMap;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{Encode, Instruction, RawSection};
use wasmparser::{
    CompositeInnerType, Encoding, HeapType, Operator, Parser, Payload, RefType, TypeRef, ValType,
};

/// A module as wasmi takes it.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    /// The module. It has no start section.
    pub(crate) wasm: Cow<'a, [u8]>,
    /// The export that was the start function: to be called once, right after the instance is made.
    pub(crate) start: Option<String>,
    /// The parts of the keep of exceptions that the module imports.
    pub(crate) keep: Vec<Part>,
}

/// Rewrites `module` as far as it needs to be. `exceptions` says whether exceptions may get to it from another module; whether it
/// has exceptions of its own is found out here.
pub(crate) fn prepare(module: &[u8], exceptions: bool) -> Result<Prepared<'_>, Unsupported> {
    let module = match declared::mark(module)? {
        Cow::Borrowed(module) => select::apart(module)?,
        Cow::Owned(marked) => Cow::Owned(select::apart(&marked)?.into_owned()),
    };
    let needs = Needs::of(&module)?;
    let mut start = needs.start;
    let mut keep = Vec::new();
    let mut wasm = if exceptions || needs.exceptions {
        let plan = Plan::of(&module)?;
        start = start.map(|func| plan.function(func));
        let wasm = plan.rewrite(&module)?;
        keep = plan.into_parts();
        Cow::Owned(wasm)
    } else if needs.erasure || needs.tail_calls {
        Cow::Owned(reencode(&module)?)
    } else {
        module
    };
    let start = match start {
        Some(func) => {
            let (exporting, name) = start::to_export(&wasm, func)?;
            wasm = Cow::Owned(exporting);
            Some(name)
        }
        None => None,
    };
    Ok(Prepared { wasm, start, keep })
}

/// Erasure and tail calls.
fn reencode(module: &[u8]) -> Result<Vec<u8>, Unsupported> {
    let mut out = wasm_encoder::Module::new();
    Rewriter
        .parse_core_module(&mut out, Parser::new(0), module)
        .map_err(unsupported)?;
    Ok(out.finish())
}

/// Why a module could not be written again.
fn unsupported(error: reencode::Error<Unsupported>) -> Unsupported {
    match error {
        reencode::Error::UserError(unsupported) => unsupported,
        other => Unsupported::malformed(other),
    }
}

/// Appends a section of `module` as it is. What is no section is left out.
fn copy_section(
    payload: &Payload<'_>,
    module: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Unsupported> {
    if let Some((id, range)) = payload.as_section() {
        let data = module
            .get(range)
            .ok_or_else(|| Unsupported::new("a core module that is cut off"))?;
        out.push(id);
        RawSection { id, data }.encode(out);
    }
    Ok(())
}

/// The core value type that stands for `ty` in the rewritten module.
pub(crate) fn erase(ty: ValType) -> Result<wasmi::ValType, Unsupported> {
    Ok(match ty {
        ValType::I32 => wasmi::ValType::I32,
        ValType::I64 => wasmi::ValType::I64,
        ValType::F32 => wasmi::ValType::F32,
        ValType::F64 => wasmi::ValType::F64,
        ValType::V128 => wasmi::ValType::V128,
        ValType::Ref(ty) => match erase_ref(ty)? {
            wasm_encoder::RefType::EXTERNREF => wasmi::ValType::ExternRef,
            _ => wasmi::ValType::FuncRef,
        },
    })
}

/// `funcref` or `externref`, whichever `ty` is a kind of.
fn erase_ref(ty: RefType) -> Result<wasm_encoder::RefType, Unsupported> {
    match ty.heap_type() {
        HeapType::Concrete(_) => Ok(wasm_encoder::RefType::FUNCREF),
        HeapType::Abstract {
            shared: false,
            ty: wasmparser::AbstractHeapType::Func,
        } => Ok(wasm_encoder::RefType::FUNCREF),
        HeapType::Abstract {
            shared: false,
            ty:
                wasmparser::AbstractHeapType::Extern
                | wasmparser::AbstractHeapType::Exn
                | wasmparser::AbstractHeapType::NoExn,
        } => Ok(wasm_encoder::RefType::EXTERNREF),
        HeapType::Abstract { .. } | HeapType::Exact(_) => {
            Err(Unsupported::new(format!("reference type {ty}")))
        }
    }
}

/// Which rewrites a module needs.
#[derive(Default)]
struct Needs {
    erasure: bool,
    tail_calls: bool,
    exceptions: bool,
    /// The start function.
    start: Option<u32>,
}

impl Needs {
    fn of(module: &[u8]) -> Result<Needs, Unsupported> {
        let mut needs = Needs::default();
        let mut erased: HashMap<(Vec<wasmi::ValType>, Vec<wasmi::ValType>), Vec<ValType>> =
            HashMap::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(Unsupported::malformed)? {
                Payload::TypeSection(types) => {
                    for group in types {
                        for ty in group.map_err(Unsupported::malformed)?.into_types() {
                            needs.look_at_type(&ty, &mut erased)?;
                        }
                    }
                }
                Payload::Version {
                    encoding: Encoding::Component,
                    ..
                } => return Err(Unsupported::new("a component in place of a core module")),
                Payload::TableSection(tables) => {
                    for table in tables {
                        let ty = table.map_err(Unsupported::malformed)?.ty;
                        lacking::table(&ty)?;
                        needs.look_at_ref(ty.element_type);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let ty = import.map_err(Unsupported::malformed)?.ty;
                        lacking::import(ty)?;
                        match ty {
                            TypeRef::Table(ty) => needs.look_at_ref(ty.element_type),
                            TypeRef::Tag(_) => needs.exceptions = true,
                            TypeRef::Func(_)
                            | TypeRef::FuncExact(_)
                            | TypeRef::Memory(_)
                            | TypeRef::Global(_) => {}
                        }
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        lacking::memory(&memory.map_err(Unsupported::malformed)?)?;
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        lacking::global(&global.map_err(Unsupported::malformed)?.ty)?;
                    }
                }
                Payload::TagSection(_) => needs.exceptions = true,
                Payload::StartSection { func, .. } => needs.start = Some(func),
                Payload::CodeSectionEntry(body) => needs.look_at_body(&body)?,
                _ => {}
            }
        }
        Ok(needs)
    }

    /// Two function types that differ must still differ once they are erased: `call_indirect` compares them.
    fn look_at_type(
        &mut self,
        ty: &wasmparser::SubType,
        erased: &mut HashMap<(Vec<wasmi::ValType>, Vec<wasmi::ValType>), Vec<ValType>>,
    ) -> Result<(), Unsupported> {
        let CompositeInnerType::Func(func) = &ty.composite_type.inner else {
            return Err(Unsupported::new("a core type that is not a function type"));
        };
        if ty.composite_type.shared {
            return Err(Unsupported::new("a shared function type"));
        }
        let mut written: Vec<ValType> = func.params().to_vec();
        written.extend(func.results());
        for ty in &written {
            if let ValType::Ref(ty) = ty {
                self.look_at_ref(*ty);
            }
        }
        let params = func
            .params()
            .iter()
            .map(|&ty| erase(ty))
            .collect::<Result<Vec<_>, _>>()?;
        let results = func
            .results()
            .iter()
            .map(|&ty| erase(ty))
            .collect::<Result<Vec<_>, _>>()?;
        let first = erased
            .entry((params, results))
            .or_insert_with(|| written.clone());
        if *first != written {
            return Err(Unsupported::new(
                "function types that differ only in a typed reference",
            ));
        }
        Ok(())
    }

    fn look_at_ref(&mut self, ty: RefType) {
        if ty != RefType::FUNCREF && ty != RefType::EXTERNREF {
            self.erasure = true;
        }
    }

    fn look_at_body(&mut self, body: &wasmparser::FunctionBody<'_>) -> Result<(), Unsupported> {
        for local in body.get_locals_reader().map_err(Unsupported::malformed)? {
            if let ValType::Ref(ty) = local.map_err(Unsupported::malformed)?.1 {
                self.look_at_ref(ty);
            }
        }
        for operator in body
            .get_operators_reader()
            .map_err(Unsupported::malformed)?
        {
            let operator = operator.map_err(Unsupported::malformed)?;
            lacking::instruction(&operator)?;
            self.exceptions |= exceptions::is_one(&operator);
            match operator {
                Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } => {
                    self.tail_calls = true;
                }
                Operator::RefNull { hty } if hty != HeapType::FUNC && hty != HeapType::EXTERN => {
                    self.erasure = true;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Erases, and makes calls of tail calls.
struct Rewriter;

impl Reencode for Rewriter {
    type Error = Unsupported;

    fn ref_type(
        &mut self,
        ty: RefType,
    ) -> Result<wasm_encoder::RefType, reencode::Error<Unsupported>> {
        erase_ref(ty).map_err(reencode::Error::UserError)
    }

    fn heap_type(
        &mut self,
        ty: HeapType,
    ) -> Result<wasm_encoder::HeapType, reencode::Error<Unsupported>> {
        let ty = RefType::new(true, ty)
            .ok_or_else(|| reencode::Error::UserError(Unsupported::new("a large type index")))?;
        Ok(erase_ref(ty).map_err(reencode::Error::UserError)?.heap_type)
    }

    fn parse_function_body(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Unsupported>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let instruction = self.parse_instruction(&mut reader)?;
            match tail_call(&instruction) {
                Some(call) => {
                    function.instruction(&call);
                    function.instruction(&Instruction::Return);
                }
                None => {
                    function.instruction(&instruction);
                }
            }
        }
        code.function(&function);
        Ok(())
    }
}

/// The call of a tail call.
fn tail_call(instruction: &Instruction<'_>) -> Option<Instruction<'static>> {
    match *instruction {
        Instruction::ReturnCall(index) => Some(Instruction::Call(index)),
        Instruction::ReturnCallIndirect {
            type_index,
            table_index,
        } => Some(Instruction::CallIndirect {
            type_index,
            table_index,
        }),
        _ => None,
    }
}
