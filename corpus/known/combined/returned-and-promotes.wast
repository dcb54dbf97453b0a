;; promotes-suspended and returns-internal-error: a synchronously typed task calls `task.return`, and then
;; `thread.suspend-then-promote` of a thread that is suspended.
;; CanonicalABI.md, `canon_task_return`: it traps unless the task was lifted `async`.
;; Wasmtime 50.0.1 lets the task return so, and then traps where it suspends (returned-may-not-suspend). 48.0.8 resumes the thread.
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-taskreturn
;; Found by spawndiff run --engine wasmtime-50 --seed 106 (case 4217), where the reference suspended it.

(component definition $spawndiff
  (core module $lib (table (export "t") 1 1 funcref))
  (core instance $lib (instantiate $lib))
  (alias core export $lib "t" (core table $t))
  (core type $start (func (param i32)))
  (core func $return (canon task.return))
  (core func $new (canon thread.new-indirect $start $t))
  (core func $stp (canon thread.suspend-then-promote))
  (core module $m
    (import "" "t" (table 1 1 funcref))
    (import "" "return" (func $return))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "stp" (func $stp (param i32) (result i32)))
    (elem (table 0) (i32.const 0) func $thread)
    (func $thread (param i32))
    (func (export "run") (local $thread i32)
      (local.set $thread (call $new (i32.const 0) (i32.const 0)))
      (call $return)
      (drop (call $stp (local.get $thread)))))
  (core instance $m (instantiate $m
    (with "" (instance
      (export "t" (table $t)) (export "return" (func $return)) (export "new" (func $new)) (export "stp" (func $stp))))))
  (func (export "run") (canon lift (core func $m "run"))))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "invalid `task.return` signature and/or options for current task")
