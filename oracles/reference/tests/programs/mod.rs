//! Small components for tests: the built-ins, a table and a memory around a body of core functions.

use spawndiff_corpus::{Case, Invocation, Run, Value};

/// A component whose core module `main` has the functions and elements of `body`, and whose exports are `lifts`.
///
/// The core module finds a table `$t` (10 entries, `funcref`), a second table `$u`, the type `$start`, and every
/// built-in under its name (`$log`, `$new`, `$new-u`, `$later`, `$suspend`, `$yield`, ...).
pub fn component(body: &str, lifts: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
  (import "host" (instance $host
    (export "log" (func (param "point" u32) (param "value" u64)))
    (export "mark" (func (param "value" u32)))))
  (core module $store
    (memory (export "memory") 1)
    (table (export "t") 10 20 funcref)
    (table (export "u") 4 funcref))
  (core instance $store (instantiate $store))
  (alias core export $store "t" (core table $t))
  (alias core export $store "u" (core table $u))
  (core type $start (func (param i32)))
  (core func $log (canon lower (func $host "log")))
  (core func $mark (canon lower (func $host "mark")))
  (core func $new (canon thread.new-indirect $start (core table $t)))
  (core func $new-u (canon thread.new-indirect $start (core table $u)))
  (core func $later (canon thread.resume-later))
  (core func $index (canon thread.index))
  (core func $suspend (canon thread.suspend))
  (core func $yield (canon thread.yield))
  (core func $suspend-resume (canon thread.suspend-then-resume))
  (core func $yield-resume (canon thread.yield-then-resume))
  (core func $suspend-promote (canon thread.suspend-then-promote))
  (core func $yield-promote (canon thread.yield-then-promote))
  (core func $get0 (canon context.get i32 0))
  (core func $set0 (canon context.set i32 0))
  (core func $return (canon task.return))
  (core func $return-u32 (canon task.return (result u32)))
  (core func $parallelism (canon thread.available_parallelism))
  (core func $spawn (canon thread.spawn-indirect $start (core table $t)))
  (core func $spawn-ref (canon thread.spawn-ref $start))
  (core module $main
    (type $start (func (param i32)))
    (import "store" "memory" (memory 1))
    (import "store" "t" (table $t 10 20 funcref))
    (import "store" "u" (table $u 4 funcref))
    (import "b" "log" (func $log (param i32 i64)))
    (import "b" "mark" (func $mark (param i32)))
    (import "b" "new" (func $new (param i32 i32) (result i32)))
    (import "b" "new-u" (func $new-u (param i32 i32) (result i32)))
    (import "b" "later" (func $later (param i32)))
    (import "b" "index" (func $index (result i32)))
    (import "b" "suspend" (func $suspend (result i32)))
    (import "b" "yield" (func $yield (result i32)))
    (import "b" "suspend-resume" (func $suspend-resume (param i32) (result i32)))
    (import "b" "yield-resume" (func $yield-resume (param i32) (result i32)))
    (import "b" "suspend-promote" (func $suspend-promote (param i32) (result i32)))
    (import "b" "yield-promote" (func $yield-promote (param i32) (result i32)))
    (import "b" "get0" (func $get0 (result i32)))
    (import "b" "set0" (func $set0 (param i32)))
    (import "b" "return" (func $return))
    (import "b" "return-u32" (func $return-u32 (param i32)))
    (import "b" "parallelism" (func $parallelism (result i32)))
    (import "b" "spawn" (func $spawn (param i32 i32) (result i32)))
    (import "b" "spawn-ref" (func $spawn-ref (param (ref null $start) i32) (result i32)))
    (func $say (param i32 i32) (call $log (local.get 0) (i64.extend_i32_u (local.get 1))))
    {body})
  (core instance $main (instantiate $main
    (with "store" (instance $store))
    (with "b" (instance
      (export "log" (func $log))
      (export "mark" (func $mark))
      (export "new" (func $new))
      (export "new-u" (func $new-u))
      (export "later" (func $later))
      (export "index" (func $index))
      (export "suspend" (func $suspend))
      (export "yield" (func $yield))
      (export "suspend-resume" (func $suspend-resume))
      (export "yield-resume" (func $yield-resume))
      (export "suspend-promote" (func $suspend-promote))
      (export "yield-promote" (func $yield-promote))
      (export "get0" (func $get0))
      (export "set0" (func $set0))
      (export "return" (func $return))
      (export "return-u32" (func $return-u32))
      (export "parallelism" (func $parallelism))
      (export "spawn" (func $spawn))
      (export "spawn-ref" (func $spawn-ref))))))
  {lifts})"#
    );
    encode(&text)
}

/// The binary of a component's text.
pub fn encode(text: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(text).expect("the text lexes");
    let mut wat: wast::Wat<'_> =
        wast::parser::parse(&buffer).unwrap_or_else(|error| panic!("{error}\n{text}"));
    wat.encode()
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A lift of the core export `name`, synchronously typed.
pub fn sync(name: &str) -> String {
    format!(r#"(func (export "{name}") (canon lift (core func $main "{name}")))"#)
}

/// A lift of the core export `name`: async-typed, lifted synchronously.
pub fn blocking(name: &str) -> String {
    format!(r#"(func (export "{name}") async (canon lift (core func $main "{name}")))"#)
}

/// A lift of the core export `name`: async-typed, async-lifted without a callback.
pub fn stackful(name: &str) -> String {
    format!(r#"(func (export "{name}") async (canon lift (core func $main "{name}") async))"#)
}

/// A lift of the core export `name` with the callback `name-cb`.
pub fn callback(name: &str) -> String {
    format!(
        r#"(func (export "{name}") async
             (canon lift (core func $main "{name}") async (callback (core func $main "{name}-cb"))))"#
    )
}

/// One run of a component, with a call without arguments of each export.
pub fn case(component: Vec<u8>, exports: &[&str]) -> Case {
    let invocations = exports
        .iter()
        .map(|export| Invocation {
            export: export.to_string(),
            args: Vec::<Value>::new(),
        })
        .collect();
    Case {
        component,
        runs: vec![Run { invocations }],
    }
}
