//! Exceptions of core code, as far as the host keeps them.
//!
//! wasmi has none: core modules are rewritten so that they unwind by themselves (`rewrite/exceptions.rs`). What core code
//! cannot keep is here, one keep for each store: the numbers of tags, what the exception carries that is under way, and
//! what an `exnref` refers to. Its functions never suspend.

use super::Unsupported;
use super::limits::{ARENA, Limits};
use super::store::Stop;
use spawndiff_observation::Builtin;
use spawndiff_observation::{Exhaustion, Trap};
use std::fmt;
use std::sync::Arc;
use wasmi::{Caller, Extern, ExternRef, ExternType, Func, Global, Mutability, Nullable, Val};

/// A part of the keep that a rewritten module imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A mutable `i32` that all modules of a store share: the tag of the exception that is under way, or zero.
    UnderWay,
    /// An immutable `i32` that is not zero: a tag that the store has not had yet.
    Tag,
    /// A function of a payload and a tag: an exception is under way from now on.
    Throw,
    /// A function of an `exnref`: its exception is under way from now on.
    ThrowRef,
    /// A function that returns the payload, or nothing: no exception is under way any more.
    Catch,
    /// A function that returns the payload, or nothing, and the `exnref` as its last result: no exception is under way any more.
    CatchRef,
}

/// Where the parts of the keep are imported from, each by its place among the parts that the module needs.
pub(crate) const KEEP: &str = "spawndiff:exceptions";

/// Returns the part of the keep that an import asks for: one of the `parts` that the module needs. `None`: it asks for none.
pub(crate) fn asked_for(import: &wasmi::ImportType<'_>, parts: &[Part]) -> Option<Part> {
    if import.module() != KEEP {
        return None;
    }
    parts.get(import.name().parse::<usize>().ok()?).copied()
}

/// The keep of a store.
#[derive(Debug, Default)]
pub(crate) struct Keep {
    /// The global that says whether an exception is under way. It exists once a module has imported it, or a function of the keep.
    under_way: Option<Global>,
    thrown: Option<Exception>,
    /// How many tags there are.
    tags: i32,
    /// How many exceptions an `exnref` was made for. They live as long as the store.
    refs: usize,
}

/// An exception: what an `exnref` refers to.
#[derive(Clone, Debug)]
struct Exception {
    tag: i32,
    payload: Arc<[Val]>,
}

/// Why a function of the keep fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refused {
    /// `throw_ref` of a null reference.
    NullReference,
    /// Too many exceptions.
    Full,
    /// An exception that does not fit: only code that is not valid gets there.
    Mistyped,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::NullReference => "a null reference is thrown",
            Refused::Full => "too many exceptions",
            Refused::Mistyped => "an exception of another type than its own",
        })
    }
}

impl wasmi::errors::HostError for Refused {}

impl Refused {
    /// Returns the stop of the run that this failure leads to.
    pub(crate) fn stop(self) -> Stop {
        match self {
            Refused::NullReference => Stop::from(Trap::NullReference).by(Builtin::Core),
            Refused::Full => Stop::Exhausted(Exhaustion::Memory),
            Refused::Mistyped => Unsupported::new(self.to_string()).into(),
        }
    }
}

/// Makes the item for an import of the type `ty` that asks for `part`. It fails where `part` is a function and `ty` is another
/// type.
pub(crate) fn provide(
    core: &mut wasmi::Store<Limits>,
    part: Part,
    ty: &ExternType,
) -> Result<Extern, Unsupported> {
    let run: Run = match part {
        Part::UnderWay => return Ok(Extern::Global(under_way(core))),
        Part::Tag => return Ok(Extern::Global(new_tag(core))),
        Part::Throw => throw,
        Part::ThrowRef => throw_ref,
        Part::Catch => catch,
        Part::CatchRef => catch_ref,
    };
    let ExternType::Func(ty) = ty else {
        return Err(Unsupported::new("an import from the keep of another sort"));
    };
    let under_way = under_way(core);
    let func = Func::new(core, ty.clone(), move |mut caller, args, results| {
        run(&mut caller, under_way, args, results)
    });
    Ok(Extern::Func(func))
}

