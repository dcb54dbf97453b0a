//! Function types that differ only in how they are declared: in a recursive group with others, with a supertype, or open to
//! subtypes.
//!
//! wasmi knows a function type by its parameters and results only, and so would take all of these for the type that is declared
//! alone and final. Here a type that is declared otherwise gets further parameters, its *mark*: which ones they are says how it is
//! declared, so that two types are equal in wasmi where they are equal in the text of WebAssembly. Whoever calls such a function by
//! name passes zeros for the mark.

use super::unsupported;
use crate::Unsupported;
use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{BlockType, CodeSection, Instruction, Module, TypeSection, ValType};
use wasmparser::{
    CompositeInnerType, FunctionBody, HeapType, Parser, Payload, RecGroup, SubType, TypeRef,
    TypeSectionReader, UnpackedIndex,
};

/// How many parameters a mark has after its first. Each of them stands for two bits of the identity of the type.
const PAIRS: u32 = 16;

/// `module`, in which equal parameters and results mean equal types. It is left as it is where they do already.
pub(super) fn mark(module: &[u8]) -> Result<Cow<'_, [u8]>, Unsupported> {
    let mut marker = Marker::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(Unsupported::malformed)? {
            Payload::TypeSection(section) => {
                for group in section {
                    marker.declare(&group.map_err(Unsupported::malformed)?);
                }
                if marker.types.iter().all(|ty| ty.mark.is_empty()) {
                    return Ok(Cow::Borrowed(module));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import.map_err(Unsupported::malformed)?.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => marker.functions.push(ty),
                        TypeRef::Table(_)
                        | TypeRef::Memory(_)
                        | TypeRef::Global(_)
                        | TypeRef::Tag(_) => {}
                    }
                }
                marker.next = marker.functions.len();
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    marker.functions.push(ty.map_err(Unsupported::malformed)?);
                }
            }
            _ => {}
        }
    }
    if marker.types.is_empty() {
        return Ok(Cow::Borrowed(module));
    }
    let mut out = Module::new();
    marker
        .parse_core_module(&mut out, Parser::new(0), module)
        .map_err(unsupported)?;
    Ok(Cow::Owned(out.finish()))
}

/// Whether a type is declared alone and final, as `(func ...)` is short for.
pub(crate) fn is_plain(group: &RecGroup) -> bool {
    let mut types = group.types();
    let alone = types.len() == 1;
    alone && types.all(|ty| ty.is_final && ty.supertype_idx.is_none())
}

/// A type of the module.
struct Type {
    /// Two types are equal if these are.
    identity: u64,
    params: u32,
    /// The further parameters; none for a type that is declared alone and final.
    mark: Vec<ValType>,
}

#[derive(Default)]
struct Marker {
    types: Vec<Type>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    /// The function whose body comes next.
    next: usize,
}

impl Marker {
    fn declare(&mut self, group: &RecGroup) {
        let first = self.types.len() as u32;
        let mut hasher = DefaultHasher::new();
        for ty in group.types() {
            self.describe(ty, first, &mut hasher);
        }
        let group_identity = hasher.finish();
        let plain = is_plain(group);
        for (place, ty) in group.types().enumerate() {
            let mut hasher = DefaultHasher::new();
            (group_identity, place).hash(&mut hasher);
            let identity = hasher.finish();
            self.types.push(Type {
                identity,
                params: match &ty.composite_type.inner {
                    CompositeInnerType::Func(func) => func.params().len() as u32,
                    // No function has it.
                    _ => 0,
                },
                mark: if plain { Vec::new() } else { mark_of(identity) },
            });
        }
    }

    /// What a type is, without the place that it is declared at.
    fn describe(&self, ty: &SubType, first: u32, hasher: &mut DefaultHasher) {
        ty.is_final.hash(hasher);
        let supertype = ty.supertype_idx.map(|index| index.unpack());
        supertype.map(|index| self.name(index, first)).hash(hasher);
        ty.composite_type.shared.hash(hasher);
        match &ty.composite_type.inner {
            CompositeInnerType::Func(func) => {
                for list in [func.params(), func.results()] {
                    list.len().hash(hasher);
                    for ty in list {
                        match ty {
                            wasmparser::ValType::Ref(ty) => {
                                ty.is_nullable().hash(hasher);
                                match ty.heap_type() {
                                    HeapType::Concrete(index) => {
                                        self.name(index, first).hash(hasher);
                                    }
                                    heap => heap.hash(hasher),
                                }
                            }
                            ty => ty.hash(hasher),
                        }
                    }
                }
            }
            // The next rewrite says that it is not supported.
            _ => "not a function type".hash(hasher),
        }
    }

