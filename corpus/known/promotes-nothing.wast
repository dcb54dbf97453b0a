;; promotes-nothing: `thread.*-then-promote` of a thread that `resume-later` made ready, or that yields between callbacks.
;; CanonicalABI.md, `Thread.suspend_then_promote`, `Thread.yield_then_promote`: one that is ready is switched to at once.
;; Wasmtime 50.0.1 suspends or yields, and the threads go on in their order: 1 where the second one was named. Earlier ones trap.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#-canon-threadsuspend-then-promote
;; Seen in 50.0.1; no report of it found.

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
    (core type $start (func (param i32)))
    (core module $tables
      (table (export "t") 3 funcref))
    (core instance $tables (instantiate $tables))
    (alias core export $tables "t" (core table $t))
    (core func $return (canon task.return (result u32)))
    (core func $new (canon thread.new-indirect $start (core table $t)))
    (core func $resume-later (canon thread.resume-later))
    (core func $index (canon thread.index))
    (core func $yield (canon thread.yield))
    (core func $yield-then-promote (canon thread.yield-then-promote))
    (core func $suspend-then-promote (canon thread.suspend-then-promote))
    (core module $m
      (import "tables" "t" (table $t 3 funcref))
      (import "canon" "return" (func $return (param i32)))
      (import "canon" "new" (func $new (param i32 i32) (result i32)))
      (import "canon" "resume-later" (func $resume-later (param i32)))
      (import "canon" "index" (func $index (result i32)))
      (import "canon" "yield" (func $yield (result i32)))
      (import "canon" "yield-then-promote" (func $yield-then-promote (param i32) (result i32)))
      (import "canon" "suspend-then-promote" (func $suspend-then-promote (param i32) (result i32)))
      (global $main (mut i32) (i32.const 0))
      (global $promoted (mut i32) (i32.const 0))
      ;; Who ran first after that.
      (global $first (mut i32) (i32.const 0))
      (func $runs (param $me i32)
        (if (i32.eqz (global.get $first))
          (then (global.set $first (local.get $me)))))

      (func $numbered (param $me i32)
        (call $runs (local.get $me))
        (if (i32.eq (local.get $me) (i32.const 2))
          (then (call $resume-later (global.get $main)))))
      (func $promotes (param $other i32)
        (global.set $promoted (i32.const 1))
        (drop (call $yield-then-promote (local.get $other))))
      (func $waits (param i32)
        (loop $again
          (drop (call $yield))
          (br_if $again (i32.eqz (global.get $promoted))))
        (call $runs (i32.const 1)))
      (elem (table $t) (i32.const 0) func $numbered $promotes $waits)
      (func $ready (param $function i32) (param $argument i32) (result i32)
        (local $thread i32)
        (local.set $thread (call $new (local.get $function) (local.get $argument)))
        (call $resume-later (local.get $thread))
        (local.get $thread))

      (func (export "resumed-later") (result i32)
        (global.set $main (call $index))
        (drop (call $ready (i32.const 0) (i32.const 1)))
        (drop (call $suspend-then-promote (call $ready (i32.const 0) (i32.const 2))))
        (global.get $first))
      (func (export "between-callbacks") (result i32)
        (drop (call $ready (i32.const 1) (call $index)))
        (drop (call $ready (i32.const 2) (i32.const 0)))
        (i32.const 1))
      ;; Yields until it was promoted.
      (func (export "callback") (param i32 i32 i32) (result i32)
        (if (i32.eqz (global.get $promoted))
          (then (return (i32.const 1))))
        (call $runs (i32.const 2))
        (call $return (global.get $first))
        (i32.const 0)))
    (core instance $m (instantiate $m
      (with "tables" (instance $tables))
      (with "canon" (instance
        (export "return" (func $return))
        (export "new" (func $new))
        (export "resume-later" (func $resume-later))
        (export "index" (func $index))
        (export "yield" (func $yield))
        (export "yield-then-promote" (func $yield-then-promote))
        (export "suspend-then-promote" (func $suspend-then-promote))))))
    (func (export "resumed-later") async (result u32) (canon lift (core func $m "resumed-later")))
    (func (export "between-callbacks") async (result u32)
      (canon lift (core func $m "between-callbacks") async (callback (core func $m "callback")))))

  (instance $host (instantiate $host))
  (instance $case (instantiate $case))
  (export "resumed-later" (func $case "resumed-later"))
  (export "between-callbacks" (func $case "between-callbacks"))
  (export "events" (func $host "events"))
  (export "settle" (func $host "settle")))

(component instance $r0 $spawndiff)
(assert_return (invoke "resumed-later") (u32.const 2))

(component instance $r1 $spawndiff)
(assert_return (invoke "between-callbacks") (u32.const 2))
