//! Encodes a plan as a case. The encoding is pure and total: any plan has an encoding, and it is valid.
//!
//! From the bottom up, each file names only those before it:
//!
//! - `memory`, `names`, `locals`, `event`: names for code to use; `resolved`: the plan with its types resolved;
//! - `import`: the meaning of an import of the core module with all code, `context`: the indices of everything in that
//!   module;
//! - `body`: the code that all operations need, `handle`, `invoke`, `handle_op` and `op`: the code of each, `dispatch`:
//!   one after another;
//! - `tracker`: the functions that keep track of handles, `state`: the export that shows the final shared state,
//!   `function`: one core function around its operations;
//! - `store`: the core module that owns the shared state, `main_module`: the one with all code, `smith`: what the module of
//!   wasm-smith needs beside its code;
//! - `assembly`: sections and indices of a component, `types`: its types, `define`: its canonical definitions;
//! - `component`: the components around the modules.

mod assembly;
mod body;
mod component;
mod context;
mod declared;
mod define;
mod dispatch;
mod event;
mod function;
mod handle;
mod handle_op;
mod import;
mod invoke;
mod locals;
mod main_module;
mod memory;
mod names;
mod op;
mod resolved;
mod smith;
mod state;
mod store;
mod tracker;
mod types;

use crate::plan::{Call, Plan, ValueType, wrap};
use crate::smith::Refusal;
use resolved::ResolvedPlan;
use spawndiff_corpus::{Case, Invocation, Run, Type, Value};

/// The case that a plan means.
pub fn encode(plan: &Plan) -> Case {
    encode_with_refusals(plan).0
}

/// The case that a plan means, and why it has no module of wasm-smith where the plan wants one.
pub fn encode_with_refusals(plan: &Plan) -> (Case, Vec<Refusal>) {
    let mut resolved = ResolvedPlan::new(plan);
    let refused = smith::make_all(&mut resolved);
    let case = Case {
        component: component::encode(&resolved),
        runs: runs(plan, &resolved),
    };
    (case, refused)
}

fn runs(plan: &Plan, resolved: &ResolvedPlan) -> Vec<Run> {
    let entries = &resolved.instances[0].entries;
    let run = |calls: &Vec<Call>| {
        let mut invocations = Vec::new();
        for call in calls {
            let Some(index) = wrap(call.entry, entries.len()) else {
                continue;
            };
            let params = entries[index].params.iter().enumerate();
            let args = params.map(|(i, &ty)| match (call.args.get(i), ty) {
                (Some(&value), ValueType::Scalar(ty)) if value.ty() == ty => value,
                (Some(_) | None, ValueType::Scalar(ty)) => zero(ty),
                // There are no other parameters.
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
            export: state::NAME.into(),
            args: Vec::new(),
        });
        Run { invocations }
    };
    plan.runs.iter().map(run).collect()
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
