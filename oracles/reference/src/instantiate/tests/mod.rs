//! Small components, one for each feature: decoded and instantiated on a store that writes down what it is asked for.

mod bounds;
mod canonical;
mod exceptions;
mod features;
mod linking;
mod mock;

pub(crate) use mock::{Asked, Mock, engine};

use super::super::Unsupported;
use super::super::binary::decode;
use super::super::canon_defs::FuncInst;
use super::super::store::Stop;
use super::super::text::binary;
use super::{Failure, Item, Items, instantiate};
use std::sync::Arc;
use wasmi::Val;

/// Instantiates the component `text` with `imports`.
fn run_with(text: &str, imports: &Items) -> (Mock, Result<Arc<Items>, Failure>) {
    let engine = engine();
    let component = decode(&binary(text), &engine)
        .unwrap_or_else(|unsupported| panic!("{unsupported}:\n{text}"));
    let mut mock = Mock::new(&engine);
    let exports = instantiate(&mut mock, &component, imports);
    (mock, exports)
}

/// Instantiates a component without imports, which succeeds.
fn run(text: &str) -> (Mock, Arc<Items>) {
    let (mock, exports) = run_with(text, &Items::default());
    let exports = exports.unwrap_or_else(|failure| panic!("{failure:?}:\n{text}"));
    (mock, exports)
}

fn func(exports: &Items, name: &str) -> FuncInst {
    match exports.get(name) {
        Some(Item::Func(func)) => func.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

fn instance(exports: &Items, name: &str) -> Arc<Items> {
    match exports.get(name) {
        Some(Item::Instance(instance)) => instance.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

/// Calls the exported function `name` and returns its result, which has to be one `i32`.
fn call(mock: &mut Mock, exports: &Items, name: &str) -> i32 {
    let results = mock.call(&func(exports, name), &[]).expect("it returns");
    match results[..] {
        [Val::I32(result)] => result,
        _ => panic!("{name} returns {results:?}"),
    }
}

/// The construct because of which the component is not supported, when it is decoded or when it is instantiated.
fn unsupported(bytes: &[u8]) -> String {
    let engine = engine();
    let component = match decode(bytes, &engine) {
        Ok(component) => component,
        Err(Unsupported { construct }) => return construct,
    };
    match instantiate(&mut Mock::new(&engine), &component, &Items::default()) {
        Err(Failure::Stop(Stop::Unsupported(Unsupported { construct }))) => construct,
        other => panic!("{other:?}"),
    }
}
