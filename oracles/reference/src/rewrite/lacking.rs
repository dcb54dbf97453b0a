//! The constructs that wasmi does not run, by name.
//!
//! wasmi says of such a module only that it is not valid; a report has to say which construct it was.

use crate::Unsupported;
use wasmparser::{GlobalType, MemoryType, Operator, TableType, TypeRef};

macro_rules! proposals {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// The proposal that brought an instruction, and the instruction's name as `wasmparser` spells it.
        fn origin(operator: &Operator<'_>) -> (&'static str, &'static str) {
            match operator {
                $(Operator::$op { .. } => (stringify!($proposal), stringify!($visit)),)*
                // `Operator` is open to what later releases of `wasmparser` add.
                _ => ("unknown", "visit_unknown"),
            }
        }
    };
}

wasmparser::for_each_operator!(proposals);

/// An instruction that wasmi does not have, nor a rewrite.
pub(super) fn instruction(operator: &Operator<'_>) -> Result<(), Unsupported> {
    let (proposal, visit) = origin(operator);
    match proposal {
        "mvp"
        | "sign_extension"
        | "saturating_float_to_int"
        | "bulk_memory"
        | "reference_types"
        | "tail_call"
        | "simd"
        | "relaxed_simd"
        | "exceptions" => Ok(()),
        _ => {
            let name = visit.strip_prefix("visit_").unwrap_or(visit);
            Err(Unsupported::new(format!("{name} ({proposal})")))
        }
    }
}

pub(super) fn import(ty: TypeRef) -> Result<(), Unsupported> {
    match ty {
        TypeRef::Func(_) | TypeRef::Tag(_) => Ok(()),
        TypeRef::FuncExact(_) => Err(Unsupported::new("an exact function import")),
        TypeRef::Table(ty) => table(&ty),
        TypeRef::Memory(ty) => memory(&ty),
        TypeRef::Global(ty) => global(&ty),
    }
}

pub(super) fn table(ty: &TableType) -> Result<(), Unsupported> {
    if ty.shared {
        return Err(Unsupported::new("a shared table"));
    }
    Ok(())
}

pub(super) fn memory(ty: &MemoryType) -> Result<(), Unsupported> {
    if ty.shared {
        return Err(Unsupported::new("a shared memory"));
    }
    if ty.page_size_log2.is_some() {
        return Err(Unsupported::new("a custom page size"));
    }
    Ok(())
}

pub(super) fn global(ty: &GlobalType) -> Result<(), Unsupported> {
    if ty.shared {
        return Err(Unsupported::new("a shared global"));
    }
    Ok(())
}
