//! A core function's body in the making, with the code that all operations need.

use super::context::Context;
use super::locals::{CANCELLED_LOCAL, F32_LOCAL, F64_LOCAL, locals};
use super::memory::{MEMORY, cell};
use crate::core_type::default;
use crate::plan::flat::flat_scalar;
use crate::plan::{
    CoreType, Element, Global, Import, Index, Item, Operand, Scalar, Signature, wrap,
};
use spawndiff_corpus::Type;
use wasm_encoder::{Function, InstructionSink};

/// A function body in the making.
pub(super) struct Body<'c, 'p> {
    pub(super) context: &'c mut Context<'p>,
    function: Function,
    /// The point of the function's first parameter.
    pub(super) first_point: u32,
    /// How many operations have been encoded.
    pub(super) ops: u32,
    /// How many parameters there are; the scratch locals follow.
    pub(super) params: u32,
    /// The types of the parameters.
    pub(super) param_types: Vec<CoreType>,
    /// The type of the first parameter if [`Operand::Argument`] means it.
    argument: Option<CoreType>,
    /// Whether the body is that of a post-return function or of `realloc`, which may not log.
    pub(super) post_return: bool,
    /// The lowest number of a program function that may be called directly.
    pub(super) least_callee: usize,
    /// How many loops are open.
    pub(super) depth: u32,
}

impl<'c, 'p> Body<'c, 'p> {
    pub(super) fn new(
        context: &'c mut Context<'p>,
        first_point: u32,
        params: &[CoreType],
        least_callee: usize,
    ) -> Self {
        Body {
            context,
            function: Function::new(locals()),
            first_point,
            ops: 0,
            params: params.len() as u32,
            param_types: params.to_vec(),
            argument: params.first().copied().filter(|&ty| ty == CoreType::I32),
            post_return: false,
            least_callee,
            depth: 0,
        }
    }

    /// The body of a post-return function. Its operations store their results instead of logging them, and
    /// [`Operand::Argument`] means its first parameter whatever the type.
    pub(super) fn of_post_return(
        context: &'c mut Context<'p>,
        first_point: u32,
        params: &[CoreType],
    ) -> Self {
        Body {
            argument: params.first().copied(),
            post_return: true,
            ..Body::new(context, first_point, params, 0)
        }
    }

