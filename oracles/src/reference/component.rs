//! A decoded component: its index spaces, resolved as far as they can be without running anything.
//!
//! Everything that an index of the binary names is found at decoding (Binary.md); what is left for instantiation are the
//! core instances, in order, and the looking up of their exports.

use spawndiff_corpus::Type;

/// A component that the reference can instantiate and run.
#[derive(Debug, Default)]
pub(crate) struct Component {
    /// The core modules, compiled for wasmi.
    pub(crate) modules: Vec<wasmi::Module>,
    /// The core instances, in the order in which they come to be.
    pub(crate) core_instances: Vec<CoreInstance>,
    /// The canonical definitions that make core functions.
    pub(crate) canons: Vec<Canon>,
    /// The core function index space.
    pub(crate) core_funcs: Vec<CoreFunc>,
    /// The core table index space: exports of core instances.
    pub(crate) core_tables: Vec<CoreExport>,
    /// The core memory index space.
    pub(crate) core_memories: Vec<CoreExport>,
    /// The core global index space.
    pub(crate) core_globals: Vec<CoreExport>,
    /// The component function index space.
    pub(crate) funcs: Vec<Func>,
    /// The exported functions: name, and index into `funcs`.
    pub(crate) exports: Vec<(String, usize)>,
}

/// An export of a core instance: the instance's index and the export's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreExport {
    pub(crate) instance: usize,
    pub(crate) name: String,
}

/// A core instance.
#[derive(Debug)]
pub(crate) enum CoreInstance {
    /// A module, with an instance for each name that it imports from.
    Instantiate {
        module: usize,
        args: Vec<(String, usize)>,
    },
    /// A bundle of core definitions.
    FromExports(Vec<(String, CoreItem)>),
}

/// A core definition, by its index in its index space.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CoreItem {
    Func(usize),
    Table(usize),
    Memory(usize),
    Global(usize),
}

/// A core function.
#[derive(Clone, Debug)]
pub(crate) enum CoreFunc {
    /// An export of a core instance.
    Export(CoreExport),
    /// A canonical definition, by its index in [`Component::canons`].
    Canon(usize),
}

/// A component function.
#[derive(Clone, Debug)]
pub(crate) enum Func {
    /// A function of the host.
    Host(HostFunc),
    /// `canon lift`.
    Lift {
        callee: usize,
        ft: FuncType,
        opts: CanonicalOptions,
    },
}

/// The functions that the host brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostFunc {
    Log,
    Mark,
}

/// A component function type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FuncType {
    pub(crate) params: Vec<Type>,
    pub(crate) result: Option<Type>,
    pub(crate) async_: bool,
}

/// The `canonopt`s of a definition, with the spec's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CanonicalOptions {
    pub(crate) string_encoding: StringEncoding,
    pub(crate) memory: Option<usize>,
    pub(crate) realloc: Option<usize>,
    pub(crate) post_return: Option<usize>,
    pub(crate) async_: bool,
    pub(crate) callback: Option<usize>,
}

/// How strings are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StringEncoding {
    #[default]
    Utf8,
    Utf16,
    Latin1Utf16,
}

/// A canonical definition that makes a core function.
#[derive(Clone, Debug)]
pub(crate) enum Canon {
    Lower {
        func: usize,
    },
    TaskReturn {
        result: Option<Type>,
        opts: CanonicalOptions,
    },
    ContextGet {
        slot: usize,
        wide: bool,
    },
    ContextSet {
        slot: usize,
        wide: bool,
    },
    ThreadIndex,
    ThreadNewIndirect {
        table: usize,
    },
    ThreadSpawnIndirect {
        table: usize,
    },
    ThreadSpawnRef,
    ThreadAvailableParallelism,
    ThreadResumeLater,
    ThreadSuspend {
        cancellable: bool,
    },
    ThreadYield {
        cancellable: bool,
    },
    ThreadSuspendThenResume {
        cancellable: bool,
    },
    ThreadYieldThenResume {
        cancellable: bool,
    },
    ThreadSuspendThenPromote {
        cancellable: bool,
    },
    ThreadYieldThenPromote {
        cancellable: bool,
    },
}

impl Component {
    /// The core type of a canonical definition (CanonicalABI.md, "Canonical Definitions").
    pub(crate) fn core_type(&self, canon: &Canon) -> wasmi::FuncType {
        use wasmi::ValType::{FuncRef, I32, I64};
        let (params, results): (Vec<wasmi::ValType>, &[wasmi::ValType]) = match canon {
            Canon::Lower { func } => match &self.funcs[*func] {
                Func::Host(HostFunc::Log) => (vec![I32, I64], &[]),
                Func::Host(HostFunc::Mark) => (vec![I32], &[]),
                Func::Lift { ft, .. } => {
                    (ft.params.iter().map(|&ty| flatten_type(ty)).collect(), &[])
                }
            },
            Canon::TaskReturn { result, .. } => {
                (result.iter().map(|&ty| flatten_type(ty)).collect(), &[])
            }
            Canon::ContextGet { wide: false, .. } => (vec![], &[I32]),
            Canon::ContextGet { wide: true, .. } => (vec![], &[I64]),
            Canon::ContextSet { wide: false, .. } => (vec![I32], &[]),
            Canon::ContextSet { wide: true, .. } => (vec![I64], &[]),
            Canon::ThreadIndex | Canon::ThreadAvailableParallelism => (vec![], &[I32]),
            Canon::ThreadNewIndirect { .. } | Canon::ThreadSpawnIndirect { .. } => {
                (vec![I32, I32], &[I32])
            }
            Canon::ThreadSpawnRef => (vec![FuncRef, I32], &[I32]),
            Canon::ThreadResumeLater => (vec![I32], &[]),
            Canon::ThreadSuspend { .. } | Canon::ThreadYield { .. } => (vec![], &[I32]),
            Canon::ThreadSuspendThenResume { .. }
            | Canon::ThreadYieldThenResume { .. }
            | Canon::ThreadSuspendThenPromote { .. }
            | Canon::ThreadYieldThenPromote { .. } => (vec![I32], &[I32]),
        };
        wasmi::FuncType::new(params, results.iter().copied())
    }
}

/// The core type that a scalar is flattened to (CanonicalABI.md, `flatten_type`).
pub(crate) fn flatten_type(ty: Type) -> wasmi::ValType {
    match ty {
        Type::Bool | Type::S8 | Type::U8 | Type::S16 | Type::U16 | Type::S32 | Type::U32 => {
            wasmi::ValType::I32
        }
        Type::S64 | Type::U64 => wasmi::ValType::I64,
        Type::F32 => wasmi::ValType::F32,
        Type::F64 => wasmi::ValType::F64,
        Type::Char => wasmi::ValType::I32,
    }
}
