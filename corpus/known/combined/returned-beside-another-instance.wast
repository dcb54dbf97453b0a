;; returns-internal-error and sync-typed-suspends: a synchronously typed task calls `task.return`, and suspends while a thread of
;; another component instance is ready.
;; CanonicalABI.md, `canon_task_return`: it traps unless the task was lifted `async`.
;; Wasmtime 48.0.8 and 50.0.1 let the task return so, and then trap where it suspends; in 50.0.1 (returned-may-not-suspend) a ready
;; thread of the same instance would prevent that, one of another instance does not.
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-taskreturn
;; Seen in 50.0.1; no report of it found.

(component definition $spawndiff
  (component $other
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return))
      (func (export "f") (drop (call $yield)) (call $return)))
    (core instance $m (instantiate $m (with "" (instance (export "yield" (func $yield)) (export "return" (func $return))))))
    (func (export "f") async (canon lift (core func $m "f") async)))
  (component $caller
    (import "f" (func $f async))
    (core func $f' (canon lower (func $f) async))
    (core func $return (canon task.return))
    (core func $suspend (canon thread.suspend))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (import "" "return" (func $return))
      (import "" "suspend" (func $suspend (result i32)))
      (func (export "run")
        (if (i32.eq (call $f) (i32.const 2)) (then (return)))
        (call $return)
        (drop (call $suspend))))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $f')) (export "return" (func $return)) (export "suspend" (func $suspend))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $other (instantiate $other))
  (instance $caller (instantiate $caller (with "f" (func $other "f"))))
  (export "run" (func $caller "run")))
(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "invalid `task.return` signature and/or options for current task")
