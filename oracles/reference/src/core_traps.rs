//! Translates what stops core code (the traps of wasmi, and its limits) into the [`Stop`]s of this crate.

use super::exceptions::Refused;
use super::store::Stop;
use super::unsupported::Unsupported;
use spawndiff_observation::{Builtin, Exhaustion, Trap};

/// An error of wasmi, from running core code.
pub(crate) fn core_stop(error: &wasmi::Error) -> Stop {
    use wasmi::TrapCode;
    let trap = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Trap::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Trap::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds) => Trap::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => Trap::IndirectCallToNull,
        Some(TrapCode::IntegerDivisionByZero) => Trap::IntegerDivideByZero,
        Some(TrapCode::IntegerOverflow) => Trap::IntegerOverflow,
        Some(TrapCode::BadConversionToInteger) => Trap::BadConversionToInteger,
        Some(TrapCode::BadSignature) => Trap::IndirectCallTypeMismatch,
        Some(TrapCode::StackOverflow) => return Stop::Exhausted(Exhaustion::Stack),
        Some(TrapCode::OutOfFuel) => return Stop::Exhausted(Exhaustion::Fuel),
        Some(TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory) => {
            return Stop::Exhausted(Exhaustion::Memory);
        }
        None => {
            return match error.downcast_ref::<Refused>() {
                Some(refused) => refused.stop(),
                None => Stop::Unsupported(Unsupported::malformed(error)),
            };
        }
    };
    Stop::from(trap).by(Builtin::Core)
}