/// Whether an exception has left the core code that has returned last. The exception is then forgotten.
pub(crate) fn escaped(core: &mut wasmi::Store<Limits>) -> bool {
    let Some(under_way) = core.data().keep.under_way else {
        return false;
    };
    if under_way.get(&*core).i32() == Some(0) {
        return false;
    }
    core.data_mut().keep.thrown = None;
    under_way
        .set(&mut *core, Val::I32(0))
        .expect("it is mutable and an i32");
    true
}

/// The global that says whether an exception is under way.
fn under_way(core: &mut wasmi::Store<Limits>) -> Global {
    if let Some(global) = core.data().keep.under_way {
        return global;
    }
    let global = Global::new(&mut *core, Val::I32(0), Mutability::Var);
    core.data_mut().keep.under_way = Some(global);
    global
}

fn new_tag(core: &mut wasmi::Store<Limits>) -> Global {
    let keep = &mut core.data_mut().keep;
    keep.tags += 1;
    let tag = keep.tags;
    Global::new(core, Val::I32(tag), Mutability::Const)
}

/// A function of the keep: with the global that says whether an exception is under way, its arguments and its results.
type Run = fn(&mut Caller<'_, Limits>, Global, &[Val], &mut [Val]) -> Result<(), wasmi::Error>;

fn throw(
    caller: &mut Caller<'_, Limits>,
    under_way: Global,
    args: &[Val],
    _: &mut [Val],
) -> Result<(), wasmi::Error> {
    let Some((&Val::I32(tag), payload)) = args.split_last() else {
        return Err(wasmi::Error::host(Refused::Mistyped));
    };
    let payload = payload.into();
    begin(caller, under_way, Exception { tag, payload })
}

fn throw_ref(
    caller: &mut Caller<'_, Limits>,
    under_way: Global,
    args: &[Val],
    _: &mut [Val],
) -> Result<(), wasmi::Error> {
    let exception = match args {
        [Val::ExternRef(Nullable::Val(exnref))] => {
            let exception = exnref.data(&*caller).downcast_ref::<Exception>();
            exception.cloned().ok_or(Refused::Mistyped)
        }
        [Val::ExternRef(Nullable::Null)] => Err(Refused::NullReference),
        _ => Err(Refused::Mistyped),
    };
    begin(caller, under_way, exception.map_err(wasmi::Error::host)?)
}

/// Records that this exception is under way from now on.
fn begin(
    caller: &mut Caller<'_, Limits>,
    under_way: Global,
    exception: Exception,
) -> Result<(), wasmi::Error> {
    under_way.set(&mut *caller, Val::I32(exception.tag))?;
    caller.data_mut().keep.thrown = Some(exception);
    Ok(())
}

fn catch(
    caller: &mut Caller<'_, Limits>,
    under_way: Global,
    _: &[Val],
    results: &mut [Val],
) -> Result<(), wasmi::Error> {
    end(caller, under_way, results).map(|_| ())
}

fn catch_ref(
    caller: &mut Caller<'_, Limits>,
    under_way: Global,
    _: &[Val],
    results: &mut [Val],
) -> Result<(), wasmi::Error> {
    let keep = &mut caller.data_mut().keep;
    if keep.refs == ARENA {
        return Err(wasmi::Error::host(Refused::Full));
    }
    keep.refs += 1;
    let Some((exnref, payload)) = results.split_last_mut() else {
        return Err(wasmi::Error::host(Refused::Mistyped));
    };
    let exception = end(caller, under_way, payload)?;
    *exnref = ExternRef::new(&mut *caller, exception).into();
    Ok(())
}

/// Records that no exception is under way any more, and returns the one that was. `payload` has a place for each value that the
/// exception carries, or none.
fn end(
    caller: &mut Caller<'_, Limits>,
    under_way: Global,
    payload: &mut [Val],
) -> Result<Exception, wasmi::Error> {
    let thrown = caller.data_mut().keep.thrown.take();
    let exception = thrown.ok_or_else(|| wasmi::Error::host(Refused::Mistyped))?;
    under_way.set(&mut *caller, Val::I32(0))?;
    if !payload.is_empty() {
        // wasmi takes it for granted that results have their types.
        let carried = exception.payload.iter().map(Val::ty);
        if !carried.eq(payload.iter().map(Val::ty)) {
            return Err(wasmi::Error::host(Refused::Mistyped));
        }
        payload.clone_from_slice(&exception.payload);
    }
    Ok(exception)
}
