//! A core module that wasm-smith makes: random code beside that of the plan.

use super::item::Import;

/// A core module that wasm-smith makes for an instance. It is instantiated after the module `main`, calls functions of that and
/// built-ins, and has a memory, a table and globals of its own. Its functions stand in tables, where threads start with them, and
/// [`super::Op::CallSmith`] calls them.
///
/// Bytes of which wasm-smith makes no module mean no module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Smith {
    /// The bytes that the module is made from.
    pub bytes: Vec<u8>,
    /// The instructions that it may have.
    pub instructions: Instructions,
    /// The functions that it exports.
    pub functions: Vec<SmithFunction>,
    /// The program functions that it may call.
    pub helpers: Vec<usize>,
    /// The built-ins that it may call as they are.
    pub built_ins: Vec<Import>,
    /// Whether it imports the tables of the instance.
    pub has_tables: bool,
    /// Whether it imports the globals of the instance.
    pub has_globals: bool,
}

/// Kinds of instructions that not every module has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instructions {
    /// Those that may trap. Without, wasm-smith writes code around them that keeps them from it.
    pub traps: bool,
    /// Those on floating-point numbers.
    pub floats: bool,
    /// Those on vectors.
    pub vectors: bool,
    /// Tail calls.
    pub tail_calls: bool,
}

/// A function that a module of wasm-smith exports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmithFunction {
    /// Its type, in [`super::Instance::signatures`].
    pub signature: usize,
    /// The part of its body that is kept.
    pub body: SmithBody,
    /// The entries of tables that hold it once the instance is there: a table and an index. An entry that the table does not
    /// have at first is left out.
    pub entries: Vec<(usize, u32)>,
}

/// The part that is kept of a body that wasm-smith has made. A shrinker takes away what a finding does not need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmithBody {
    /// All of it.
    #[default]
    Made,
    /// Its calls, one after the other, with zeros for arguments.
    Calls,
    /// Nothing: it returns zeros.
    Nothing,
}
