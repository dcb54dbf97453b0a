;; cancel-yields: a thread cancels a subtask that another thread drops before the cancellation is over, and calls again.
;; CanonicalABI.md, `canon_subtask_cancel`: the callee runs without a turn of the other threads of the caller.
;; Wasmtime 48.0.8 lets other threads run, and then fails with an internal error ("resource is of another type").
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-subtaskcancel
;; Found by spawndiff run --seed 11 (case 65467), where the reference with it looked only at the same handle.

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
    (instance $trace (instantiate $trace))
    (instance $settle (instantiate $settle))
    (export "log" (func $trace "log")) (export "mark" (func $trace "mark"))
    (export "events" (func $trace "events")) (export "settle" (func $settle "settle"))
  )
  ;; The case, as the campaign ran it.
  (component $case
    (type (;0;)
      (instance
        (type (;0;) (func (param "point" u32) (param "value" u64)))
        (export (;0;) "log" (func (type 0)))
      )
    )
    (import "host" (instance (;0;) (type 0)))
    (component (;0;)
      (type (;0;) (resource (rep i32)))
      (export (;1;) "r" (type 0))
      (core func (;0;) (canon resource.new 1)) (core func (;1;) (canon thread.yield cancellable))
      (core instance (;0;) (export "1" (func 0)) (export "3" (func 1)))
      (core module (;0;)
        (type (;0;) (func (result i32))) (type (;1;) (func (param i32) (result i32)))
        (import "f" "1" (func (;0;) (type 1))) (import "f" "3" (func (;1;) (type 0)))
        (export "e0" (func 2))
        (func (;2;) (type 0) (result i32) i32.const 0 call 1 drop call 0)
      )
      (core instance (;1;) (instantiate 0 (with "f" (instance 0))))
      (type (;2;) (own 1)) (type (;3;) (func async (result 2)))
      (alias core export 1 "e0" (core func (;2;)))
      (func (;0;) (type 3) (canon lift (core func 2)))
      (export (;1;) "e0" (func 0))
    )
    (instance (;1;) (instantiate 0))
    (component (;1;)
      (alias outer 1 0 (type (;0;)))
      (import "host" (instance (;0;) (type 0)))
      (type (;1;)
        (instance
          (export (;0;) "r" (type (sub resource)))
          (type (;1;) (own 0)) (type (;2;) (func async (result 1)))
          (export (;0;) "e0" (func (type 2)))
        )
      )
      (import "i2" (instance (;1;) (type 1)))
      (core type (;0;) (func (param i32)))
      (core module (;0;)
        (table (;0;) 6 funcref)
        (memory (;0;) 1 3)
        (export "t0" (table 0)) (export "m" (memory 0))
      )
      (core instance (;0;) (instantiate 0))
      (alias core export 0 "t0" (core table (;0;))) (alias core export 0 "m" (core memory (;0;)))
      (alias export 0 "log" (func (;0;))) (alias export 1 "e0" (func (;1;)))
      (core func (;0;) (canon lower (func 0))) (core func (;1;) (canon thread.index))
      (core func (;2;) (canon lower (func 1) (memory 0) async)) (core func (;3;) (canon subtask.cancel async))
      (core func (;4;) (canon waitable-set.new)) (core func (;5;) (canon thread.new-indirect 0 0))
      (core func (;6;) (canon thread.resume-later)) (core func (;7;) (canon thread.spawn-ref 0))
      (core func (;8;) (canon thread.suspend-then-resume)) (core func (;9;) (canon waitable.join))
      (core func (;10;) (canon waitable-set.poll (memory 0))) (core func (;11;) (canon subtask.drop))
      (core func (;12;) (canon waitable-set.drop))
      (core instance (;1;)
        (export "0" (func 0)) (export "1" (func 1)) (export "2" (func 2)) (export "3" (func 3))
        (export "4" (func 4)) (export "6" (func 5)) (export "7" (func 6)) (export "8" (func 7))
        (export "9" (func 8)) (export "10" (func 9)) (export "11" (func 10)) (export "13" (func 11))
        (export "14" (func 12))
      )
      (core module (;1;)
        (type (;0;) (func (param i32))) (type (;1;) (func (param f32 f32))) (type (;2;) (func (param i32)))
        (type (;3;) (func)) (type (;4;) (func (param i32 i32) (result i32))) (type (;5;) (func (result i64)))
        (type (;6;) (func (param i32 i64))) (type (;7;) (func (result i32)))
        (type (;8;) (func (param i32) (result i32))) (type (;9;) (func (param i32)))
        (type (;10;) (func (param i32 i32))) (type (;11;) (func (param (ref null 0) i32) (result i32)))
        (import "f" "0" (func (;0;) (type 6))) (import "f" "1" (func (;1;) (type 7)))
        (import "f" "2" (func (;2;) (type 8))) (import "f" "3" (func (;3;) (type 8)))
        (import "f" "4" (func (;4;) (type 7))) (import "f" "6" (func (;5;) (type 4)))
        (import "f" "7" (func (;6;) (type 9))) (import "f" "8" (func (;7;) (type 11)))
        (import "f" "9" (func (;8;) (type 8))) (import "f" "10" (func (;9;) (type 10)))
        (import "f" "11" (func (;10;) (type 4))) (import "f" "13" (func (;11;) (type 9)))
        (import "f" "14" (func (;12;) (type 9))) (import "s" "t0" (table (;0;) 6 funcref))
        (import "s" "m" (memory (;0;) 1 3))
        (export "e1" (func 15))
        (elem (;0;) (table 0) (i32.const 0) funcref (ref.null func) (ref.null func) (ref.func 13) (ref.null func) (ref.func 13))
        (func (;13;) (type 2) (param i32)
          (local i32 i32 i64 i32 i32 i32 f32 f64)
          i32.const 0 f32.const 0x0p+0 (;=0;) f32.const 0x0p+0 (;=0;) call 14 i32.const 0 call 2 local.set 2
          i32.const 524 local.get 2 i32.const 4 i32.shr_u i32.store align=1 i32.const 524 i32.load align=1
          call 3 i64.extend_i32_u call 1 i64.extend_i32_u i64.or call 0 i32.const 0 call 4 drop drop
        )
        (func (;14;) (type 1) (param f32 f32)
          i32.const 0 i32.const 0 i64.extend_i32_u call 0 i32.const 0 call 16 drop drop
        )
        (func (;15;) (type 3)
          i32.const 0 i32.const 4 i32.const 0 call 5 call 6 ref.func 13 i32.const 0 call 7 i32.const 0
          i32.store align=1 i32.const 2 i32.const 0 call 5 call 8 drop drop
        )
        (func (;16;) (type 5) (result i64)
          (local i32 i32 i32 i32 i64)
          call 4 local.set 0
          loop
            local.get 1 i32.load offset=512 align=1
            if local.get 1 i32.load offset=512 align=1 local.get 0 call 9 end local.get 1 i32.const 4 i32.add
            local.tee 1 i32.const 16 i32.lt_u br_if 0 (;@1;)
          end local.get 0 i32.const 0 call 10 drop i32.const 0 local.set 1
          loop
            local.get 1 i32.load offset=512 align=1 if local.get 1 i32.load offset=512 align=1 call 11 end
            local.get 1 i32.const 4 i32.add local.tee 1 i32.const 16 i32.lt_u br_if 0 (;@1;)
          end local.get 0 call 12 i64.const 0
        )
      )
      (core instance (;2;) (instantiate 1 (with "s" (instance 0)) (with "f" (instance 1))))
      (type (;2;) (func async))
      (alias core export 2 "e1" (core func (;13;)))
      (func (;2;) (type 2) (canon lift (core func 13) async))
      (export (;3;) "e1" (func 2))
    )
    (instance (;2;) (instantiate 1 (with "host" (instance 0)) (with "i2" (instance 1))))
    (alias export 2 "e1" (func (;0;)))
    (export (;1;) "e1" (func 0))
  )
  (instance $host (instantiate $host))
  (instance $case (instantiate $case (with "host" (instance $host))))
  (export "e1" (func $case "e1")) (export "events" (func $host "events"))
  (export "settle" (func $host "settle"))
)

(component instance $r0 $spawndiff)
(assert_trap (invoke "e1") "deadlock detected")
