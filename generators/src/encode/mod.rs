//! A plan made into a case. Pure and total: any plan has an encoding, and it is valid.
//!
//! - `signature`: the core types of entries and imports;
//! - `store`: the core module that owns the shared state;
//! - `main_module`: the core module with all code, and the list of its imports, and `import`: what they mean;
//! - `function`: one core function around its operations;
//! - `body`: what all operations need, and `op`: the operations;
//! - `state`: the export that shows the final shared state;
//! - `handle` and `handle_op`: the operations on handles, `helper`: the functions that they share, and `invoke`: calls of other instances and what passes in them;
//! - `sample`: the strings that pass between instances;
//! - `world`: which instance sees which;
//! - `component`: the components around the modules, `define`: the canonical definitions in them, `types`: their types,
//!   `assembly`: sections and indices.

mod assembly;
mod body;
mod component;
mod define;
mod function;
mod handle;
mod handle_op;
mod helper;
mod import;
mod invoke;
mod main_module;
mod op;
pub(crate) mod sample;
mod signature;
mod state;
mod store;
mod types;
mod world;

use crate::plan::{Plan, ValueType};
use spawndiff_corpus::{Case, Invocation, Run, Type, Value};

pub(crate) use signature::{entry_signature, flat, import_signature};
pub(crate) use world::{World, is_text};

/// The name of the export that shows the final shared state.
pub(crate) const STATE: &str = "state";

/// The case that a plan means.
pub fn encode(plan: &Plan) -> Case {
    let world = World::new(plan);
    Case {
        component: component::encode(&world),
        runs: runs(plan, &world),
    }
}

fn runs(plan: &Plan, world: &World) -> Vec<Run> {
    let entries = &world.instances[0].entries;
    let run = |calls: &Vec<crate::plan::Call>| {
        let mut invocations = Vec::new();
        for call in calls {
            let Some(index) = wrap(call.entry, entries.len()) else {
                continue;
            };
            let params = entries[index].params.iter().enumerate();
            let args = params.map(|(i, &ty)| match (call.args.get(i), ty) {
                (Some(&value), ValueType::Scalar(ty)) if value.ty() == ty => value,
                (Some(_) | None, ValueType::Scalar(ty)) => zero(ty),
                // The world has no other parameters there.
                (
                    Some(_) | None,
                    ValueType::String
                    | ValueType::Bytes
                    | ValueType::Own(_)
                    | ValueType::Borrow(_)
                    | ValueType::Channel(_),
                ) => Value::U32(0),
            });
            invocations.push(Invocation {
                export: format!("e{index}"),
                args: args.collect(),
            });
        }
        invocations.push(Invocation {
            export: STATE.into(),
            args: Vec::new(),
        });
        Run { invocations }
    };
    plan.runs.iter().map(run).collect()
}

/// An index modulo what there is, if there is anything.
fn wrap(index: usize, len: usize) -> Option<usize> {
    index.checked_rem(len)
}

fn zero(ty: Type) -> Value {
    match ty {
        Type::Bool => Value::Bool(false),
        Type::S8 => Value::S8(0),
        Type::U8 => Value::U8(0),
        Type::S16 => Value::S16(0),
        Type::U16 => Value::U16(0),
        Type::S32 => Value::S32(0),
        Type::U32 => Value::U32(0),
        Type::S64 => Value::S64(0),
        Type::U64 => Value::U64(0),
        Type::F32 => Value::F32(0),
        Type::F64 => Value::F64(0),
        Type::Char => Value::Char('\0'),
    }
}
