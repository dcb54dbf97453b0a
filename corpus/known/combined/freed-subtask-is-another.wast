;; queues-switches and forgets-subtasks: `waitable.join` with 0 of a subtask that has returned before the call came back, while
;; another asynchronous call is under way.
;; CanonicalABI.md, `canon_waitable_join`: a subtask that is in the table leaves its set.
;; Wasmtime 48.0.8 has freed the subtask, and finds that of the call under way in its place: a trap.
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-waitablejoin
;; Found by spawndiff run --seed 401 (case 428), where the reference with both asked for a synchronous wait.

(component definition $spawndiff
  ;; The stand-in for the host in a stored case: the text between `(component $host` and its `)`.
  ;; Constant: a file whose stand-in is encoded otherwise is refused, since its events would not be ours.
  ;; `settle` lives in an instance of its own, so that its waiting task never stands in the way of a `log`.
  (component $host
    (component $trace
      (core module $m
        ;; At 0: pointer and length of the list that `events` returns. From 16: the events, 16 bytes each,
        ;; laid out as `tuple<u32, u64>`: the point at 0, the value at 8.
        (memory (export "memory") 1)
        (global $count (mut i32) (i32.const 0))

        (func $append (param $point i32) (param $value i64)
          (local $at i32)
          (local.set $at
            (i32.add (i32.const 16) (i32.shl (global.get $count) (i32.const 4))))
          (if (i32.ge_u
                (i32.add (local.get $at) (i32.const 15))
                (i32.shl (memory.size) (i32.const 16)))
            (then
              (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1))
                (then (unreachable)))))
          (i32.store (local.get $at) (local.get $point))
          (i64.store offset=8 (local.get $at) (local.get $value))
          (global.set $count (i32.add (global.get $count) (i32.const 1))))

        (func (export "log") (param $point i32) (param $value i64)
          (call $append (local.get $point) (local.get $value)))

        ;; A mark is an event of the point 0xffffffff.
        (func (export "mark") (param $value i32)
          (call $append (i32.const -1) (i64.extend_i32_u (local.get $value))))

        (func (export "events") (result i32)
          (i32.store (i32.const 0) (i32.const 16))
          (i32.store (i32.const 4) (global.get $count))
          (i32.const 0))
      )
      (core instance $m (instantiate $m))
      (func (export "log") (param "point" u32) (param "value" u64)
        (canon lift (core func $m "log")))
      (func (export "mark") (param "value" u32)
        (canon lift (core func $m "mark")))
      (func (export "events") (result (list (tuple u32 u64)))
        (canon lift (core func $m "events") (memory (core memory $m "memory"))))
    )

    (component $settle
      (core func $return (canon task.return))
      (core module $m
        (import "" "task.return" (func $return))
        (global $left (mut i32) (i32.const 0))

        ;; Yields (callback code 1) 200 times, then returns and exits (callback code 0).
        (func (export "settle") (result i32)
          (global.set $left (i32.const 199))
          (i32.const 1))
        (func (export "callback") (param i32 i32 i32) (result i32)
          (if (i32.eqz (global.get $left))
            (then
              (call $return)
              (return (i32.const 0))))
          (global.set $left (i32.sub (global.get $left) (i32.const 1)))
          (i32.const 1))
      )
      (core instance $m (instantiate $m
        (with "" (instance (export "task.return" (func $return))))))
      (func (export "settle") async
        (canon lift (core func $m "settle") async (callback (core func $m "callback"))))
    )

    (instance $trace (instantiate $trace))
    (instance $settle (instantiate $settle))
    (export "log" (func $trace "log"))
    (export "mark" (func $trace "mark"))
    (export "events" (func $trace "events"))
    (export "settle" (func $settle "settle"))
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
      (core type (;0;) (func (param i32)))
      (core module (;0;)
        (table (;0;) 3 funcref)
        (export "t0" (table 0))
      )
      (core instance (;0;) (instantiate 0))
      (type (;0;) (resource (rep i32)))
      (export (;1;) "r" (type 0))
      (alias core export 0 "t0" (core table (;0;)))
      (type (;2;) (own 1))
      (core func (;0;) (canon resource.new 1))
      (core func (;1;) (canon task.return (result 2)))
      (core func (;2;) (canon thread.new-indirect 0 0))
      (core func (;3;) (canon thread.yield-then-resume cancellable))
      (core instance (;1;)
        (export "3" (func 0))
        (export "4" (func 1))
        (export "6" (func 2))
        (export "7" (func 3))
      )
      (core module (;1;)
        (type (;0;) (func (param i32)))
        (type (;1;) (func (result i32)))
        (type (;2;) (func (param i32 i32) (result i32)))
        (type (;3;) (func (param i32 i32 i32) (result i32)))
        (type (;4;) (func (param i32)))
        (type (;5;) (func (param i32) (result i32)))
        (import "f" "3" (func (;0;) (type 5)))
        (import "f" "4" (func (;1;) (type 4)))
        (import "f" "6" (func (;2;) (type 2)))
        (import "f" "7" (func (;3;) (type 5)))
        (import "s" "t0" (table (;0;) 3 funcref))
        (export "e0" (func 5))
        (export "c0" (func 6))
        (elem (;0;) (table 0) (i32.const 0) func 4 5 4)
        (func (;4;) (type 0) (param i32))
        (func (;5;) (type 1) (result i32)
          i32.const 0
          i32.const 0
          call 0
          call 1
          i32.const 0
          i32.const 0
          call 2
          call 3
          drop
        )
        (func (;6;) (type 3) (param i32 i32 i32) (result i32)
          i32.const 0
        )
      )
      (core instance (;2;) (instantiate 1
          (with "s" (instance 0))
          (with "f" (instance 1))
        )
      )
      (type (;3;) (func async (result 2)))
      (alias core export 2 "e0" (core func (;4;)))
      (alias core export 2 "c0" (core func (;5;)))
      (func (;0;) (type 3) (canon lift (core func 4) async (callback 5)))
      (export (;1;) "e0" (func 0))
    )
    (instance (;1;) (instantiate 0))
    (component (;1;)
      (alias outer 1 0 (type (;0;)))
      (import "host" (instance (;0;) (type 0)))
      (type (;1;)
        (instance
          (export (;0;) "r" (type (sub resource)))
          (type (;1;) (own 0))
          (type (;2;) (func async (result 1)))
          (export (;0;) "e0" (func (type 2)))
        )
      )
      (import "i2" (instance (;1;) (type 1)))
      (component (;0;)
        (alias outer 1 0 (type (;0;)))
        (import "host" (instance (;0;) (type 0)))
        (alias outer 1 1 (type (;1;)))
        (import "i2" (instance (;1;) (type 1)))
        (component (;0;)
          (alias outer 1 0 (type (;0;)))
          (import "host" (instance (;0;) (type 0)))
          (alias outer 1 1 (type (;1;)))
          (import "i2" (instance (;1;) (type 1)))
          (core module (;0;)
            (memory (;0;) 1 3)
            (export "m" (memory 0))
          )
          (core instance (;0;) (instantiate 0))
          (alias core export 0 "m" (core memory (;0;)))
          (alias export 0 "log" (func (;0;)))
          (alias export 1 "e0" (func (;1;)))
          (core func (;0;) (canon lower (func 0)))
          (core func (;1;) (canon lower (func 1) (memory 0) async))
          (core func (;2;) (canon waitable-set.new))
          (core func (;3;) (canon waitable.join))
          (core func (;4;) (canon task.return (result f32)))
          (core instance (;1;)
            (export "0" (func 0))
            (export "2" (func 1))
            (export "3" (func 2))
            (export "4" (func 3))
            (export "15" (func 4))
          )
          (core module (;1;)
            (type (;0;) (func (result i32)))
            (type (;1;) (func (param f64) (result i32)))
            (type (;2;) (func (param i32 i32 i32) (result i32)))
            (type (;3;) (func (param i32 i64)))
            (type (;4;) (func (param i32) (result i32)))
            (type (;5;) (func (param i32 i32)))
            (type (;6;) (func (param f32)))
            (import "f" "0" (func (;0;) (type 3)))
            (import "f" "2" (func (;1;) (type 4)))
            (import "f" "3" (func (;2;) (type 0)))
            (import "f" "4" (func (;3;) (type 5)))
            (import "f" "15" (func (;4;) (type 6)))
            (import "s" "m" (memory (;0;) 1 3))
            (global (;0;) (mut i32) i32.const 0)
            (export "e0" (func 5))
            (export "c0" (func 7))
            (export "e1" (func 6))
            (export "c1" (func 8))
            (func (;5;) (type 0) (result i32)
              (local i32 i32 i64 i32 i32 i32 f32 f64)
              i32.const 1
              global.set 0
              i32.const 0
              call 2
              local.set 0
              i32.const 528
              local.get 0
              i32.store align=1
              i32.const 1
              i32.const 0
              i32.load align=1
              i32.eqz
              i32.and
              if (result i64) ;; label = @1
                i32.const 0
                call 1
                local.set 1
                i32.const 516
                local.get 1
                i32.const 4
                i32.shr_u
                i32.store align=1
                i32.const 0
                i64.extend_i32_u
              else
                i64.const 0
              end
              drop
              i32.const 516
              i32.load align=1
              i32.const 528
              i32.load align=1
              call 3
              drop
              i32.const 1518914385
            )
            (func (;6;) (type 1) (param f64) (result i32)
              i32.const 0
            )
            (func (;7;) (type 2) (param i32 i32 i32) (result i32)
              global.get 0
              if (result i32) ;; label = @1
                i32.const 0
                global.set 0
                i32.const 528
                i32.load align=1
                i32.const 4
                i32.shl
                i32.const 2
                i32.or
              else
                i32.const 0
                i32.const 0
                f32.reinterpret_i32
                call 4
                i32.const 0
                i64.extend_i32_u
                call 0
                i32.const 0
              end
            )
            (func (;8;) (type 2) (param i32 i32 i32) (result i32)
              i32.const 0
            )
          )
          (core instance (;2;) (instantiate 1
              (with "s" (instance 0))
              (with "f" (instance 1))
            )
          )
          (type (;2;) (func async (result f32)))
          (type (;3;) (func async (param "p0" f64) (result bool)))
          (alias core export 2 "e0" (core func (;5;)))
          (alias core export 2 "c0" (core func (;6;)))
          (alias core export 2 "e1" (core func (;7;)))
          (alias core export 2 "c1" (core func (;8;)))
          (func (;2;) (type 2) (canon lift (core func 5) async (callback 6)))
          (func (;3;) (type 3) (canon lift (core func 7) async (callback 8)))
          (export (;4;) "e0" (func 2))
          (export (;5;) "e1" (func 3))
        )
        (instance (;2;) (instantiate 0
            (with "host" (instance 0))
            (with "i2" (instance 1))
          )
        )
        (alias export 2 "e0" (func (;0;)))
        (type (;2;) (func async (result f32)))
        (export (;1;) "e0" (func 0) (func (type 2)))
        (alias export 2 "e1" (func (;2;)))
        (type (;3;) (func async (param "p0" f64) (result bool)))
        (export (;3;) "e1" (func 2) (func (type 3)))
      )
      (instance (;2;) (instantiate 0
          (with "host" (instance 0))
          (with "i2" (instance 1))
        )
      )
      (alias export 2 "e0" (func (;0;)))
      (type (;2;) (func async (result f32)))
      (export (;1;) "e0" (func 0) (func (type 2)))
      (alias export 2 "e1" (func (;2;)))
      (type (;3;) (func async (param "p0" f64) (result bool)))
      (export (;3;) "e1" (func 2) (func (type 3)))
    )
    (instance (;2;) (instantiate 1
        (with "host" (instance 0))
        (with "i2" (instance 1))
      )
    )
    (component (;2;)
      (alias outer 1 0 (type (;0;)))
      (import "host" (instance (;0;) (type 0)))
      (type (;1;)
        (instance
          (export (;0;) "r" (type (sub resource)))
          (type (;1;) (own 0))
          (type (;2;) (func async (result 1)))
          (export (;0;) "e0" (func (type 2)))
        )
      )
      (import "i2" (instance (;1;) (type 1)))
      (type (;2;)
        (instance
          (type (;0;) (func async (result f32)))
          (export (;0;) "e0" (func (type 0)))
          (type (;1;) (func async (param "p0" f64) (result bool)))
          (export (;1;) "e1" (func (type 1)))
        )
      )
      (import "i1" (instance (;2;) (type 2)))
      (core module (;0;)
        (memory (;0;) 1 3)
        (export "m" (memory 0))
      )
      (core instance (;0;) (instantiate 0))
      (alias core export 0 "m" (core memory (;0;)))
      (alias export 0 "log" (func (;0;)))
      (alias export 2 "e0" (func (;1;)))
      (alias export 2 "e1" (func (;2;)))
      (alias export 1 "e0" (func (;3;)))
      (core func (;0;) (canon lower (func 0)))
      (core func (;1;) (canon thread.index))
      (core func (;2;) (canon thread.yield))
      (core func (;3;) (canon lower (func 1) (memory 0) async))
      (core func (;4;) (canon lower (func 2)))
      (core func (;5;) (canon lower (func 3) (memory 0) async))
      (core instance (;1;)
        (export "0" (func 0))
        (export "5" (func 1))
        (export "7" (func 2))
        (export "13" (func 3))
        (export "22" (func 4))
        (export "25" (func 5))
      )
      (core module (;1;)
        (type (;0;) (func))
        (type (;1;) (func (param i32)))
        (type (;2;) (func (param i32 i64)))
        (type (;3;) (func (result i32)))
        (type (;4;) (func (param i32) (result i32)))
        (type (;5;) (func (param f64) (result i32)))
        (import "f" "0" (func (;0;) (type 2)))
        (import "f" "5" (func (;1;) (type 3)))
        (import "f" "7" (func (;2;) (type 3)))
        (import "f" "13" (func (;3;) (type 4)))
        (import "f" "22" (func (;4;) (type 5)))
        (import "f" "25" (func (;5;) (type 4)))
        (import "s" "m" (memory (;0;) 1 3))
        (export "e0" (func 6))
        (export "e2" (func 7))
        (func (;6;) (type 0)
          i32.const 0
          i64.const 0
          f64.reinterpret_i64
          call 4
          drop
          drop
        )
        (func (;7;) (type 1) (param i32)
          i32.const 0
          i32.const 0
          call 5
          drop
          i32.const 0
          call 3
          drop
          call 2
          i32.const 0
          i32.store align=1
          call 2
          i64.extend_i32_u
          call 1
          i64.extend_i32_u
          i64.or
          call 0
          i32.const 0
          i32.const 0
          call 3
          drop
          drop
        )
      )
      (core instance (;2;) (instantiate 1
          (with "s" (instance 0))
          (with "f" (instance 1))
        )
      )
      (type (;3;) (func))
      (type (;4;) (func async (param "p0" bool)))
      (alias core export 2 "e0" (core func (;6;)))
      (alias core export 2 "e2" (core func (;7;)))
      (func (;4;) (type 3) (canon lift (core func 6)))
      (func (;5;) (type 4) (canon lift (core func 7)))
      (export (;6;) "e0" (func 4))
      (export (;7;) "e2" (func 5))
    )
    (instance (;3;) (instantiate 2
        (with "host" (instance 0))
        (with "i2" (instance 1))
        (with "i1" (instance 2))
      )
    )
    (alias export 3 "e0" (func (;0;)))
    (export (;1;) "e0" (func 0))
    (alias export 3 "e2" (func (;2;)))
    (export (;3;) "e2" (func 2))
  )

  (instance $host (instantiate $host))
  (instance $case (instantiate $case (with "host" (instance $host))))
  (export "e0" (func $case "e0"))
  (export "e2" (func $case "e2"))
  (export "events" (func $host "events"))
  (export "settle" (func $host "settle"))
)

(component instance $r0 $spawndiff)
(assert_return (invoke "e2" (bool.const false)))
(assert_return (invoke "settle"))
(assert_return (invoke "events") (list.const
  (tuple.const (u32.const 0) (u64.const 0))
  (tuple.const (u32.const 0) (u64.const 1))))
