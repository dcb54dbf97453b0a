;; returns-from-sync-call: a task that is lifted and called synchronously, of an asynchronous type, calls `task.return`.
;; CanonicalABI.md, `canon_task_return`: it traps unless the task was lifted `async`.
;; Wasmtime 50.0.1 returns, and ends in an internal error once the function has: `BUG: task has already produced a result`.
;; Found by: spawndiff run --seed 105 --first 4877 --cases 1 --instances 4 --engine wasmtime-50, and then written anew by hand.
;; Not on wasmtime 48.0.8: agree
;; Shows on wasmtime 50.0.1

(component definition $spawndiff
  (component (;0;)
    (core func (;0;) (canon task.return (result u32)))
    (core module (;0;)
      (type (;0;) (func (param i32))) (type (;1;) (func (result i32)))
      (import "" "return" (func (;0;) (type 0)))
      (export "f" (func 1))
      (func (;1;) (type 1) (result i32) i32.const 0 call 0 i32.const 0)
    )
    (core instance (;0;) (export "return" (func 0)))
    (core instance (;1;) (instantiate 0 (with "" (instance 0)))) (type (;0;) (func async (result u32)))
    (alias core export 1 "f" (core func (;1;)))
    (func (;0;) (type 0) (canon lift (core func 1))) (export (;1;) "f" (func 0))
  )
  (component (;1;)
    (type (;0;) (func async (result u32)))
    (import "f" (func (;0;) (type 0)))
    (core func (;0;) (canon lower (func 0)))
    (core module (;0;)
      (type (;0;) (func (result i32))) (type (;1;) (func))
      (import "" "f" (func (;0;) (type 0)))
      (export "run" (func 1))
      (func (;1;) (type 1) call 0 drop)
    )
    (core instance (;0;) (export "f" (func 0))) (core instance (;1;) (instantiate 0 (with "" (instance 0))))
    (type (;1;) (func async (result u32))) (alias core export 1 "run" (core func (;1;)))
    (func (;1;) (type 1) (canon lift (core func 1) async)) (export (;2;) "run" (func 1))
  )
  (instance (;0;) (instantiate 0)) (alias export 0 "f" (func (;0;)))
  (instance (;1;) (instantiate 1 (with "f" (func 0)))) (alias export 1 "run" (func (;1;)))
  (export (;2;) "run" (func 1))
)

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "invalid `task.return` signature and/or options for current task")
