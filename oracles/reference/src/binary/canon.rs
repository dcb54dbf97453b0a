//! Canonical definitions (Binary.md, "Canonical Definitions").

use super::super::Unsupported;
use super::super::canon_defs::{Canon, Side, StringEncoding};
use super::super::definition::{CanonExpr, Definition, EndsType, Options};
use super::Decoder;
use super::scope::Scope;
use super::types::CoreType;
use spawndiff_corpus::StartTypes;
use std::sync::Arc;
use wasmparser::{CanonicalFunction, CanonicalOption, ValType};

/// What is said of a function type that the text allows no start function to have.
pub(crate) const NO_START_TYPE: &str =
    "a start type that is neither (func (param i32)) nor (func (param i64))";

/// Slots of `context.get` and `context.set`.
const CONTEXT: u32 = 2;

impl Decoder<'_> {
    pub(super) fn canon(&mut self, canon: CanonicalFunction) -> Result<(), Unsupported> {
        let start_types = Arc::clone(&self.start_types);
        let scope = self.scope()?;
        scope.count()?;
        if let CanonicalFunction::Lift {
            core_func_index,
            type_index,
            options,
        } = &canon
        {
            let definition = Definition::Lift {
                callee: scope.core_funcs.get(*core_func_index, "core function")?,
                ft: scope.types.get(*type_index, "type")?,
                opts: scope.options(options)?,
            };
            scope.funcs.push();
            scope.define(definition);
            return Ok(());
        }
        let expr = scope.core_func(canon, &start_types)?;
        scope.core_funcs.push();
        scope.define(Definition::Canon(expr));
        Ok(())
    }
}

