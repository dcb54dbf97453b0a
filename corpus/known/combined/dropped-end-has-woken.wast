;; drop-tells-idle-end and stale-wait-fails: an end of a stream that copies nothing is told that the other was dropped; that wakes a
;; thread that waits for its set, and then the end is dropped, too.
;; Found by: spawndiff run --seed 81 --first 13771 --cases 1 --instances 4 --engine wasmtime-50, against wasmtime 50.0.1

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
    (type (;0;)
      (instance
        (type (;0;) (func (param "point" u32) (param "value" u64)))
        (export (;0;) "log" (func (type 0)))
      )
    )
    (import "host" (instance (;0;) (type 0)))
    (core type (;0;) (func (param i32)))
    (core module (;0;)
      (table (;0;) 11 funcref)
      (memory (;0;) 1 3)
      (export "t0" (table 0)) (export "m" (memory 0))
    )
    (core instance (;0;) (instantiate 0)) (alias core export 0 "t0" (core table (;0;)))
    (alias core export 0 "m" (core memory (;0;))) (alias export 0 "log" (func (;0;))) (type (;1;) (stream u8))
    (core func (;0;) (canon lower (func 0))) (core func (;1;) (canon stream.new 1))
    (core func (;2;) (canon waitable-set.new)) (core func (;3;) (canon waitable.join))
    (core func (;4;) (canon thread.yield)) (core func (;5;) (canon stream.drop-writable 1))
    (core func (;6;) (canon stream.drop-readable 1)) (core func (;7;) (canon waitable-set.wait (memory 0)))
    (core func (;8;) (canon thread.new-indirect 0 0)) (core func (;9;) (canon thread.yield-then-resume))
    (core func (;10;) (canon thread.resume-later))
    (core instance (;1;)
      (export "0" (func 0)) (export "2" (func 1)) (export "4" (func 2)) (export "5" (func 3))
      (export "6" (func 4)) (export "8" (func 5)) (export "9" (func 6)) (export "10" (func 7))
      (export "12" (func 8)) (export "13" (func 9)) (export "14" (func 10))
    )
    (core module (;1;)
      (type (;0;) (func (param i32))) (type (;1;) (func)) (type (;2;) (func (param i32 i32) (result i32)))
      (type (;3;) (func (param i32 i64))) (type (;4;) (func (result i32))) (type (;5;) (func (result i64)))
      (type (;6;) (func (param i32 i32))) (type (;7;) (func (param i32) (result i32)))
      (import "f" "0" (func (;0;) (type 3))) (import "f" "2" (func (;1;) (type 5)))
      (import "f" "4" (func (;2;) (type 4))) (import "f" "5" (func (;3;) (type 6)))
      (import "f" "6" (func (;4;) (type 4))) (import "f" "8" (func (;5;) (type 0)))
      (import "f" "9" (func (;6;) (type 0))) (import "f" "10" (func (;7;) (type 2)))
      (import "f" "12" (func (;8;) (type 2))) (import "f" "13" (func (;9;) (type 7)))
      (import "f" "14" (func (;10;) (type 0))) (import "s" "t0" (table (;0;) 11 funcref))
      (export "e2" (func 12))
      (elem (;0;) (table 0) (i32.const 0) func 11)
      (func (;11;) (type 0) (param i32)
        i32.const 0 call 1 drop call 2 drop call 4 drop i32.const 2 call 5 i32.const 1 call 6 call 4
        i64.extend_i32_u call 0 i32.const 0 call 4 drop i32.const 1 i32.const 3 call 3 i32.const 3 i32.const 0
        call 7 drop drop
      )
      (func (;12;) (type 1)
        i32.const 0 i32.const 0 i32.const 0 call 8 call 9 drop call 4 i32.const 0 call 8 call 10 i32.const 1
        i64.extend_i32_u call 0
      )
    )
    (core instance (;2;) (instantiate 1 (with "s" (instance 0)) (with "f" (instance 1))))
    (type (;2;) (func async)) (alias core export 2 "e2" (core func (;11;)))
    (func (;1;) (type 2) (canon lift (core func 11) async)) (export (;2;) "e2" (func 1))
  )
  (instance $host (instantiate $host)) (instance $case (instantiate $case (with "host" (instance $host))))
  (export "e2" (func $case "e2")) (export "events" (func $host "events"))
  (export "settle" (func $host "settle"))
)

(component instance $r0 $spawndiff)
(assert_trap (invoke "e2") "unknown handle index")
