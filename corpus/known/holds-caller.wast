;; holds-caller: a call made with the asynchronous ABI, whose callee blocks in a synchronous `subtask.cancel`.
;; Concurrency.md, "Blocking": if the callee blocks, control flow is immediately returned to the caller's thread; and waiting for
;; a subtask to cancel itself is one of the ways to block. The call returns STARTED (1).
;; Wasmtime 50.0.1 does not return to the caller before the cancellation is over. Here that needs the caller: a deadlock.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/Concurrency.md#blocking
;; Seen in 50.0.1; no report of it found.

(component definition $spawndiff
  (component $callee
    (core func $return (canon task.return))
    (core func $index (canon thread.index))
    (core func $suspend (canon thread.suspend))
    (core func $resume-later (canon thread.resume-later))
    (core module $m
      (import "" "return" (func $return))
      (import "" "index" (func $index (result i32)))
      (import "" "suspend" (func $suspend (result i32)))
      (import "" "resume-later" (func $resume-later (param i32)))
      (global $thread (mut i32) (i32.const 0))
      (func (export "f")
        (global.set $thread (call $index))
        (drop (call $suspend))
        (call $return))
      (func (export "go")
        (call $resume-later (global.get $thread))
        (call $return)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "return" (func $return))
        (export "index" (func $index))
        (export "suspend" (func $suspend))
        (export "resume-later" (func $resume-later))))))
    (func (export "f") async (canon lift (core func $m "f") async))
    (func (export "go") async (canon lift (core func $m "go") async)))
  (component $canceller
    (import "f" (func $f async))
    (core func $f (canon lower (func $f) async))
    (core func $subtask-cancel (canon subtask.cancel))
    (core func $return (canon task.return))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (import "" "subtask-cancel" (func $subtask-cancel (param i32) (result i32)))
      (import "" "return" (func $return))
      (func (export "cancels")
        (drop (call $subtask-cancel (i32.shr_u (call $f) (i32.const 4))))
        (call $return)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "f" (func $f))
        (export "subtask-cancel" (func $subtask-cancel))
        (export "return" (func $return))))))
    (func (export "cancels") async (canon lift (core func $m "cancels") async)))
  (component $caller
    (import "cancels" (func $cancels async))
    (import "go" (func $go async))
    (core module $store (memory (export "mem") 1))
    (core instance $store (instantiate $store))
    (alias core export $store "mem" (core memory $mem))
    (core func $cancels (canon lower (func $cancels) async))
    (core func $go (canon lower (func $go)))
    (core func $set-new (canon waitable-set.new))
    (core func $set-wait (canon waitable-set.wait (memory $mem)))
    (core func $join (canon waitable.join))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "cancels" (func $cancels (result i32)))
      (import "" "go" (func $go))
      (import "" "set-new" (func $set-new (result i32)))
      (import "" "set-wait" (func $set-wait (param i32 i32) (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "run") (local $called i32) (local $set i32)
        (local.set $called (call $cancels))
        (call $go)
        (local.set $set (call $set-new))
        (call $join (i32.shr_u (local.get $called) (i32.const 4)) (local.get $set))
        (drop (call $set-wait (local.get $set) (i32.const 0)))
        (call $return (i32.and (local.get $called) (i32.const 15)))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "cancels" (func $cancels))
        (export "go" (func $go))
        (export "set-new" (func $set-new))
        (export "set-wait" (func $set-wait))
        (export "join" (func $join))
        (export "return" (func $return))))))
    (func (export "run") async (result u32) (canon lift (core func $m "run") async)))
  (instance $callee (instantiate $callee))
  (instance $canceller (instantiate $canceller (with "f" (func $callee "f"))))
  (instance $caller (instantiate $caller
    (with "cancels" (func $canceller "cancels"))
    (with "go" (func $callee "go"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 1))
