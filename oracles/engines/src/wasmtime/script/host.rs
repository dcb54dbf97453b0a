//! The host that scripts import from, as `spawndiff_observation::scripts::host` describes it.

use super::Host;
use super::wasmtime;
use spawndiff_observation::scripts::host::simple_module;
use std::future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;
use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType};
use wasmtime::{AsContextMut, Engine, Error, Module, Result, StoreContextMut};

/// The type `resource1`. A resource of this type is known by its number only.
struct Resource1;
/// The type `resource2`.
struct Resource2;

/// The calls of the destructor of `resource1`: how many there were, and the number of the resource that was dropped last.
#[derive(Default)]
struct Drops {
    count: AtomicU32,
    last: AtomicU32,
}

/// Makes the linker with the imports of a script's components. Instances that the script registers are added to this linker.
pub(super) fn linker(engine: &Engine) -> Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    linker.allow_shadowing(true);
    let mut root = linker.root();
    root.func_wrap_concurrent("host-echo-u32", |_, (x,): (u32,)| {
        Box::pin(async move { Ok((x,)) })
    })?;
    root.func_wrap("host-return-two", |_, (): ()| Ok((2u32,)))?;
    let mut host = linker.instance("host")?;
    functions(&mut host)?;
    resources(&mut host)?;
    host.module(
        "simple-module",
        &Module::from_binary(engine, &simple_module())?,
    )?;
    host.instance("nested")?
        .func_wrap("return-four", |_, (): ()| Ok((4u32,)))?;
    let mut wasmtime = linker.instance("wasmtime")?;
    wasmtime.func_wrap("set-max-table-capacity", set_max_table_capacity)?;
    wasmtime.func_wrap("gc", |mut store: StoreContextMut<'_, Host>, (): ()| {
        store.gc(None)
    })?;
    Ok(linker)
}

fn functions(host: &mut LinkerInstance<'_, Host>) -> Result<()> {
    host.func_wrap("return-three", |_, (): ()| Ok((3u32,)))?;
    host.func_wrap("return-hi", |_, (): ()| Ok(("hi".to_string(),)))?;
    host.func_wrap_concurrent("never-return", |_, (): ()| {
        Box::pin(future::pending::<Result<()>>())
    })?;
    host.func_wrap_concurrent("return-two-slowly", |_, (): ()| {
        Box::pin(async {
            pending_once().await;
            Ok((2i32,))
        })
    })?;
    host.func_wrap_concurrent("echo-slowly", |_, (x,): (u32,)| {
        Box::pin(async move {
            pending_once().await;
            Ok((x,))
        })
    })
}

/// Returns once it has been polled a second time: at the first poll it is pending, and asks to be polled again.
async fn pending_once() {
    let mut asked = false;
    future::poll_fn(|cx| {
        if asked {
            return Poll::Ready(());
        }
        asked = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn resources(host: &mut LinkerInstance<'_, Host>) -> Result<()> {
    let drops = Arc::new(Drops::default());
    let dropped = drops.clone();
    host.resource(
        "resource1",
        ResourceType::host::<Resource1>(),
        move |_, rep| {
            dropped.count.fetch_add(1, Relaxed);
            dropped.last.store(rep, Relaxed);
            Ok(())
        },
    )?;
    host.resource(
        "resource2",
        ResourceType::host::<Resource2>(),
        |_, _| Ok(()),
    )?;
    host.resource(
        "resource1-again",
        ResourceType::host::<Resource1>(),
        |_, _| {
            Err(Error::msg(
                "a `resource1` was dropped as a `resource1-again`",
            ))
        },
    )?;
    host.func_wrap("[constructor]resource1", |_, (rep,): (u32,)| {
        Ok((Resource::<Resource1>::new_own(rep),))
    })?;
    host.func_wrap(
        "[static]resource1.assert",
        |_, (resource, rep): (Resource<Resource1>, u32)| same(&resource, rep),
    )?;
    host.func_wrap(
        "[method]resource1.simple",
        |_, (resource, rep): (Resource<Resource1>, u32)| {
            borrowed(&resource)?;
            same(&resource, rep)
        },
    )?;
    host.func_wrap(
        "[method]resource1.take-borrow",
        |_, (this, other): (Resource<Resource1>, Resource<Resource1>)| {
            borrowed(&this)?;
            borrowed(&other)
        },
    )?;
    host.func_wrap(
        "[method]resource1.take-own",
        |_, (this, other): (Resource<Resource1>, Resource<Resource1>)| {
            borrowed(&this)?;
            if other.owned() {
                Ok(())
            } else {
                Err(Error::msg("a `resource1` that should be owned is borrowed"))
            }
        },
    )?;
    host.func_wrap_concurrent(
        "[method]resource1.never-return",
        |_, (_,): (Resource<Resource1>,)| Box::pin(future::pending::<Result<()>>()),
    )?;
    let asked = drops.clone();
    host.func_wrap("[static]resource1.drops", move |_, (): ()| {
        Ok((asked.count.load(Relaxed),))
    })?;
    host.func_wrap("[static]resource1.last-drop", move |_, (): ()| {
        Ok((drops.last.load(Relaxed),))
    })
}

fn same(resource: &Resource<Resource1>, rep: u32) -> Result<()> {
    if resource.rep() == rep {
        return Ok(());
    }
    let message = format!("the `resource1` is {}, not {rep}", resource.rep());
    Err(Error::msg(message))
}

fn borrowed(resource: &Resource<Resource1>) -> Result<()> {
    if resource.owned() {
        return Err(Error::msg("a `resource1` that should be borrowed is owned"));
    }
    Ok(())
}

fn set_max_table_capacity(mut store: StoreContextMut<'_, Host>, (capacity,): (u32,)) -> Result<()> {
    let mut store = store.as_context_mut();
    let table = store.concurrent_resource_table();
    let table = table.ok_or_else(|| Error::msg("the store has no table of what is concurrent"))?;
    table.set_max_capacity(usize::try_from(capacity)?);
    Ok(())
}