    pub(super) fn code(&mut self) -> InstructionSink<'_> {
        self.function.instructions()
    }

    pub(super) fn finish(mut self) -> Function {
        self.code().end();
        self.function
    }

    /// The local for thread indices.
    pub(super) fn thread_local(&self) -> u32 {
        self.params
    }

    /// The local for `i64` results.
    pub(super) fn result_local(&self) -> u32 {
        self.params + 2
    }

    /// The local for an `i32` value.
    pub(super) fn value_local(&self) -> u32 {
        self.params + 1
    }

    /// The local that says whether this activation was told of a cancellation.
    pub(super) fn cancelled_local(&self) -> u32 {
        self.params + CANCELLED_LOCAL
    }

    pub(super) fn call(&mut self, import: Import) {
        let function = self.context.import(import);
        self.code().call(function);
    }

    /// Logs the parameters, at most `most` of them; the first point is logged in any case. A silent instance logs none.
    pub(super) fn log_parameters(&mut self, params: &[CoreType], most: usize) {
        if self.context.instance.silent {
            return;
        }
        for i in 0..params.len().min(most).max(1) {
            let point = self.first_point + i as u32;
            self.code().i32_const(point as i32);
            match params.get(i) {
                Some(&ty) => {
                    self.code().local_get(i as u32);
                    self.extend(ty);
                }
                None => drop(self.code().i64_const(0)),
            }
            if let (0, None | Some(CoreType::I32)) = (i, params.get(i)) {
                self.sign();
            }
            self.call(Import::Log);
        }
    }

    /// Puts the index of the running thread into the upper half of the value on the stack: a trace in which many threads do
    /// the same still tells them apart, and shows an engine that goes on with another one.
    pub(super) fn sign(&mut self) {
        self.call(Import::ThreadIndex);
        self.code()
            .i64_extend_i32_u()
            .i64_const(32)
            .i64_shl()
            .i64_or();
    }

    pub(super) fn park(&mut self, park: Option<usize>) {
        if let Some(slot) = park {
            self.code().i32_const(cell(slot) as i32);
            self.call(Import::ThreadIndex);
            self.code().i32_store(MEMORY);
        }
    }

    pub(super) fn table(&self, table: usize) -> Option<u32> {
        wrap(table, self.context.instance.tables.len()).map(|table| self.context.table(table))
    }

    pub(super) fn index(&mut self, table: u32, index: Index) {
        match index {
            Index::Const(index) => drop(self.code().i32_const(index as i32)),
            Index::Size => drop(self.code().table_size(table)),
            Index::Modulo(operand) => {
                self.operand(operand);
                self.code()
                    .table_size(table)
                    .i32_const(1)
                    .table_size(table)
                    .select()
                    .i32_rem_u();
            }
        }
    }

    /// The type of the entries of a table, by its index.
    pub(super) fn element(&self, table: u32) -> Element {
        self.context.planned(table).element
    }

    /// Pushes an item for a table.
    pub(super) fn item(&mut self, item: Item, table: u32) {
        let element = self.element(table);
        let item = self.context.fitting(item, element);
        let Some(function) = self.context.referenced(item) else {
            let ty = self.context.element_type(element);
            self.code().ref_null(ty.heap_type);
            return;
        };
        self.code().ref_func(function);
    }

    pub(super) fn operand(&mut self, operand: Operand) {
        match operand {
            Operand::Const(value) => drop(self.code().i32_const(value)),
            Operand::Argument => match self.argument {
                None => drop(self.code().i32_const(0)),
                Some(CoreType::I32) => drop(self.code().local_get(0)),
                Some(ty) => {
                    self.code().local_get(0);
                    self.extend(ty);
                    self.code().i32_wrap_i64();
                }
            },
            Operand::Global(global) => {
                match wrap(global, self.context.instance.globals.len()) {
                    Some(global) => {
                        self.code().global_get(global as u32);
                        if let Global::I64(_) = self.context.instance.globals[global] {
                            self.code().i32_wrap_i64();
                        }
                    }
                    None => drop(self.code().i32_const(0)),
                };
            }
            Operand::Slot(slot) => {
                self.code().i32_const(cell(slot) as i32).i32_load(MEMORY);
            }
            Operand::Take(slot) => {
                self.code().i32_const(cell(slot) as i32).i32_load(MEMORY);
                self.code()
                    .i32_const(cell(slot) as i32)
                    .i32_const(0)
                    .i32_store(MEMORY);
            }
        }
    }

    /// Pushes the value of a global as an `i64`. The instance has at least one global.
    pub(super) fn global_get(&mut self, global: usize) {
        let place = global % self.context.instance.globals.len();
        self.code().global_get(place as u32);
        if let Global::I32(_) = self.context.instance.globals[place] {
            self.code().i64_extend_i32_u();
        }
    }

    /// Pushes the arguments of a call.
    pub(super) fn arguments(&mut self, signature: &Signature, argument: Operand) {
        for (i, &ty) in signature.params.iter().enumerate() {
            match (i, ty) {
                (0, CoreType::I32) => self.operand(argument),
                (_, ty) => default(&mut self.code(), ty),
            }
        }
    }

    /// Makes the results of a call one `i64`: the last of them.
    pub(super) fn results(&mut self, signature: &Signature) {
        let Some((&last, others)) = signature.results.split_last() else {
            self.code().i64_const(0);
            return;
        };
        self.extend(last);
        if !others.is_empty() {
            let result = self.result_local();
            self.code().local_set(result);
            for _ in others {
                self.code().drop();
            }
            self.code().local_get(result);
        }
    }

    /// Makes the value on the stack an `i64`: zero-extended, its bits if it is a float, whether it is null if a reference.
    ///
    /// A NaN shows as the canonical one: which it is after a call between components is the host's choice (CanonicalABI.md,
    /// `maybe_scramble_nan32`).
    pub(super) fn extend(&mut self, ty: CoreType) {
        let (f32, f64) = (self.params + F32_LOCAL, self.params + F64_LOCAL);
        let mut code = self.code();
        match ty {
            CoreType::I32 => code.i64_extend_i32_u(),
            CoreType::I64 => &mut code,
            CoreType::F32 => code
                .local_tee(f32)
                .i32_reinterpret_f32()
                .i32_const(f32::NAN.to_bits() as i32)
                .local_get(f32)
                .local_get(f32)
                .f32_eq()
                .select()
                .i64_extend_i32_u(),
            CoreType::F64 => code
                .local_tee(f64)
                .i64_reinterpret_f64()
                .i64_const(f64::NAN.to_bits() as i64)
                .local_get(f64)
                .local_get(f64)
                .f64_eq()
                .select(),
            CoreType::FuncRef | CoreType::ExternRef => code.ref_is_null().i64_extend_i32_u(),
        };
    }

    /// Pushes a component value as its flat type, nothing if there is no type.
    pub(super) fn scalar(&mut self, ty: Option<Type>, value: Scalar) {
        let Some(ty) = ty else { return };
        let flat = flat_scalar(ty);
        match value {
            Scalar::Bits(bits) => {
                let mut code = self.code();
                match flat {
                    CoreType::I32 | CoreType::FuncRef | CoreType::ExternRef => {
                        code.i32_const(bits as i32)
                    }
                    CoreType::I64 => code.i64_const(bits as i64),
                    CoreType::F32 => code.i32_const(bits as i32).f32_reinterpret_i32(),
                    CoreType::F64 => code.i64_const(bits as i64).f64_reinterpret_i64(),
                };
            }
            Scalar::Computed(operand) => {
                self.operand(operand);
                let mut code = self.code();
                match flat {
                    CoreType::I32 if ty == Type::Char => drop(code.i32_const(0x7f).i32_and()),
                    CoreType::I32 | CoreType::FuncRef | CoreType::ExternRef => {}
                    CoreType::I64 => drop(code.i64_extend_i32_s()),
                    CoreType::F32 => drop(code.f32_convert_i32_s()),
                    CoreType::F64 => drop(code.f64_convert_i32_s()),
                }
            }
        }
    }
}