impl Scope {
    fn core_func(
        &self,
        canon: CanonicalFunction,
        start_types: &StartTypes,
    ) -> Result<CanonExpr, Unsupported> {
        use CanonExpr::Known;
        use Side::{Readable, Writable};
        Ok(match canon {
            CanonicalFunction::Lift { .. } => {
                return Err(Unsupported::new("canon lift as a core function"));
            }
            CanonicalFunction::Lower {
                func_index,
                options,
            } => CanonExpr::Lower {
                func: self.funcs.get(func_index, "function")?,
                opts: self.options(&options)?,
            },
            CanonicalFunction::ResourceNew { resource } => {
                CanonExpr::ResourceNew(self.types.get(resource, "type")?)
            }
            CanonicalFunction::ResourceDrop { resource } => {
                CanonExpr::ResourceDrop(self.types.get(resource, "type")?)
            }
            CanonicalFunction::ResourceRep { resource } => {
                CanonExpr::ResourceRep(self.types.get(resource, "type")?)
            }
            CanonicalFunction::BackpressureInc => Known(Canon::BackpressureInc),
            CanonicalFunction::BackpressureDec => Known(Canon::BackpressureDec),
            CanonicalFunction::TaskReturn { result, options } => CanonExpr::TaskReturn {
                result: self.optional_type(result)?,
                opts: self.options(&options)?,
            },
            CanonicalFunction::TaskCancel => Known(Canon::TaskCancel),
            CanonicalFunction::ContextGet { ty, slot } => {
                let (slot, wide) = context(ty, slot)?;
                Known(Canon::ContextGet { slot, wide })
            }
            CanonicalFunction::ContextSet { ty, slot } => {
                let (slot, wide) = context(ty, slot)?;
                Known(Canon::ContextSet { slot, wide })
            }
            CanonicalFunction::SubtaskCancel { async_ } => Known(Canon::SubtaskCancel { async_ }),
            CanonicalFunction::SubtaskDrop => Known(Canon::SubtaskDrop),
            CanonicalFunction::StreamNew { ty } => CanonExpr::EndsNew(self.stream(ty)?),
            CanonicalFunction::StreamRead { ty, options } => {
                self.copy(self.stream(ty)?, Readable, &options)?
            }
            CanonicalFunction::StreamWrite { ty, options } => {
                self.copy(self.stream(ty)?, Writable, &options)?
            }
            CanonicalFunction::StreamCancelRead { ty, async_ } => {
                cancel(self.stream(ty)?, Readable, async_)
            }
            CanonicalFunction::StreamCancelWrite { ty, async_ } => {
                cancel(self.stream(ty)?, Writable, async_)
            }
            CanonicalFunction::StreamDropReadable { ty } => drop_end(self.stream(ty)?, Readable),
            CanonicalFunction::StreamDropWritable { ty } => drop_end(self.stream(ty)?, Writable),
            CanonicalFunction::FutureNew { ty } => CanonExpr::EndsNew(self.future(ty)?),
            CanonicalFunction::FutureRead { ty, options } => {
                self.copy(self.future(ty)?, Readable, &options)?
            }
            CanonicalFunction::FutureWrite { ty, options } => {
                self.copy(self.future(ty)?, Writable, &options)?
            }
            CanonicalFunction::FutureCancelRead { ty, async_ } => {
                cancel(self.future(ty)?, Readable, async_)
            }
            CanonicalFunction::FutureCancelWrite { ty, async_ } => {
                cancel(self.future(ty)?, Writable, async_)
            }
            CanonicalFunction::FutureDropReadable { ty } => drop_end(self.future(ty)?, Readable),
            CanonicalFunction::FutureDropWritable { ty } => drop_end(self.future(ty)?, Writable),
            CanonicalFunction::ErrorContextNew { options } => {
                CanonExpr::ErrorContextNew(self.options(&options)?)
            }
            CanonicalFunction::ErrorContextDebugMessage { options } => {
                CanonExpr::ErrorContextDebugMessage(self.options(&options)?)
            }
            CanonicalFunction::ErrorContextDrop => Known(Canon::ErrorContextDrop),
            CanonicalFunction::WaitableSetNew => Known(Canon::WaitableSetNew),
            CanonicalFunction::WaitableSetWait {
                cancellable,
                memory,
            } => CanonExpr::WaitableSetWait {
                cancellable,
                memory: self.core_memories.get(memory, "core memory")?,
            },
            CanonicalFunction::WaitableSetPoll {
                cancellable,
                memory,
            } => CanonExpr::WaitableSetPoll {
                cancellable,
                memory: self.core_memories.get(memory, "core memory")?,
            },
            CanonicalFunction::WaitableSetDrop => Known(Canon::WaitableSetDrop),
            CanonicalFunction::WaitableJoin => Known(Canon::WaitableJoin),
            CanonicalFunction::ThreadIndex => Known(Canon::ThreadIndex),
            CanonicalFunction::ThreadNewIndirect {
                func_ty_index,
                table_index,
            } => CanonExpr::ThreadNewIndirect {
                ft: self.start_type(func_ty_index, start_types)?,
                table: self.core_tables.get(table_index, "core table")?,
            },
            CanonicalFunction::ThreadSpawnIndirect {
                func_ty_index,
                table_index,
            } => CanonExpr::ThreadSpawnIndirect {
                ft: self.start_type(func_ty_index, start_types)?,
                table: self.core_tables.get(table_index, "core table")?,
            },
            CanonicalFunction::ThreadSpawnRef { func_ty_index } => Known(Canon::ThreadSpawnRef {
                ft: self.start_type(func_ty_index, start_types)?,
            }),
            CanonicalFunction::ThreadAvailableParallelism => {
                Known(Canon::ThreadAvailableParallelism)
            }
            CanonicalFunction::ThreadResumeLater => Known(Canon::ThreadResumeLater),
            CanonicalFunction::ThreadSuspend { cancellable } => {
                Known(Canon::ThreadSuspend { cancellable })
            }
            CanonicalFunction::ThreadYield { cancellable } => {
                Known(Canon::ThreadYield { cancellable })
            }
            CanonicalFunction::ThreadSuspendThenResume { cancellable } => {
                Known(Canon::ThreadSuspendThenResume { cancellable })
            }
            CanonicalFunction::ThreadYieldThenResume { cancellable } => {
                Known(Canon::ThreadYieldThenResume { cancellable })
            }
            CanonicalFunction::ThreadSuspendThenPromote { cancellable } => {
                Known(Canon::ThreadSuspendThenPromote { cancellable })
            }
            CanonicalFunction::ThreadYieldThenPromote { cancellable } => {
                Known(Canon::ThreadYieldThenPromote { cancellable })
            }
        })
    }

