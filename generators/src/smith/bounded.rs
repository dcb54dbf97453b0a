//! Bounds the code that wasm-smith has made. wasm-smith's own pass for that traps where the fuel ends, and that trap would not be
//! the program's: here, a function returns.

use crate::plan::SmithBody;
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Function, GlobalSection, GlobalType, Instruction,
    InstructionSink, Module, RefType, ValType,
};
use wasmparser::{CompositeInnerType, FuncType, FunctionBody, Operator, Parser, Payload, TypeRef};

/// Calls and rounds of loops, in one instance of a module.
const FUEL: i32 = 40;

/// The log with which a function of the module begins: a point, and the index of its thread in the upper half of the value. A
/// trace then shows that it runs, and in which thread.
#[derive(Clone, Copy)]
pub(crate) struct Begin {
    /// The point of the first function; those of the others follow.
    pub(crate) point: u32,
    /// The imported function that logs.
    pub(crate) log: u32,
    /// The imported function that gives the index of the thread.
    pub(crate) index: u32,
}

/// A module like `made`, whose loops and calls are bounded. `bodies` says what is left of the bodies of its first functions that
/// are not imported, which begin with `begin`; the others are kept.
///
/// # Errors
///
/// Says what is wrong with `made`.
pub(super) fn bounded(
    made: &[u8],
    bodies: &[SmithBody],
    begin: Option<Begin>,
) -> Result<Module, String> {
    let mut bounded = Bounded {
        types: Vec::new(),
        functions: Vec::new(),
        globals: 0,
        bodies: bodies.to_vec(),
        begin,
        imported: 0,
        next: 0,
    };
    bounded.look(made).map_err(|error| error.to_string())?;
    let mut module = Module::new();
    bounded
        .parse_core_module(&mut module, Parser::new(0), made)
        .map_err(|error| error.to_string())?;
    Ok(module)
}

struct Bounded {
    /// The types of the module, which are all of functions.
    types: Vec<FuncType>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    /// How many globals there are: the fuel comes after them.
    globals: u32,
    /// The part of each body that is kept, for the first functions.
    bodies: Vec<SmithBody>,
    /// The log with which these functions begin.
    begin: Option<Begin>,
    /// How many functions are imported.
    imported: usize,
    /// The function whose body comes next.
    next: usize,
}

impl Bounded {
    /// Looks at what the module has, before its code is rewritten.
    fn look(&mut self, made: &[u8]) -> Result<(), wasmparser::BinaryReaderError> {
        for payload in Parser::new(0).parse_all(made) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.into_types() {
                            if let CompositeInnerType::Func(ty) = ty.composite_type.inner {
                                self.types.push(ty);
                            }
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(ty) => {
                                self.functions.push(ty);
                                self.imported += 1;
                            }
                            TypeRef::Global(_) => self.globals += 1,
                            TypeRef::Table(_)
                            | TypeRef::Memory(_)
                            | TypeRef::Tag(_)
                            | TypeRef::FuncExact(_) => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        self.functions.push(ty?);
                    }
                }
                Payload::GlobalSection(section) => self.globals += section.count(),
                _ => {}
            }
        }
        self.next = self.imported;
        Ok(())
    }

    fn type_of(&self, function: usize) -> FuncType {
        self.types[self.functions[function] as usize].clone()
    }

    /// If no fuel is left, returns at once with zeros; otherwise uses some.
    fn check(&self, code: &mut InstructionSink<'_>, results: &[ValType]) {
        code.global_get(self.globals)
            .i32_eqz()
            .if_(BlockType::Empty);
        results.iter().for_each(|&ty| zero(code, ty));
        code.return_().end();
        code.global_get(self.globals)
            .i32_const(1)
            .i32_sub()
            .global_set(self.globals);
    }

    /// The calls of a body, one after the other, with zeros for arguments.
    fn calls(
        &mut self,
        body: &FunctionBody<'_>,
        code: &mut Function,
    ) -> Result<(), reencode::Error> {
        for operator in body.get_operators_reader()? {
            let (Operator::Call { function_index } | Operator::ReturnCall { function_index }) =
                operator?
            else {
                continue;
            };
            let ty = self.type_of(function_index as usize);
            for &param in ty.params() {
                let param = self.val_type(param)?;
                zero(&mut code.instructions(), param);
            }
            code.instruction(&Instruction::Call(function_index));
            for _ in ty.results() {
                code.instruction(&Instruction::Drop);
            }
        }
        Ok(())
    }
}

impl Reencode for Bounded {
    type Error = Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_global_section(self, globals, section)?;
        let fuel = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        globals.global(fuel, &ConstExpr::i32_const(FUEL));
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error> {
        let number = self.next - self.imported;
        let left = self.bodies.get(number).copied();
        let begin = self.begin.filter(|_| left.is_some());
        let left = left.unwrap_or_default();
        let ty = self.type_of(self.next);
        self.next += 1;
        let results = ty.results().iter().map(|&ty| self.val_type(ty));
        let results = results.collect::<Result<Vec<ValType>, _>>()?;
        let mut function = match left {
            SmithBody::Made => self.new_function_with_parsed_locals(&body)?,
            SmithBody::Calls | SmithBody::Nothing => Function::new([]),
        };
        self.check(&mut function.instructions(), &results);
        if let Some(Begin { point, log, index }) = begin {
            function
                .instructions()
                .i32_const(point as i32 + number as i32)
                .call(index)
                .i64_extend_i32_u()
                .i64_const(32)
                .i64_shl()
                .call(log);
        }
        match left {
            SmithBody::Made => {
                let mut reader = body.get_operators_reader()?;
                while !reader.eof() {
                    let instruction = self.parse_instruction(&mut reader)?;
                    function.instruction(&instruction);
                    if let Instruction::Loop(_) = instruction {
                        self.check(&mut function.instructions(), &results);
                    }
                }
            }
            SmithBody::Calls | SmithBody::Nothing => {
                if left == SmithBody::Calls {
                    self.calls(&body, &mut function)?;
                }
                let mut sink = function.instructions();
                results.iter().for_each(|&ty| zero(&mut sink, ty));
                sink.end();
            }
        }
        code.function(&function);
        Ok(())
    }
}

/// Pushes the default value of a type. Without garbage collection, each type has one.
fn zero(code: &mut InstructionSink<'_>, ty: ValType) {
    match ty {
        ValType::I32 => code.i32_const(0),
        ValType::I64 => code.i64_const(0),
        ValType::F32 => code.f32_const(0.0.into()),
        ValType::F64 => code.f64_const(0.0.into()),
        ValType::V128 => code.v128_const(0),
        ValType::Ref(RefType { heap_type, .. }) => code.ref_null(heap_type),
    };
}
