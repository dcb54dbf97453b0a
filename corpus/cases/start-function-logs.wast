;; The start function of a core module makes a thread ready, which logs its index; then a call makes two threads ready, and yields: they
;; may run in either order.
;; Concurrency.md, "Interaction with the start function": it has the type `func()`; CanonicalABI.md: `Store.tick` resumes any ready thread.
;; https://github.com/WebAssembly/component-model/blob/6d281648/design/mvp/Concurrency.md#interaction-with-the-start-function
;; Found by: spawndiff run --seed 1 --first 1181 --cases 1, at which the search for a schedule took what was logged while the component
;; was instantiated for the trace of the first call, and found none: ours.

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
  ;; The case.
  (component $case
    (type (;0;)
      (instance
        (type (;0;) (func (param "point" u32) (param "value" u64)))
        (export (;0;) "log" (func (type 0)))
      )
    )
    (import "host" (instance (;0;) (type 0)))
    (core type (;0;) (func (param i32))) (core module (;0;) (table (;0;) 8 funcref) (export "t0" (table 0)))
    (core instance (;0;) (instantiate 0)) (alias core export 0 "t0" (core table (;0;)))
    (alias export 0 "log" (func (;0;)))
    (core func (;0;) (canon lower (func 0))) (core func (;1;) (canon thread.index))
    (core func (;2;) (canon thread.new-indirect 0 0)) (core func (;3;) (canon thread.resume-later))
    (core func (;4;) (canon thread.yield))
    (core instance (;1;)
      (export "0" (func 0)) (export "1" (func 1)) (export "2" (func 2)) (export "3" (func 3))
      (export "4" (func 4))
    )
    (core module (;1;)
      (type (;0;) (func (param i32))) (type (;1;) (func)) (type (;2;) (func (param i32 i64)))
      (type (;3;) (func (result i32))) (type (;4;) (func (param i32 i32) (result i32)))
      (type (;5;) (func (param i32)))
      (import "f" "0" (func (;0;) (type 2))) (import "f" "1" (func (;1;) (type 3)))
      (import "f" "2" (func (;2;) (type 4))) (import "f" "3" (func (;3;) (type 5)))
      (import "f" "4" (func (;4;) (type 3))) (import "s" "t0" (table (;0;) 8 funcref))
      (export "e0" (func 6))
      (start 7)
      (elem (;0;) (table 0) (i32.const 0) func 5)
      (func (;5;) (type 0) (param i32) i32.const 0 i64.const 0 call 1 i64.extend_i32_u i64.or call 0)
      (func (;6;) (type 1)
        i32.const 0 i32.const 0 i32.const 0 call 2 call 3 i32.const 0 i32.const 0 call 2 call 3 call 4 drop
        drop
      )
      (func (;7;) (type 1) i32.const 0 i32.const 0 i32.const 0 call 2 call 3 drop)
    )
    (core instance (;2;) (instantiate 1 (with "s" (instance 0)) (with "f" (instance 1)))) (type (;1;) (func))
    (alias core export 2 "e0" (core func (;5;)))
    (func (;1;) (type 1) (canon lift (core func 5))) (export (;2;) "e0" (func 1))
  )
  (instance $host (instantiate $host)) (instance $case (instantiate $case (with "host" (instance $host))))
  (export "e0" (func $case "e0")) (export "events" (func $host "events"))
  (export "settle" (func $host "settle"))
)

(component instance $r0 $spawndiff)
(assert_return (invoke "settle"))
(assert_return (invoke "events") (list.const
  (tuple.const (u32.const 0) (u64.const 2))))
(assert_return (invoke "e0"))
(assert_return (invoke "settle"))
(assert_return (invoke "events") (list.const
  (tuple.const (u32.const 0) (u64.const 2))
  (tuple.const (u32.const 0) (u64.const 3))
  (tuple.const (u32.const 0) (u64.const 1))))
