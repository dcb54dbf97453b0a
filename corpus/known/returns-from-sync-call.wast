;; returns-from-sync-call: a task that is lifted and called synchronously, of an asynchronous type, calls `task.return`.
;; CanonicalABI.md, `canon_task_return`: it traps unless the task was lifted `async`.
;; Wasmtime 50.0.1 lifts the result first, which traps for another reason (unknown handle index); if it can be lifted, the task
;; returns and there is an internal error. 48.0.8 traps here, and does so only in a call that is lowered `async` (returns-internal-error).
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#-canon-taskreturn
;; Seen in 50.0.1; no report of it found.

(component definition $spawndiff
  (component $callee
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "return" (func $return (param i32)))
      (func (export "f") (result i32) (call $return (i32.const 1)) (i32.const 2)))
    (core instance $m (instantiate $m (with "" (instance (export "return" (func $return))))))
    (func (export "f") async (result u32) (canon lift (core func $m "f"))))
  (component $caller
    (import "f" (func $f async (result u32)))
    (core func $f' (canon lower (func $f)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "run") (call $return (call $f))))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $f')) (export "return" (func $return))))))
    (func (export "run") async (result u32) (canon lift (core func $m "run") async)))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "invalid `task.return` signature and/or options for current task")
