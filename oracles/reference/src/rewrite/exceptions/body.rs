//! Function bodies that unwind by themselves.
//!
//! A body becomes
//!
//! ```text
//! block                  ;; left when an exception leaves the function
//!   BODY
//!   return
//! end
//! ZEROS                  ;; one for each result
//! ```
//!
//! and a `try_table`
//!
//! ```text
//! block TYPE             ;; what its label was
//!   block PARAMETERS     ;; left when an exception is to be handled
//!     BODY
//!     br 1
//!   end
//!   (if (this tag is under way) (take it over) (br LABEL)) for each clause
//!   br to the handler around it
//! end
//! ```
//!
//! A branch to a label without types leaves what else is on the stack behind, so nothing has to be known of it; and what
//! follows a branch may be anything, as it may after `throw`. Labels are named by their places here, counted from the
//! outside: those stay the same, whatever is opened inside.

use super::super::{tail_call, unsupported};
use super::{Plan, Service};
use crate::Unsupported;
use crate::definition::no_such;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{BlockType, Function, Ieee32, Ieee64, Instruction, ValType};
use wasmparser::{Catch, Operator, TryTable};

/// A body that is being written.
pub(super) struct Body<'a> {
    plan: &'a Plan,
    results: &'a [ValType],
    out: Function,
    /// How many labels are open in the body that is being written.
    height: u32,
    /// The labels that are open in the body as it was, the innermost last.
    labels: Vec<Label>,
    /// The places of the labels to branch to when an exception is under way, the innermost last.
    handlers: Vec<u32>,
}

/// A label of the body as it was.
struct Label {
    place: u32,
    /// The clauses of the `try_table` whose label this is; `None`: it is the label of something else.
    clauses: Option<Vec<Clause>>,
}

/// A clause of a `try_table`.
struct Clause {
    /// The global of the tag that it asks for, if it does.
    tag: Option<u32>,
    /// The function that takes the exception over.
    take: u32,
    /// The place of its label.
    place: u32,
}