    /// A type that another one names: by its place in the group of that one, or by what it is.
    fn name(&self, index: UnpackedIndex, first: u32) -> (bool, u64) {
        match index {
            UnpackedIndex::Module(index) => match self.types.get(index as usize) {
                Some(ty) => (false, ty.identity),
                None => (true, u64::from(index.wrapping_sub(first))),
            },
            UnpackedIndex::RecGroup(place) => (true, place.into()),
            // Only a validator gives these.
            UnpackedIndex::Id(_) => (true, u64::MAX),
        }
    }

    fn mark_of_type(&self, ty: u32) -> &[ValType] {
        self.types.get(ty as usize).map_or(&[], |ty| &ty.mark)
    }

    fn mark_of_function(&self, function: u32) -> &[ValType] {
        let ty = self.functions.get(function as usize);
        ty.map_or(&[], |&ty| self.mark_of_type(ty))
    }

    /// Fails if a type has a mark: for instructions that name a type, which are not rewritten.
    fn only_of_plain(&self, ty: u32) -> Result<(), reencode::Error<Unsupported>> {
        match self.mark_of_type(ty) {
            [] => Ok(()),
            _ => Err(reencode::Error::UserError(Unsupported::new(
                "an indirect call or a block of a type that has subtypes or is in a recursive group",
            ))),
        }
    }
}

/// The mark of a type: an `externref`, and then a number for each two bits of the identity.
fn mark_of(identity: u64) -> Vec<ValType> {
    let pairs = (0..PAIRS).map(|pair| match identity >> (2 * pair) & 3 {
        0 => ValType::I32,
        1 => ValType::I64,
        2 => ValType::F32,
        _ => ValType::F64,
    });
    std::iter::once(ValType::EXTERNREF).chain(pairs).collect()
}

/// The argument that is passed for a parameter of a mark.
fn zero(ty: ValType) -> Instruction<'static> {
    match ty {
        ValType::I32 => Instruction::I32Const(0),
        ValType::I64 => Instruction::I64Const(0),
        ValType::F32 => Instruction::F32Const(0.0.into()),
        ValType::F64 => Instruction::F64Const(0.0.into()),
        ValType::V128 | ValType::Ref(_) => Instruction::RefNull(wasm_encoder::HeapType::EXTERN),
    }
}

impl Reencode for Marker {
    type Error = Unsupported;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), reencode::Error<Unsupported>> {
        for group in section {
            for ty in group?.into_types() {
                let CompositeInnerType::Func(func) = &ty.composite_type.inner else {
                    let what = Unsupported::new("a core type that is not a function type");
                    return Err(reencode::Error::UserError(what));
                };
                let func = self.func_type(func.clone())?;
                let mark = self.mark_of_type(types.len());
                let params = func.params().iter().chain(mark).copied();
                let results = func.results().iter().copied();
                types.ty().function(params.collect::<Vec<_>>(), results);
            }
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Unsupported>> {
        let ty = self.functions.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        let params = self.types.get(ty as usize).map_or(0, |ty| ty.params);
        let further = self.mark_of_type(ty).len() as u32;
        // The mark lies between the parameters and the locals.
        let local = |index: u32| index + if index < params { 0 } else { further };
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let instruction = match self.parse_instruction(&mut reader)? {
                Instruction::LocalGet(index) => Instruction::LocalGet(local(index)),
                Instruction::LocalSet(index) => Instruction::LocalSet(local(index)),
                Instruction::LocalTee(index) => Instruction::LocalTee(local(index)),
                instruction => instruction,
            };
            match &instruction {
                Instruction::Call(callee) | Instruction::ReturnCall(callee) => {
                    for &ty in self.mark_of_function(*callee) {
                        function.instruction(&zero(ty));
                    }
                }
                Instruction::CallIndirect { type_index, .. }
                | Instruction::ReturnCallIndirect { type_index, .. } => {
                    self.only_of_plain(*type_index)?;
                }
                Instruction::Block(BlockType::FunctionType(ty))
                | Instruction::Loop(BlockType::FunctionType(ty))
                | Instruction::If(BlockType::FunctionType(ty))
                | Instruction::TryTable(BlockType::FunctionType(ty), _) => {
                    self.only_of_plain(*ty)?;
                }
                _ => {}
            }
            function.instruction(&instruction);
        }
        code.function(&function);
        Ok(())
    }
}
