//! The imports of scripts: see [`spawndiff_observation::scripts::host`].

use super::super::Unsupported;
use super::super::binary;
use super::super::canon_defs::FuncInst;
use super::super::host::HostFunc;
use super::super::instantiate::{Item, Items};
use super::super::machine::Machine;
use super::super::store::Store;
use super::super::types::{FuncType, ValType};
use spawndiff_observation::scripts::host::OF_THE_STORE;
use std::sync::Arc;

/// The imports of a component in a script.
pub(super) fn imports<M: Machine>(
    store: &mut Store<'_, M>,
    engine: &wasmi::Engine,
) -> Result<Items, Unsupported> {
    let host = host(store, engine)?;
    let of_the_store = Items::new([
        (
            "set-max-table-capacity",
            func(store, HostFunc::Nothing, vec![ValType::U32], None, false),
        ),
        ("gc", func(store, HostFunc::Nothing, vec![], None, false)),
    ])?;
    let echo = HostFunc::Echo { slow: false };
    Items::new([
        ("host", Item::Instance(Arc::new(host))),
        (OF_THE_STORE, Item::Instance(Arc::new(of_the_store))),
        (
            "host-echo-u32",
            func(store, echo, vec![ValType::U32], Some(ValType::U32), true),
        ),
        (
            "host-return-two",
            func(
                store,
                HostFunc::Returns(2),
                vec![],
                Some(ValType::U32),
                false,
            ),
        ),
    ])
}

fn func<M: Machine>(
    store: &mut Store<'_, M>,
    func: HostFunc,
    params: Vec<ValType>,
    result: Option<ValType>,
    async_: bool,
) -> Item {
    let ft = FuncType {
        params,
        result,
        async_,
    };
    Item::Func(FuncInst::Host(store.new_host_func(func), Arc::new(ft)))
}

/// The instance `host`.
fn host<M: Machine>(
    store: &mut Store<'_, M>,
    engine: &wasmi::Engine,
) -> Result<Items, Unsupported> {
    let u32 = || Some(ValType::U32);
    let resource1 = store.new_host_resource_type();
    let resource2 = store.new_host_resource_type();
    let own = || ValType::Own(resource1);
    let borrow = || ValType::Borrow(resource1);
    let nested = func(store, HostFunc::Returns(4), vec![], u32(), false);
    let nested = Items::new([("return-four", nested)])?;
    // The module calls nothing, so no exception gets to it.
    let module = binary::compile(
        &spawndiff_observation::scripts::host::simple_module(),
        engine,
        false,
    )?;
    let resource = |rt| Item::Type(super::super::typedef::Type::Resource(rt));
    let mut items = vec![
        ("nested", Item::Instance(Arc::new(nested))),
        ("simple-module", Item::Module(module)),
        ("resource1", resource(resource1)),
        ("resource1-again", resource(resource1)),
        ("resource2", resource(resource2)),
    ];
    let mut add = |name, host: HostFunc, params, result, async_| {
        items.push((name, func(store, host, params, result, async_)));
    };
    add("return-three", HostFunc::Returns(3), vec![], u32(), false);
    add(
        "return-hi",
        HostFunc::ReturnsHi,
        vec![],
        Some(ValType::String),
        false,
    );
    add("never-return", HostFunc::NeverReturns, vec![], None, true);
    add(
        "return-two-slowly",
        HostFunc::ReturnsSlowly(2),
        vec![],
        Some(ValType::S32),
        true,
    );
    let slow = HostFunc::Echo { slow: true };
    add("echo-slowly", slow, vec![ValType::U32], u32(), true);
    add(
        "[constructor]resource1",
        HostFunc::NewResource,
        vec![ValType::U32],
        Some(own()),
        false,
    );
    add(
        "[static]resource1.assert",
        HostFunc::AssertResource(resource1),
        vec![own(), ValType::U32],
        None,
        false,
    );
    add(
        "[static]resource1.last-drop",
        HostFunc::LastDrop,
        vec![],
        u32(),
        false,
    );
    add(
        "[static]resource1.drops",
        HostFunc::Drops,
        vec![],
        u32(),
        false,
    );
    add(
        "[method]resource1.simple",
        HostFunc::SimpleResource,
        vec![borrow(), ValType::U32],
        None,
        false,
    );
    add(
        "[method]resource1.take-borrow",
        HostFunc::Nothing,
        vec![borrow(), borrow()],
        None,
        false,
    );
    add(
        "[method]resource1.take-own",
        HostFunc::TakeOwn(resource1),
        vec![borrow(), own()],
        None,
        false,
    );
    add(
        "[method]resource1.never-return",
        HostFunc::NeverReturns,
        vec![borrow()],
        None,
        true,
    );
    Items::new(items)
}
