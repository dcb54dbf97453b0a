//! Canonical definitions, their options, and the types that they are about.

use super::super::super::canon_defs::{Canon, FuncInst, Side, StringEncoding};
use super::super::super::typedef::Type;
use super::super::super::types::{ResourceTypeId, ValType};
use super::super::Item;
use super::{func, run};
use std::sync::Arc;

#[test]
fn canonical_options_are_looked_up() {
    let (mock, exports) = run(r#"(component
        (core module $m
          (memory (export "m32") 1) (memory (export "m64") i64 1)
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
          (func (export "realloc64") (param i64 i64 i64 i64) (result i64) unreachable)
          (func (export "f") (param i32 i32) (result i32) unreachable)
          (func (export "a") (param i32 i32) (result i32) unreachable)
          (func (export "cb") (param i32 i32 i32) (result i32) unreachable)
          (func (export "post") (param i32)))
        (core instance $i (instantiate $m))
        (alias core export $i "m32" (core memory $m32))
        (alias core export $i "m64" (core memory $m64))
        (alias core export $i "realloc" (core func $realloc))
        (alias core export $i "realloc64" (core func $realloc64))
        (func $f (param "s" string) (result string) (canon lift (core func $i "f")
          string-encoding=utf16 (memory (core memory $m32)) (realloc (core func $realloc))
          (post-return (core func $i "post"))))
        (func $g async (param "s" string) (result string) (canon lift (core func $i "a")
          string-encoding=latin1+utf16 (memory (core memory $m32)) (realloc (core func $realloc))
          async (callback (core func $i "cb"))))
        (core func (canon lower (func $f)
          string-encoding=utf8 (memory (core memory $m64)) (realloc (core func $realloc64))))
        (core func (canon lower (func $g)
          async (memory (core memory $m32)) (realloc (core func $realloc))))
        (export "f" (func $f)) (export "g" (func $g)))"#);
    let [f, g] = ["f", "g"].map(|name| match func(&exports, name) {
        FuncInst::Lift(lift) => lift,
        FuncInst::Host(..) => panic!("{name} is the host's"),
    });
    assert_eq!(f.opts.string_encoding, StringEncoding::Utf16);
    assert!(f.opts.memory.is_some_and(|memory| !memory.wide));
    assert!(f.opts.realloc.is_some() && f.opts.post_return.is_some());
    assert!(!f.opts.async_ && f.opts.callback.is_none());
    assert_eq!(g.opts.string_encoding, StringEncoding::Latin1Utf16);
    assert!(g.opts.async_ && g.opts.callback.is_some() && g.ft.async_);
    match mock.canons()[..] {
        [Canon::Lower { opts: a, .. }, Canon::Lower { opts: b, .. }] => {
            assert_eq!(a.string_encoding, StringEncoding::Utf8);
            assert!(a.memory.is_some_and(|memory| memory.wide) && !a.async_);
            assert!(b.async_ && b.memory.is_some());
        }
        ref other => panic!("{other:?}"),
    }
}