    fn stream(&self, ty: u32) -> Result<EndsType, Unsupported> {
        Ok(EndsType::Stream(self.types.get(ty, "type")?))
    }

    fn future(&self, ty: u32) -> Result<EndsType, Unsupported> {
        Ok(EndsType::Future(self.types.get(ty, "type")?))
    }

    fn copy(
        &self,
        ty: EndsType,
        side: Side,
        options: &[CanonicalOption],
    ) -> Result<CanonExpr, Unsupported> {
        let opts = self.options(options)?;
        Ok(CanonExpr::Copy { ty, side, opts })
    }

    /// `$ft` of a definition that starts threads.
    fn start_type(&self, index: u32, rule: &StartTypes) -> Result<wasmi::FuncType, Unsupported> {
        let ft = match self.core_type(index)? {
            CoreType::Func(ft) => ft,
            CoreType::FuncOtherwise => {
                return Err(Unsupported::new(
                    "a start type that has subtypes or is in a recursive group",
                ));
            }
            CoreType::SharedFunc => return Err(Unsupported::new("a shared function type")),
            CoreType::Other => {
                return Err(Unsupported::new("a start type that is no function type"));
            }
        };
        if !rule.allows(ft.params(), ft.results()) {
            return Err(Unsupported::new(NO_START_TYPE));
        }
        let params = ft.params().iter().map(|&param| number_type(param));
        Ok(wasmi::FuncType::new(
            params.collect::<Result<Vec<_>, _>>()?,
            [],
        ))
    }

    fn options(&self, options: &[CanonicalOption]) -> Result<Options, Unsupported> {
        let func = |index: u32| self.core_funcs.get(index, "core function").map(Some);
        let mut opts = Options::default();
        for option in options {
            match option {
                CanonicalOption::UTF8 => opts.string_encoding = StringEncoding::Utf8,
                CanonicalOption::UTF16 => opts.string_encoding = StringEncoding::Utf16,
                CanonicalOption::CompactUTF16 => {
                    opts.string_encoding = StringEncoding::Latin1Utf16;
                }
                CanonicalOption::Memory(index) => {
                    opts.memory = Some(self.core_memories.get(*index, "core memory")?);
                }
                CanonicalOption::Realloc(index) => opts.realloc = func(*index)?,
                CanonicalOption::PostReturn(index) => opts.post_return = func(*index)?,
                CanonicalOption::Async => opts.async_ = true,
                CanonicalOption::Callback(index) => opts.callback = func(*index)?,
                CanonicalOption::CoreType(_) => return Err(Unsupported::new("option core-type")),
                CanonicalOption::Gc => return Err(Unsupported::new("option gc")),
            }
        }
        Ok(opts)
    }
}

fn cancel(ty: EndsType, side: Side, async_: bool) -> CanonExpr {
    CanonExpr::CancelCopy { ty, side, async_ }
}

fn drop_end(ty: EndsType, side: Side) -> CanonExpr {
    CanonExpr::DropEnd { ty, side }
}

/// A number type, as wasmi has it.
fn number_type(ty: ValType) -> Result<wasmi::ValType, Unsupported> {
    match ty {
        ValType::I32 => Ok(wasmi::ValType::I32),
        ValType::I64 => Ok(wasmi::ValType::I64),
        ValType::F32 => Ok(wasmi::ValType::F32),
        ValType::F64 => Ok(wasmi::ValType::F64),
        ValType::V128 | ValType::Ref(_) => Err(Unsupported::new(format!("a start type with {ty}"))),
    }
}

/// The slot of a `context` built-in, and whether it is 64 bits wide.
fn context(ty: ValType, slot: u32) -> Result<(usize, bool), Unsupported> {
    if slot >= CONTEXT {
        return Err(Unsupported::new("an index that names no context slot"));
    }
    match ty {
        ValType::I32 => Ok((slot as usize, false)),
        ValType::I64 => Ok((slot as usize, true)),
        other => Err(Unsupported::new(format!("context slot of type {other}"))),
    }
}
