;; returns-internal-error and sync-typed-suspends: a synchronously typed task calls `task.return`, and then waits for a waitable set,
;; at once or after a call that is synchronous in every way.
;; CanonicalABI.md, `canon_task_return`: it traps unless the task was lifted `async`.
;; Wasmtime 48.0.8 lets the task return so, and traps where it waits; 50.0.1, too (returned-may-not-suspend).
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-taskreturn
;; Written by hand: the reference with both waited.

(component definition $spawndiff
  (component $callee
    (core module $m (func (export "f")))
    (core instance $m (instantiate $m))
    (func (export "f") (canon lift (core func $m "f"))))
  (component $caller
    (import "f" (func $f))
    (core module $lib (memory (export "m") 1))
    (core instance $lib (instantiate $lib))
    (alias core export $lib "m" (core memory $m))
    (core func $f' (canon lower (func $f)))
    (core func $return (canon task.return))
    (core func $set (canon waitable-set.new))
    (core func $wait (canon waitable-set.wait (memory $m)))
    (core module $m
      (import "" "f" (func $f))
      (import "" "return" (func $return))
      (import "" "set" (func $set (result i32)))
      (import "" "wait" (func $wait (param i32 i32) (result i32)))
      (func (export "waits")
        (call $return) (drop (call $wait (call $set) (i32.const 0))))
      (func (export "calls-and-waits")
        (call $return) (call $f) (drop (call $wait (call $set) (i32.const 0)))))
    (core instance $m (instantiate $m (with "" (instance
      (export "f" (func $f')) (export "return" (func $return)) (export "set" (func $set)) (export "wait" (func $wait))))))
    (func (export "waits") (canon lift (core func $m "waits")))
    (func (export "calls-and-waits") (canon lift (core func $m "calls-and-waits"))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "waits" (func $caller "waits"))
  (export "calls-and-waits" (func $caller "calls-and-waits")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "waits") "invalid `task.return` signature and/or options for current task")
(component instance $r1 $spawndiff)
(assert_trap (invoke "calls-and-waits") "invalid `task.return` signature and/or options for current task")
