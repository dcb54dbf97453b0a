;; cancels-undelivered and returns-internal-error: `task.cancel` in a task that is lifted synchronously, and that was asked to cancel.
;; CanonicalABI.md, `canon_task_cancel`: it traps unless the task was lifted `async`.
;; Wasmtime 48.0.8 cancels the task, and fails with an internal error where it returns ("task has already produced a result").
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-taskcancel

(component definition $spawndiff
  ;; The stand-in for the host in a stored case: the text between `(component $host` and its `)`.
  ;; Constant: a file whose stand-in is encoded otherwise is refused, since its events would not be ours.
  ;; `settle` lives in an instance of its own, so that its waiting task never stands in the way of a `log`.
  (component $host
    (component $trace
      (core module $m
        (memory (export "memory") 1)
        (global $count (mut i32) (i32.const 0))
        (func $append (param $point i32) (param $value i64)
          (local $at i32)
          (local.set $at (i32.add (i32.const 16) (i32.shl (global.get $count) (i32.const 4))))
          (if (i32.ge_u
            (i32.add (local.get $at) (i32.const 15))
            (i32.shl (memory.size) (i32.const 16)))
            (then (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))))
          (i32.store (local.get $at) (local.get $point))
          (i64.store offset=8 (local.get $at) (local.get $value))
          (global.set $count (i32.add (global.get $count) (i32.const 1))))
        (func (export "log") (param $point i32) (param $value i64)
          (call $append (local.get $point) (local.get $value)))
        (func (export "mark") (param $value i32)
          (call $append (i32.const -1) (i64.extend_i32_u (local.get $value))))
        (func (export "events") (result i32)
          (i32.store (i32.const 0) (i32.const 16))
          (i32.store (i32.const 4) (global.get $count))
          (i32.const 0))
      )
      (core instance $m (instantiate $m))
      (func (export "log") (param "point" u32) (param "value" u64) (canon lift (core func $m "log")))
      (func (export "mark") (param "value" u32) (canon lift (core func $m "mark")))
      (func (export "events") (result (list (tuple u32 u64)))
        (canon lift (core func $m "events") (memory (core memory $m "memory"))))
    )
    (component $settle
      (core func $return (canon task.return))
      (core module $m
        (import "" "task.return" (func $return))
        (global $left (mut i32) (i32.const 0))
        (func (export "settle") (result i32) (global.set $left (i32.const 199)) (i32.const 1))
        (func (export "callback") (param i32 i32 i32) (result i32)
          (if (i32.eqz (global.get $left)) (then (call $return) (return (i32.const 0))))
          (global.set $left (i32.sub (global.get $left) (i32.const 1)))
          (i32.const 1))
      )
      (core instance $m (instantiate $m (with "" (instance (export "task.return" (func $return))))))
      (func (export "settle") async
        (canon lift (core func $m "settle") async (callback (core func $m "callback"))))
    )
    (instance $trace (instantiate $trace)) (instance $settle (instantiate $settle))
    (export "log" (func $trace "log")) (export "mark" (func $trace "mark"))
    (export "events" (func $trace "events")) (export "settle" (func $settle "settle"))
  )
  ;; The case, as the campaign ran it.
  (component $case
    (component (;0;)
      (core func (;0;) (canon task.cancel)) (core func (;1;) (canon thread.yield))
      (core module (;0;)
        (type (;0;) (func)) (type (;1;) (func (result i32)))
        (import "" "cancel" (func (;0;) (type 0))) (import "" "yield" (func (;1;) (type 1)))
        (export "f" (func 2))
        (func (;2;) (type 0) call 1 drop call 0)
      )
      (core instance (;0;) (export "cancel" (func 0)) (export "yield" (func 1)))
      (core instance (;1;) (instantiate 0 (with "" (instance 0)))) (type (;0;) (func async))
      (alias core export 1 "f" (core func (;2;)))
      (func (;0;) (type 0) (canon lift (core func 2))) (export (;1;) "f" (func 0))
    )
    (instance (;0;) (instantiate 0))
    (component (;1;)
      (type (;0;) (instance (type (;0;) (func async)) (export (;0;) "f" (func (type 0)))))
      (import "callee" (instance (;0;) (type 0)))
      (alias export 0 "f" (func (;0;)))
      (core func (;0;) (canon lower (func 0) async)) (core func (;1;) (canon subtask.cancel async))
      (core module (;0;)
        (type (;0;) (func (result i32))) (type (;1;) (func (param i32) (result i32))) (type (;2;) (func))
        (import "" "f" (func (;0;) (type 0))) (import "" "subcancel" (func (;1;) (type 1)))
        (export "run" (func 2))
        (func (;2;) (type 2)
          (local i32)
          call 0 local.set 0 i32.const 0 local.get 0 i32.const 4 i32.shr_u call 1 drop drop
        )
      )
      (core instance (;0;) (export "f" (func 0)) (export "subcancel" (func 1)))
      (core instance (;1;) (instantiate 0 (with "" (instance 0)))) (type (;1;) (func async))
      (alias core export 1 "run" (core func (;2;)))
      (func (;1;) (type 1) (canon lift (core func 2))) (export (;2;) "run" (func 1))
    )
    (instance (;1;) (instantiate 1 (with "callee" (instance 0)))) (alias export 1 "run" (func (;0;)))
    (export (;1;) "run" (func 0))
  )
  (instance $host (instantiate $host)) (instance $case (instantiate $case (with "host" (instance $host))))
  (export "run" (func $case "run")) (export "events" (func $host "events"))
  (export "settle" (func $host "settle"))
)

(component instance $r0 $spawndiff)
(assert_return (invoke "run"))
(assert_trap (invoke "settle") "`task.cancel` in a synchronously lifted task")
