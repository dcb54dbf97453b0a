//! Canonical definitions of a component instance, with everything that they name found (CanonicalABI.md, "Canonical
//! Definitions"; Binary.md, "Canonical Definitions").

use super::abi::{self, Direction, Layouts};
use super::types::{FuncType, ResourceTypeId, ValType};
use std::sync::Arc;

/// A component instance, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub(crate) usize);

/// How strings are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StringEncoding {
    #[default]
    /// UTF-8.
    Utf8,
    /// UTF-16.
    Utf16,
    /// `latin1+utf16`.
    Latin1Utf16,
}

/// `class CanonicalOptions`, with the spec's defaults.
#[derive(Clone, Debug, Default)]
pub struct CanonicalOptions {
    /// How strings are encoded.
    pub string_encoding: StringEncoding,
    /// The memory.
    pub memory: Option<Memory>,
    /// `realloc`.
    pub realloc: Option<wasmi::Func>,
    /// `post-return`.
    pub post_return: Option<wasmi::Func>,
    /// `async`.
    pub async_: bool,
    /// `callback`.
    pub callback: Option<wasmi::Func>,
}

/// `class MemInst`: a core memory, and whether its addresses are `i64`.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// The memory.
    pub memory: wasmi::Memory,
    /// Whether addresses, or the value, are `i64`.
    pub wide: bool,
}

impl Memory {
    /// Whether it is the same memory, whatever names lead to it.
    pub fn same(&self, other: &Memory) -> bool {
        // wasmi's handles do not compare; what they print is their place in the store.
        format!("{:?}", self.memory) == format!("{:?}", other.memory)
    }
}

/// A core table, and whether its indices are `i64`.
#[derive(Clone, Copy, Debug)]
pub struct CoreTable {
    /// The table.
    pub table: wasmi::Table,
    /// Whether its indices are `i64`.
    pub wide: bool,
}

/// `FuncInst`: a component function of an instance.
#[derive(Clone, Debug)]
pub enum FuncInst {
    /// A function of a component instance.
    Lift(Arc<Lift>),
    /// A function of the host, by its place in the store, and its type.
    Host(HostFuncId, Arc<FuncType>),
}

/// A function of the host, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostFuncId(pub(crate) usize);

/// `canon lift`.
#[derive(Debug)]
pub struct Lift {
    /// The core function that is called.
    pub callee: wasmi::Func,
    /// The type of the function.
    pub ft: Arc<FuncType>,
    /// The options.
    pub opts: CanonicalOptions,
    /// The component instance.
    pub inst: InstanceId,
}

