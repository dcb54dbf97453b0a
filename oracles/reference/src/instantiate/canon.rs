//! Canonical definitions: what they name is looked up.

use super::super::Unsupported;
use super::super::canon_defs::{Canon, CanonicalOptions, FuncInst};
use super::super::definition::{CanonExpr, EndsType, Options};
use super::super::types::ValType;
use super::{Build, Failure, Frame, Instantiation, func_type};

impl<B: Build> Instantiation<'_, B> {
    pub(super) fn options(
        &self,
        frame: &Frame<'_>,
        options: &Options,
    ) -> Result<CanonicalOptions, Unsupported> {
        let func = |slot: Option<usize>| slot.map(|slot| frame.core_func(slot)).transpose();
        let memory = options.memory.map(|slot| frame.core_memory(slot));
        Ok(CanonicalOptions {
            string_encoding: options.string_encoding,
            memory: memory.transpose()?,
            realloc: func(options.realloc)?,
            post_return: func(options.post_return)?,
            async_: options.async_,
            callback: func(options.callback)?,
        })
    }

    pub(super) fn canon(&self, frame: &Frame<'_>, canon: &CanonExpr) -> Result<Canon, Failure> {
        Ok(match canon {
            CanonExpr::Known(canon) => canon.clone(),
            CanonExpr::Lower { func, opts } => {
                let callee = frame.func(*func)?.clone();
                let ft = func_type(&callee).clone();
                let opts = self.options(frame, opts)?;
                // The host's functions have the types that they are imported with.
                if opts.async_ && matches!(&callee, FuncInst::Lift(lift) if !lift.ft.async_) {
                    return Err(Unsupported::new("async lower of a synchronous type").into());
                }
                Canon::Lower { ft, callee, opts }
            }
            CanonExpr::ResourceNew(ty) => Canon::ResourceNew(frame.ty(ty)?.resource()?),
            CanonExpr::ResourceDrop(ty) => Canon::ResourceDrop(frame.ty(ty)?.resource()?),
            CanonExpr::ResourceRep(ty) => Canon::ResourceRep(frame.ty(ty)?.resource()?),
            CanonExpr::TaskReturn { result, opts } => Canon::TaskReturn {
                result: match result {
                    Some(ty) => Some(frame.ty(ty)?.flat_val()?.clone()),
                    None => None,
                },
                opts: self.options(frame, opts)?,
            },
            CanonExpr::WaitableSetWait {
                cancellable,
                memory,
            } => Canon::WaitableSetWait {
                cancellable: *cancellable,
                memory: frame.core_memory(*memory)?,
            },
            CanonExpr::WaitableSetPoll {
                cancellable,
                memory,
            } => Canon::WaitableSetPoll {
                cancellable: *cancellable,
                memory: frame.core_memory(*memory)?,
            },
            CanonExpr::EndsNew(ty) => Canon::EndsNew {
                ty: frame.ends(ty)?,
            },
            CanonExpr::Copy { ty, side, opts } => Canon::Copy {
                ty: frame.ends(ty)?,
                side: *side,
                opts: self.options(frame, opts)?,
            },
            CanonExpr::CancelCopy { ty, side, async_ } => Canon::CancelCopy {
                ty: frame.ends(ty)?,
                side: *side,
                async_: *async_,
            },
            CanonExpr::DropEnd { ty, side } => Canon::DropEnd {
                ty: frame.ends(ty)?,
                side: *side,
            },
            CanonExpr::ErrorContextNew(opts) => Canon::ErrorContextNew {
                opts: self.options(frame, opts)?,
            },
            CanonExpr::ErrorContextDebugMessage(opts) => Canon::ErrorContextDebugMessage {
                opts: self.options(frame, opts)?,
            },
            CanonExpr::ThreadNewIndirect { ft, table } => Canon::ThreadNewIndirect {
                ft: ft.clone(),
                table: frame.core_table(*table)?,
            },
            CanonExpr::ThreadSpawnIndirect { ft, table } => Canon::ThreadSpawnIndirect {
                ft: ft.clone(),
                table: frame.core_table(*table)?,
            },
        })
    }
}

impl Frame<'_> {
    /// The stream or future type that a built-in names.
    fn ends(&self, ty: &EndsType) -> Result<ValType, Unsupported> {
        match ty {
            EndsType::Stream(ty) => match self.ty(ty)?.val()? {
                ty @ ValType::Stream(_) => Ok(ty.clone()),
                _ => Err(Unsupported::new("a type index that names no stream type")),
            },
            EndsType::Future(ty) => match self.ty(ty)?.val()? {
                ty @ ValType::Future(_) => Ok(ty.clone()),
                _ => Err(Unsupported::new("a type index that names no future type")),
            },
        }
    }
}
