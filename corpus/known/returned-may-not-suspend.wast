;; returned-may-not-suspend: a synchronously typed task calls `task.return`, and then suspends.
;; CanonicalABI.md, `canon_task_return`: it traps unless the task was lifted `async`.
;; Wasmtime 50.0.1 lets the task return so (returns-internal-error), and then traps where it suspends, as if it had not returned.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#-canon-taskreturn
;; Seen in 50.0.1; no report of it found.

(component definition $spawndiff
  (core func $return (canon task.return))
  (core func $suspend (canon thread.suspend))
  (core module $m
    (import "" "return" (func $return))
    (import "" "suspend" (func $suspend (result i32)))
    (func (export "run")
      (call $return)
      (drop (call $suspend))))
  (core instance $m (instantiate $m
    (with "" (instance
      (export "return" (func $return))
      (export "suspend" (func $suspend))))))
  (func (export "run") (canon lift (core func $m "run"))))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "invalid `task.return` signature and/or options for current task")
