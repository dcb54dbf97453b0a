//! The rewrites of the mutants that break what core code does with tables.

use super::Mutant;
use wasm_encoder::reencode::{self, Reencode, ReencodeComponent, component_utils, utils};
use wasm_encoder::{
    AbstractHeapType, CodeSection, ElementSection, Elements, Function, FunctionSection, HeapType,
    ImportSection, Instruction, TypeSection, ValType,
};
use wasmparser::{
    CompositeInnerType, Element, ElementKind, FunctionBody, FunctionSectionReader,
    ImportSectionReader, Parser, TypeRef, TypeSectionReader,
};

/// Rewrites the core modules of a component as a mutant wants it. Leaves the component as it is if it cannot be read.
pub(in crate::wasmtime) fn break_tables(mutant: Mutant, component: &[u8]) -> Vec<u8> {
    let mut broken = wasm_encoder::Component::new();
    let mut breaker = Breaker::new(mutant);
    match breaker.parse_component(&mut broken, Parser::new(0), component) {
        Ok(()) => broken.finish(),
        Err(_) => component.to_vec(),
    }
}

/// The type below all types of functions: its null fits every table.
const NO_FUNC: HeapType = HeapType::Abstract {
    shared: false,
    ty: AbstractHeapType::NoFunc,
};

struct Breaker {
    mutant: Mutant,
    /// Of the module that is being read: how many tables it imports.
    imported_tables: u32,
    /// How many parameters each of its types has.
    params: Vec<u32>,
    /// The types of the functions whose bodies are to come, the next one last.
    bodies: Vec<u32>,
}

impl Breaker {
    fn new(mutant: Mutant) -> Breaker {
        Breaker {
            mutant,
            imported_tables: 0,
            params: Vec::new(),
            bodies: Vec::new(),
        }
    }
}

impl Reencode for Breaker {
    type Error = std::convert::Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for group in section.clone() {
            for ty in group?.into_types() {
                self.params.push(match ty.composite_type.inner {
                    CompositeInnerType::Func(func) => func.params().len() as u32,
                    _ => 0,
                });
            }
        }
        utils::parse_type_section(self, types, section)
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for import in section.clone().into_imports() {
            self.imported_tables += u32::from(matches!(import?.ty, TypeRef::Table(_)));
        }
        utils::parse_import_section(self, imports, section)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        self.bodies = section.clone().into_iter().collect::<Result<_, _>>()?;
        self.bodies.reverse();
        utils::parse_function_section(self, functions, section)
    }

    fn parse_element(
        &mut self,
        elements: &mut ElementSection,
        element: Element<'_>,
    ) -> Result<(), reencode::Error> {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = &element.kind
        else {
            return utils::parse_element(self, elements, element);
        };
        let own = table_index.unwrap_or(0) >= self.imported_tables;
        let offset = self.const_expr(offset_expr.clone())?;
        let mut items = self.element_items(element.items.clone())?;
        let offset = match self.mutant {
            Mutant::LazyEntriesNull if own => {
                keep(&mut items, 0);
                offset
            }
            Mutant::SegmentOffByOne if count(&items) > 1 => {
                let all = count(&items);
                keep(&mut items, all - 1);
                offset.with_i32_const(1).with_i32_add()
            }
            _ => offset,
        };
        elements.active(*table_index, &offset, items);
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error> {
        let ty = self.bodies.pop().unwrap_or(0);
        let mut locals = Vec::new();
        let mut next = self.params.get(ty as usize).copied().unwrap_or(0);
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            next += count;
            locals.push((count, self.val_type(ty)?));
        }
        locals.push((1, ValType::I32));
        let mut function = Function::new(locals);
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            match self.parse_instruction(&mut reader)? {
                Instruction::TableGrow(table) if self.mutant == Mutant::GrownEntriesNull => {
                    function.instruction(&Instruction::LocalSet(next));
                    function.instruction(&Instruction::Drop);
                    function.instruction(&Instruction::RefNull(NO_FUNC));
                    function.instruction(&Instruction::LocalGet(next));
                    function.instruction(&Instruction::TableGrow(table));
                }
                Instruction::ElemDrop(_) if self.mutant == Mutant::DropForgotten => {}
                instruction => {
                    function.instruction(&instruction);
                }
            }
        }
        code.function(&function);
        Ok(())
    }
}

impl ReencodeComponent for Breaker {
    fn parse_component_submodule(
        &mut self,
        component: &mut wasm_encoder::Component,
        parser: Parser,
        module: &[u8],
    ) -> Result<(), reencode::Error> {
        *self = Breaker::new(self.mutant);
        component_utils::parse_component_submodule(self, component, parser, module)
    }
}

fn count(items: &Elements<'_>) -> usize {
    match items {
        Elements::Functions(functions) => functions.len(),
        Elements::Expressions(_, expressions) => expressions.len(),
    }
}

/// Drops all items after the first `count`.
fn keep(items: &mut Elements<'_>, count: usize) {
    match items {
        Elements::Functions(functions) => functions.to_mut().truncate(count),
        Elements::Expressions(_, expressions) => expressions.to_mut().truncate(count),
    }
}