impl<'a> Body<'a> {
    /// `function` has its locals, and nothing else yet.
    pub(super) fn new(plan: &'a Plan, results: &'a [ValType], function: Function) -> Body<'a> {
        let mut body = Body {
            plan,
            results,
            out: function,
            height: 1,
            labels: vec![Label {
                place: 0,
                clauses: None,
            }],
            handlers: Vec::new(),
        };
        let escape = body.open(&Instruction::Block(BlockType::Empty));
        body.handlers.push(escape);
        body
    }

    pub(super) fn finish(self) -> Function {
        self.out
    }

    /// Writes what `operator` becomes.
    pub(super) fn operator(
        &mut self,
        module: &mut impl Reencode<Error = Unsupported>,
        operator: Operator<'_>,
    ) -> Result<(), Unsupported> {
        match operator {
            Operator::TryTable { try_table } => self.try_table(module, &try_table),
            Operator::End => self.end(),
            Operator::Br { relative_depth } => {
                let to = self.branch(relative_depth)?;
                self.write(&Instruction::Br(to));
                Ok(())
            }
            Operator::BrIf { relative_depth } => {
                let to = self.branch(relative_depth)?;
                self.write(&Instruction::BrIf(to));
                Ok(())
            }
            Operator::BrTable { targets } => {
                let to = targets
                    .targets()
                    .map(|target| self.branch(target.map_err(Unsupported::malformed)?))
                    .collect::<Result<Vec<u32>, Unsupported>>()?;
                let default = self.branch(targets.default())?;
                self.write(&Instruction::BrTable(to.into(), default));
                Ok(())
            }
            Operator::Throw { tag_index } => {
                let tag = self.plan.tag(tag_index)?;
                let throw = self.plan.service(Service::Throw(tag.ty))?;
                self.write(&Instruction::GlobalGet(tag.global));
                self.write(&Instruction::Call(throw));
                self.unwind()
            }
            Operator::ThrowRef => {
                let throw = self.plan.service(Service::ThrowRef)?;
                self.write(&Instruction::Call(throw));
                self.unwind()
            }
            other => {
                let instruction = module.instruction(other).map_err(unsupported)?;
                self.instruction(&instruction)
            }
        }
    }

    /// An instruction whose labels, if it has any, are its own.
    fn instruction(&mut self, instruction: &Instruction<'_>) -> Result<(), Unsupported> {
        match instruction {
            Instruction::Block(_) | Instruction::Loop(_) | Instruction::If(_) => {
                let place = self.open(instruction);
                self.labels.push(Label {
                    place,
                    clauses: None,
                });
            }
            Instruction::Call(_) | Instruction::CallIndirect { .. } => {
                self.write(instruction);
                let handler = self.handler()?;
                self.write(&Instruction::GlobalGet(self.plan.under_way));
                self.write(&Instruction::BrIf(handler));
            }
            other => match tail_call(other) {
                // No handler of this function is asked: a tail call has left it.
                Some(call) => {
                    self.write(&call);
                    self.write(&Instruction::Return);
                }
                None => self.write(other),
            },
        }
        Ok(())
    }

    fn try_table(
        &mut self,
        module: &mut impl Reencode<Error = Unsupported>,
        try_table: &TryTable,
    ) -> Result<(), Unsupported> {
        let clauses = try_table
            .catches
            .iter()
            .map(|catch| self.clause(catch))
            .collect::<Result<_, _>>()?;
        let ty = module.block_type(try_table.ty).map_err(unsupported)?;
        let place = self.open(&Instruction::Block(ty));
        self.labels.push(Label {
            place,
            clauses: Some(clauses),
        });
        let inner = self.plan.inner_type(try_table.ty);
        let handler = self.open(&Instruction::Block(inner));
        self.handlers.push(handler);
        Ok(())
    }

    /// A clause of a `try_table` that is not open yet: that is where its label is counted from.
    fn clause(&self, catch: &Catch) -> Result<Clause, Unsupported> {
        let (tag, service) = self.plan.clause(catch)?;
        let label = match *catch {
            Catch::One { label, .. }
            | Catch::OneRef { label, .. }
            | Catch::All { label }
            | Catch::AllRef { label } => label,
        };
        Ok(Clause {
            tag,
            take: self.plan.service(service)?,
            place: self.label(label)?,
        })
    }

    fn end(&mut self) -> Result<(), Unsupported> {
        let label = self.labels.pop().ok_or_else(|| no_such("block"))?;
        match label.clauses {
            Some(clauses) => self.end_try_table(label.place, &clauses),
            None if self.labels.is_empty() => {
                self.end_function();
                Ok(())
            }
            None => {
                self.close();
                Ok(())
            }
        }
    }

    fn end_try_table(&mut self, place: u32, clauses: &[Clause]) -> Result<(), Unsupported> {
        self.handlers.pop();
        self.write(&Instruction::Br(self.depth(place)));
        self.close();
        for clause in clauses {
            if let Some(tag) = clause.tag {
                self.write(&Instruction::GlobalGet(self.plan.under_way));
                self.write(&Instruction::GlobalGet(tag));
                self.write(&Instruction::I32Eq);
                self.open(&Instruction::If(BlockType::Empty));
            }
            self.write(&Instruction::Call(clause.take));
            self.write(&Instruction::Br(self.depth(clause.place)));
            if clause.tag.is_some() {
                self.close();
            }
        }
        self.unwind()?;
        self.close();
        Ok(())
    }

    fn end_function(&mut self) {
        self.handlers.pop();
        self.write(&Instruction::Return);
        self.close();
        for &ty in self.results {
            self.write(&match ty {
                ValType::I32 => Instruction::I32Const(0),
                ValType::I64 => Instruction::I64Const(0),
                ValType::F32 => Instruction::F32Const(Ieee32::new(0)),
                ValType::F64 => Instruction::F64Const(Ieee64::new(0)),
                ValType::V128 => Instruction::V128Const(0),
                ValType::Ref(ty) => Instruction::RefNull(ty.heap_type),
            });
        }
        self.close();
    }

    /// An exception is under way.
    fn unwind(&mut self) -> Result<(), Unsupported> {
        let handler = self.handler()?;
        self.write(&Instruction::Br(handler));
        Ok(())
    }

    fn write(&mut self, instruction: &Instruction<'_>) {
        self.out.instruction(instruction);
    }

    /// Writes an instruction with a label. What is returned is the label's place.
    fn open(&mut self, instruction: &Instruction<'_>) -> u32 {
        self.write(instruction);
        self.height += 1;
        self.height - 1
    }

    fn close(&mut self) {
        self.write(&Instruction::End);
        self.height -= 1;
    }

    /// The place of a label of the body as it was.
    fn label(&self, relative_depth: u32) -> Result<u32, Unsupported> {
        let found = self.labels.iter().rev().nth(relative_depth as usize);
        Ok(found.ok_or_else(|| no_such("label"))?.place)
    }

    /// How a branch of the body as it was is written.
    fn branch(&self, relative_depth: u32) -> Result<u32, Unsupported> {
        Ok(self.depth(self.label(relative_depth)?))
    }

    /// How a branch to the innermost handler is written.
    fn handler(&self) -> Result<u32, Unsupported> {
        let handler = self.handlers.last().ok_or_else(|| no_such("label"))?;
        Ok(self.depth(*handler))
    }

    /// How a branch to an open label is written.
    fn depth(&self, place: u32) -> u32 {
        self.height - 1 - place
    }
}
