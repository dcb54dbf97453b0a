;; A thread starts with an entry of a table that the module with its functions defines and fills itself, as a toolchain links it.
;; CanonicalABI.md, `canon_thread_new_indirect`: the entry is read when the thread is made; one that the segment does not reach is null.

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

  ;; The case.
  (component $case
    (import "host" (instance $host
      (export "log" (func (param "point" u32) (param "value" u64)))))
    ;; The module that has the table fills it, so an engine may do that entry by entry when one is first read.
    (core module $program
      (table (export "t") 5 funcref)
      (global $sum (mut i32) (i32.const 0))
      (func $right (param i32)
        (global.set $sum (i32.add (global.get $sum) (local.get 0))))
      (func $other-type (param i64))
      (elem (i32.const 1) func $right $other-type $right)
      (func (export "sum") (result i32) (global.get $sum)))
    (core instance $program (instantiate $program))
    (alias core export $program "t" (core table $t))
    (alias core export $program "sum" (core func $sum))
    (core type $start (func (param i32)))
    (core func $new (canon thread.new-indirect $start (core table $t)))
    (core func $yield-then-resume (canon thread.yield-then-resume))
    (core module $m
      (import "" "new" (func $new (param i32 i32) (result i32)))
      (import "" "yield-then-resume" (func $yield-then-resume (param i32) (result i32)))
      (import "" "sum" (func $sum (result i32)))
      ;; Starts two threads with the entry, one after the other; each has ended when this one goes on.
      (func (export "e") (param $entry i32) (result i32)
        (drop (call $yield-then-resume (call $new (local.get $entry) (i32.const 7))))
        (drop (call $yield-then-resume (call $new (local.get $entry) (i32.const 35))))
        (call $sum)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "new" (func $new))
        (export "yield-then-resume" (func $yield-then-resume))
        (export "sum" (func $sum))))))
    (func (export "e") async (param "entry" u32) (result u32) (canon lift (core func $m "e"))))

  (instance $host (instantiate $host))
  (instance $case (instantiate $case (with "host" (instance $host))))
  (export "e" (func $case "e"))
  (export "events" (func $host "events"))
  (export "settle" (func $host "settle")))

(component instance $r0 $spawndiff)
(assert_return (invoke "e" (u32.const 1)) (u32.const 42))
(assert_return (invoke "settle"))
(assert_return (invoke "events") (list.const))

(component instance $r1 $spawndiff)
(assert_return (invoke "e" (u32.const 3)) (u32.const 42))
(assert_return (invoke "settle"))
(assert_return (invoke "events") (list.const))

(component instance $r2 $spawndiff)
(assert_trap (invoke "e" (u32.const 0)) "the start function index points to an uninitialized function")

(component instance $r3 $spawndiff)
(assert_trap (invoke "e" (u32.const 2)) "start function does not match expected type")