/// A canonical definition that makes a core function.
#[derive(Clone, Debug)]
pub enum Canon {
    /// `canon lower`.
    Lower {
        /// The function that is called.
        callee: FuncInst,
        /// The type of the function.
        ft: Arc<FuncType>,
        /// The options.
        opts: CanonicalOptions,
    },
    /// `resource.new`.
    ResourceNew(ResourceTypeId),
    /// `resource.drop`.
    ResourceDrop(ResourceTypeId),
    /// `resource.rep`.
    ResourceRep(ResourceTypeId),
    /// `context.get`.
    ContextGet {
        /// Which of the two slots.
        slot: usize,
        /// Whether addresses, or the value, are `i64`.
        wide: bool,
    },
    /// `context.set`.
    ContextSet {
        /// Which of the two slots.
        slot: usize,
        /// Whether addresses, or the value, are `i64`.
        wide: bool,
    },
    /// `backpressure.inc`.
    BackpressureInc,
    /// `backpressure.dec`.
    BackpressureDec,
    /// `task.return`.
    TaskReturn {
        /// The type of the result, if there is one.
        result: Option<ValType>,
        /// The options.
        opts: CanonicalOptions,
    },
    /// `task.cancel`.
    TaskCancel,
    /// `waitable-set.new`.
    WaitableSetNew,
    /// `waitable-set.wait`.
    WaitableSetWait {
        /// `cancellable`.
        cancellable: bool,
        /// The memory.
        memory: Memory,
    },
    /// `waitable-set.poll`.
    WaitableSetPoll {
        /// `cancellable`.
        cancellable: bool,
        /// The memory.
        memory: Memory,
    },
    /// `waitable-set.drop`.
    WaitableSetDrop,
    /// `waitable.join`.
    WaitableJoin,
    /// `subtask.cancel`.
    SubtaskCancel {
        /// `async`.
        async_: bool,
    },
    /// `subtask.drop`.
    SubtaskDrop,
    /// `{stream,future}.new`. Here and below, `ty` is the type of the stream or future: [`ValType::Stream`] or
    /// [`ValType::Future`].
    EndsNew {
        /// The type of the stream or future.
        ty: ValType,
    },
    /// `{stream,future}.{read,write}`.
    Copy {
        /// The type of the stream or future.
        ty: ValType,
        /// Which end.
        side: Side,
        /// The options.
        opts: CanonicalOptions,
    },
    /// `{stream,future}.cancel-{read,write}`.
    CancelCopy {
        /// The type of the stream or future.
        ty: ValType,
        /// Which end.
        side: Side,
        /// `async`.
        async_: bool,
    },
    /// `{stream,future}.drop-{readable,writable}`.
    DropEnd {
        /// The type of the stream or future.
        ty: ValType,
        /// Which end.
        side: Side,
    },
    /// `error-context.new`.
    ErrorContextNew {
        /// The options.
        opts: CanonicalOptions,
    },
    /// `error-context.debug-message`.
    ErrorContextDebugMessage {
        /// The options.
        opts: CanonicalOptions,
    },
    /// `error-context.drop`.
    ErrorContextDrop,
    /// `thread.index`.
    ThreadIndex,
    /// `thread.new-indirect`.
    ThreadNewIndirect {
        /// The type of start functions.
        ft: wasmi::FuncType,
        /// The table of start functions.
        table: CoreTable,
    },
    /// `thread.spawn-indirect`.
    ThreadSpawnIndirect {
        /// The type of start functions.
        ft: wasmi::FuncType,
        /// The table of start functions.
        table: CoreTable,
    },
    /// `thread.spawn-ref`.
    ThreadSpawnRef {
        /// The type of start functions.
        ft: wasmi::FuncType,
    },
    /// `thread.available-parallelism`.
    ThreadAvailableParallelism,
    /// `thread.resume-later`.
    ThreadResumeLater,
    /// `thread.suspend`.
    ThreadSuspend {
        /// `cancellable`.
        cancellable: bool,
    },
    /// `thread.yield`.
    ThreadYield {
        /// `cancellable`.
        cancellable: bool,
    },
    /// `thread.suspend-then-resume`.
    ThreadSuspendThenResume {
        /// `cancellable`.
        cancellable: bool,
    },
    /// `thread.yield-then-resume`.
    ThreadYieldThenResume {
        /// `cancellable`.
        cancellable: bool,
    },
    /// `thread.suspend-then-promote`.
    ThreadSuspendThenPromote {
        /// `cancellable`.
        cancellable: bool,
    },
    /// `thread.yield-then-promote`.
    ThreadYieldThenPromote {
        /// `cancellable`.
        cancellable: bool,
    },
}

/// Which end of a stream or future.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The readable end.
    Readable,
    /// The writable end.
    Writable,
}

impl Side {
    /// That of the other end.
    pub fn other(self) -> Side {
        match self {
            Side::Readable => Side::Writable,
            Side::Writable => Side::Readable,
        }
    }
}

impl Canon {
    /// Whether its result is as wide as an address of a 64-bit memory: how far `stream.{read,write}` got.
    pub fn returns_wide(&self) -> bool {
        let Canon::Copy { ty, opts, .. } = self else {
            return false;
        };
        matches!(ty, ValType::Stream(_)) && opts.memory.is_some_and(|memory| memory.wide)
    }