/// The text of a canonical definition, and whether the definition is read as what the text says.
type Reads = (&'static str, fn(&Canon) -> bool);

macro_rules! reads {
    ($($written:literal => $read:pat $(if $guard:expr)?,)*) => {
        [$(($written, |canon: &Canon| matches!(canon, $read $(if $guard)?)),)*]
    };
}

#[test]
fn every_canonical_definition_is_read() {
    let text = r#"(component
        (core type $start (func (param i32)))
        (core module $m (memory (export "m") 1) (table (export "t") 1 funcref)
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
        (core instance $i (instantiate $m))
        (alias core export $i "m" (core memory $m))
        (alias core export $i "t" (core table $t))
        (type $r (resource (rep i32)))
        (type $s (stream u8))
        (type $f (future (own $r)))
        CANONS)"#;
    let canons: [Reads; 46] = reads! {
        "resource.new $r" => Canon::ResourceNew(_),
        "resource.drop $r" => Canon::ResourceDrop(_),
        "resource.rep $r" => Canon::ResourceRep(_),
        "context.get i32 0" => Canon::ContextGet { slot: 0, wide: false },
        "context.set i64 1" => Canon::ContextSet { slot: 1, wide: true },
        "backpressure.inc" => Canon::BackpressureInc,
        "backpressure.dec" => Canon::BackpressureDec,
        "task.return (result u8)" => Canon::TaskReturn { result: Some(ValType::U8), .. },
        "task.return" => Canon::TaskReturn { result: None, .. },
        "task.cancel" => Canon::TaskCancel,
        "waitable-set.new" => Canon::WaitableSetNew,
        "waitable-set.wait cancellable (memory (core memory $m))" =>
            Canon::WaitableSetWait { cancellable: true, .. },
        "waitable-set.poll (memory (core memory $m))" =>
            Canon::WaitableSetPoll { cancellable: false, .. },
        "waitable-set.drop" => Canon::WaitableSetDrop,
        "waitable.join" => Canon::WaitableJoin,
        "subtask.cancel async" => Canon::SubtaskCancel { async_: true },
        "subtask.drop" => Canon::SubtaskDrop,
        "stream.new $s" => Canon::EndsNew { ty: ValType::Stream(_) },
        "stream.read $s async (memory (core memory $m))" =>
            Canon::Copy { ty: ValType::Stream(_), side: Side::Readable, opts }
            if opts.async_ && opts.memory.is_some(),
        "stream.write $s (memory (core memory $m))" =>
            Canon::Copy { ty: ValType::Stream(_), side: Side::Writable, opts } if !opts.async_,
        "stream.cancel-read $s async" =>
            Canon::CancelCopy { ty: ValType::Stream(_), side: Side::Readable, async_: true },
        "stream.cancel-write $s" =>
            Canon::CancelCopy { ty: ValType::Stream(_), side: Side::Writable, async_: false },
        "stream.drop-readable $s" => Canon::DropEnd { ty: ValType::Stream(_), side: Side::Readable },
        "stream.drop-writable $s" => Canon::DropEnd { ty: ValType::Stream(_), side: Side::Writable },
        "future.new $f" => Canon::EndsNew { ty: ValType::Future(Some(ty)) }
            if matches!(**ty, ValType::Own(_)),
        "future.read $f (memory (core memory $m))" =>
            Canon::Copy { ty: ValType::Future(_), side: Side::Readable, .. },
        "future.write $f async (memory (core memory $m))" =>
            Canon::Copy { ty: ValType::Future(_), side: Side::Writable, .. },
        "future.cancel-read $f" =>
            Canon::CancelCopy { ty: ValType::Future(_), side: Side::Readable, .. },
        "future.cancel-write $f" =>
            Canon::CancelCopy { ty: ValType::Future(_), side: Side::Writable, .. },
        "future.drop-readable $f" => Canon::DropEnd { ty: ValType::Future(_), side: Side::Readable },
        "future.drop-writable $f" => Canon::DropEnd { ty: ValType::Future(_), side: Side::Writable },
        "error-context.new (memory (core memory $m))" =>
            Canon::ErrorContextNew { opts } if opts.memory.is_some(),
        "error-context.debug-message (memory (core memory $m)) (realloc (core func $i \"realloc\"))" =>
            Canon::ErrorContextDebugMessage { opts } if opts.realloc.is_some(),
        "error-context.drop" => Canon::ErrorContextDrop,
        "thread.index" => Canon::ThreadIndex,
        "thread.new-indirect $start (core table $t)" => Canon::ThreadNewIndirect { .. },
        "thread.spawn-indirect $start (core table $t)" => Canon::ThreadSpawnIndirect { .. },
        "thread.spawn-ref $start" => Canon::ThreadSpawnRef { .. },
        "thread.available_parallelism" => Canon::ThreadAvailableParallelism,
        "thread.resume-later" => Canon::ThreadResumeLater,
        "thread.suspend cancellable" => Canon::ThreadSuspend { cancellable: true },
        "thread.yield" => Canon::ThreadYield { cancellable: false },
        "thread.suspend-then-resume" => Canon::ThreadSuspendThenResume { cancellable: false },
        "thread.yield-then-resume cancellable" => Canon::ThreadYieldThenResume { cancellable: true },
        "thread.suspend-then-promote" => Canon::ThreadSuspendThenPromote { cancellable: false },
        "thread.yield-then-promote cancellable" =>
            Canon::ThreadYieldThenPromote { cancellable: true },
    };
    let written: String = canons
        .iter()
        .map(|(canon, _)| format!("(core func (canon {canon}))\n"))
        .collect();
    let (mock, _) = run(&text.replace("CANONS", &written));
    let read = mock.canons();
    assert_eq!(read.len(), canons.len());
    for (canon, (written, check)) in read.into_iter().zip(canons) {
        assert!(check(canon), "{written} is read as {canon:?}");
    }
}

#[test]
fn value_types_of_every_kind_are_evaluated() {
    let (_, exports) = run(r#"(component
        (type $r' (resource (rep i32)))
        (export $r "r" (type $r'))
        (type $fl (flags "a" "b"))
        (type $en (enum "x" "y"))
        (type $rec (record (field "a" bool) (field "b" $fl)))
        (type $var (variant (case "n") (case "r" (own $r))))
        (type $t (tuple s8 u16 s16 s64 u64 f32 f64 char error-context
          $rec $var $en (option (list string)) (result) (result u8) (result (error (borrow $r)))
          (list u8 4) (map u8 string) (stream) (stream u8) (future $rec)))
        (export "t" (type $t)))"#);
    let Some(Item::Type(Type::Val(ty, _))) = exports.get("t") else {
        panic!("no type is exported");
    };
    let r = ResourceTypeId(0);
    let rec = ValType::Record(Arc::new([
        ("a".into(), ValType::Bool),
        (
            "b".into(),
            ValType::Flags(Arc::new(["a".into(), "b".into()])),
        ),
    ]));
    let result = |ok: Option<ValType>, err: Option<ValType>| ValType::Result {
        ok: ok.map(Arc::new),
        err: err.map(Arc::new),
    };
    let expected = ValType::Tuple(Arc::new([
        ValType::S8,
        ValType::U16,
        ValType::S16,
        ValType::S64,
        ValType::U64,
        ValType::F32,
        ValType::F64,
        ValType::Char,
        ValType::ErrorContext,
        rec.clone(),
        ValType::Variant(Arc::new([
            ("n".into(), None),
            ("r".into(), Some(ValType::Own(r))),
        ])),
        ValType::Enum(Arc::new(["x".into(), "y".into()])),
        ValType::Option(Arc::new(ValType::List(Arc::new(ValType::String), None))),
        result(None, None),
        result(Some(ValType::U8), None),
        result(None, Some(ValType::Borrow(r))),
        ValType::List(Arc::new(ValType::U8), Some(4)),
        ValType::Map(Arc::new(ValType::U8), Arc::new(ValType::String)),
        ValType::Stream(None),
        ValType::Stream(Some(Arc::new(ValType::U8))),
        ValType::Future(Some(Arc::new(rec))),
    ]));
    assert_eq!(*ty, expected);
}
