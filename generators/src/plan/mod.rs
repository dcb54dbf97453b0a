//! A plan: what a case does, as plain data. It is drawn by `draw`, may be shrunk by anyone, and is turned into bytes by
//! `encode`.
//!
//! Every index in a plan is taken modulo what there is, and what refers to nothing encodes as nothing. So every value of
//! these types has an encoding that is valid, and a shrinker may drop or change anything.
//!
//! - `value`, `operand`: the values that pass between instances, and the operands of operations; `core_type`: core types;
//! - `op`: the operations; `item`: the items in tables and the imports; `entry`, `instance`: the things that have
//!   operations;
//! - `smith`: a core module that wasm-smith makes, beside the operations;
//! - `topology`: which instance sees which; `flat` and `signature`: the core types of the functions and values of a plan;
//! - `sample`: the strings and lists that pass between instances; `wrap`: the meaning of an index.

mod core_type;
mod entry;
pub(crate) mod flat;
mod instance;
mod item;
mod op;
mod operand;
pub(crate) mod sample;
pub(crate) mod signature;
mod smith;
mod topology;
mod value;
mod wrap;

pub use core_type::{CoreType, Declared, Signature};
pub use entry::{Callback, Code, Entry, Lift};
pub use instance::{Element, Function, Global, Instance, Start, Table};
pub use item::{Import, Item, Segment, SegmentMode};
pub use op::Op;
pub use operand::{Arithmetic, Index, Operand, Reaction, Scalar, Target, Width};
pub use smith::{Instructions, Smith, SmithBody, SmithFunction};
pub(crate) use topology::Topology;
pub use value::{
    Argument, Callee, Channel, Direction, Encoding, Handle, Misplacement, Passing, ValueType,
};
pub(crate) use wrap::wrap;

use spawndiff_corpus::Value;

/// A whole case, before encoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The component instances. The first one's entries are what a run calls; it calls the others, and they call those
    /// that they see (see [`Instance::parent`]).
    pub instances: Vec<Instance>,
    /// The types of the streams and futures that all instances share.
    pub channels: Vec<Channel>,
    /// The runs, each the calls of one fresh instance. Encoding ends each with a call of `state`.
    pub runs: Vec<Vec<Call>>,
}

/// A call of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The entry.
    pub entry: usize,
    /// Its arguments. One that is missing or of another type is encoded as zero.
    pub args: Vec<Value>,
}

impl Plan {
    /// Visits every operation of every instance, nested ones too.
    pub fn visit(&self, visit: &mut dyn FnMut(&Op)) {
        for instance in &self.instances {
            instance.visit(visit);
        }
    }

    /// Whether any instance [spawns](Instance::spawns).
    pub fn spawns(&self) -> bool {
        self.instances.iter().any(Instance::spawns)
    }
}