    /// The core type of the function (CanonicalABI.md, "Canonical Definitions", the validation rules).
    pub(crate) fn core_type(&self, layouts: &mut Layouts) -> wasmi::FuncType {
        use wasmi::ValType::{FuncRef, I32, I64};
        let pointer = |memory: Option<&Memory>| match memory.is_some_and(|memory| memory.wide) {
            true => I64,
            false => I32,
        };
        let (params, results): (Vec<wasmi::ValType>, &[wasmi::ValType]) = match self {
            Canon::Lower { ft, opts, .. } => {
                return abi::flatten_functype(layouts, opts, ft, Direction::Lower);
            }
            Canon::TaskReturn { result, opts } => {
                // Its parameters are those of a function that takes the result.
                let ft = FuncType {
                    params: result.iter().cloned().collect(),
                    result: None,
                    async_: false,
                };
                let opts = CanonicalOptions {
                    async_: false,
                    ..opts.clone()
                };
                return abi::flatten_functype(layouts, &opts, &ft, Direction::Lower);
            }
            Canon::ResourceNew(_) | Canon::ResourceRep(_) => (vec![I32], &[I32]),
            Canon::ResourceDrop(_)
            | Canon::WaitableSetDrop
            | Canon::SubtaskDrop
            | Canon::DropEnd { .. }
            | Canon::ErrorContextDrop
            | Canon::ThreadResumeLater
            | Canon::ContextSet { wide: false, .. } => (vec![I32], &[]),
            Canon::ContextSet { wide: true, .. } => (vec![I64], &[]),
            Canon::ContextGet { wide: true, .. } | Canon::EndsNew { .. } => (vec![], &[I64]),
            Canon::ContextGet { wide: false, .. }
            | Canon::WaitableSetNew
            | Canon::ThreadIndex
            | Canon::ThreadAvailableParallelism
            | Canon::ThreadSuspend { .. }
            | Canon::ThreadYield { .. } => (vec![], &[I32]),
            Canon::BackpressureInc | Canon::BackpressureDec | Canon::TaskCancel => (vec![], &[]),
            Canon::WaitableSetWait { memory, .. } | Canon::WaitableSetPoll { memory, .. } => {
                (vec![I32, pointer(Some(memory))], &[I32])
            }
            Canon::WaitableJoin => (vec![I32, I32], &[]),
            Canon::SubtaskCancel { .. }
            | Canon::CancelCopy { .. }
            | Canon::ThreadSuspendThenResume { .. }
            | Canon::ThreadYieldThenResume { .. }
            | Canon::ThreadSuspendThenPromote { .. }
            | Canon::ThreadYieldThenPromote { .. } => (vec![I32], &[I32]),
            Canon::Copy { ty, opts, .. } => {
                let pointer = pointer(opts.memory.as_ref());
                match ty {
                    ValType::Future(_) => (vec![I32, pointer], &[I32]),
                    _ if pointer == I64 => (vec![I32, I64, I64], &[I64]),
                    _ => (vec![I32, I32, I32], &[I32]),
                }
            }
            Canon::ErrorContextNew { opts } => {
                let pointer = pointer(opts.memory.as_ref());
                (vec![pointer, pointer], &[I32])
            }
            Canon::ErrorContextDebugMessage { opts } => {
                (vec![I32, pointer(opts.memory.as_ref())], &[])
            }
            Canon::ThreadNewIndirect { ft, table } | Canon::ThreadSpawnIndirect { ft, table } => {
                let index = if table.wide { I64 } else { I32 };
                (with_params_of(index, ft), &[I32])
            }
            Canon::ThreadSpawnRef { ft } => (with_params_of(FuncRef, ft), &[I32]),
        };
        wasmi::FuncType::new(params, results.iter().copied())
    }
}

/// What a start function is named by, and then the parameters of its type.
fn with_params_of(named_by: wasmi::ValType, ft: &wasmi::FuncType) -> Vec<wasmi::ValType> {
    std::iter::once(named_by)
        .chain(ft.params().iter().copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmi::ValType::{I32, I64};

    /// `{stream,future}.read` of bytes into a memory whose addresses are `i64` where `wide`.
    fn read(wide: bool, of: impl Fn(Option<Arc<ValType>>) -> ValType) -> Canon {
        let mut store = wasmi::Store::new(&wasmi::Engine::default(), ());
        let ty = wasmi::MemoryType::new(1, None);
        let memory = wasmi::Memory::new(&mut store, ty).expect("a page is not much");
        Canon::Copy {
            ty: of(Some(Arc::new(ValType::U8))),
            side: Side::Readable,
            opts: CanonicalOptions {
                memory: Some(Memory { memory, wide }),
                ..CanonicalOptions::default()
            },
        }
    }

    /// CanonicalABI.md, `canon stream.{read,write}`: the type is `(param i32 T T) (result T)`; `canon
    /// future.{read,write}`: `(param i32 T) (result i32)`.
    #[test]
    fn the_result_of_a_stream_copy_is_as_wide_as_an_address() {
        let core_type = |canon: &Canon| canon.core_type(&mut Layouts::default());
        for (wide, t) in [(false, I32), (true, I64)] {
            let stream = read(wide, ValType::Stream);
            assert_eq!(core_type(&stream), wasmi::FuncType::new([I32, t, t], [t]));
            assert_eq!(stream.returns_wide(), wide);
            let future = read(wide, ValType::Future);
            assert_eq!(core_type(&future), wasmi::FuncType::new([I32, t], [I32]));
            assert!(!future.returns_wide());
        }
    }
}
