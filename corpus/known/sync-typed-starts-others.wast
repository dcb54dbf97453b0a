;; sync-typed-starts-others: a synchronously typed task blocks while a call of its instance waits to enter that.
;; CanonicalABI.md, `canon lift`: it switches to ready threads in the table of the instance, which a thread is added to when it enters.
;; Wasmtime 50.0.1 lets the call begin in the middle of the synchronous one: `sync` returns 1.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#canon-lift
;; Seen in 50.0.1; no report of it found. In 48.0.8 it is a case of sync-typed-runs-others.

(component definition $spawndiff
  (component $callee
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return))
      (global $begun (mut i32) (i32.const 0))
      (func (export "first") (result i32)
        (drop (call $yield))
        (call $return)
        (i32.const 0))
      (func (export "second") (result i32)
        (global.set $begun (i32.const 1))
        (call $return)
        (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) (unreachable))
      ;; Whether the second call begins while this one is blocked.
      (func (export "sync") (result i32)
        (local $before i32)
        (local.set $before (global.get $begun))
        (drop (call $yield))
        (i32.ne (global.get $begun) (local.get $before))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "yield" (func $yield))
        (export "return" (func $return))))))
    (func (export "first") async
      (canon lift (core func $m "first") async (callback (core func $m "callback"))))
    (func (export "second") async
      (canon lift (core func $m "second") async (callback (core func $m "callback"))))
    (func (export "sync") (result u32) (canon lift (core func $m "sync"))))
  (component $caller
    (import "first" (func $first async))
    (import "second" (func $second async))
    (import "sync" (func $sync (result u32)))
    (core module $memory (memory (export "m") 1))
    (core instance $memory (instantiate $memory))
    (core func $first (canon lower (func $first) async))
    (core func $second (canon lower (func $second) async))
    (core func $sync (canon lower (func $sync)))
    (core func $set (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $wait (canon waitable-set.wait (memory $memory "m")))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "first" (func $first (result i32)))
      (import "" "second" (func $second (result i32)))
      (import "" "sync" (func $sync (result i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "wait" (func $wait (param i32 i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "run")
        (local $status i32) (local $set i32)
        (local.set $status (call $first))
        ;; RETURNED: it did not block when it yielded.
        (if (i32.eq (local.get $status) (i32.const 2))
          (then (call $return (i32.const 0)) (return)))
        (local.set $set (call $set))
        (call $join (i32.shr_u (local.get $status) (i32.const 4)) (local.get $set))
        ;; It waits while the first one is exclusive.
        (drop (call $second))
        (drop (call $wait (local.get $set) (i32.const 0)))
        (call $return (call $sync))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "first" (func $first))
        (export "second" (func $second))
        (export "sync" (func $sync))
        (export "set" (func $set))
        (export "join" (func $join))
        (export "wait" (func $wait))
        (export "return" (func $return))))))
    (func (export "run") async (result u32) (canon lift (core func $m "run") async)))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller
    (with "first" (func $callee "first"))
    (with "second" (func $callee "second"))
    (with "sync" (func $callee "sync"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 0))
