;; promotes-suspended: `thread.*-then-promote` of a thread that is suspended, or ready by other means than `thread.yield`.
;; CanonicalABI.md, `Thread.yield_then_promote`, `Thread.suspend_then_promote`: one that is ready is switched to; with any
;; other the call is a plain yield or suspend.
;; Wasmtime 48.0.8 resumes the one that is suspended, and traps (not suspended) on one that `resume-later` made ready. With
;; `thread.yield-then-promote`, which the releases before 48 do not have: combined/yields-then-promotes.wast.
;; https://github.com/bytecodealliance/wasmtime/pull/14250
;; Seen in 44.0.0 to 48.0.8.

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
    (core module $tables
      (table (export "t") 1 funcref))
    (core instance $tables (instantiate $tables))
    (alias core export $tables "t" (core table $t))
    (core type $start (func (param i32)))
    (core func $log (canon lower (func $host "log")))
    (core func $new (canon thread.new-indirect $start (core table $t)))
    (core func $resume-later (canon thread.resume-later))
    (core func $index (canon thread.index))
    (core func $suspend-then-promote (canon thread.suspend-then-promote))
    (core module $m
      (import "tables" "t" (table $t 1 funcref))
      (import "canon" "log" (func $log (param i32 i64)))
      (import "canon" "new" (func $new (param i32 i32) (result i32)))
      (import "canon" "resume-later" (func $resume-later (param i32)))
      (import "canon" "index" (func $index (result i32)))
      (import "canon" "suspend-then-promote" (func $suspend-then-promote (param i32) (result i32)))

      (func $thread (param $main i32)
        (call $log (i32.const 10) (i64.const 0))
        (call $resume-later (local.get $main)))
      (elem (table $t) (i32.const 0) func $thread)

      (func $ready (param $main i32) (result i32)
        (local $thread i32)
        (local.set $thread (call $new (i32.const 0) (local.get $main)))
        (call $resume-later (local.get $thread))
        (local.get $thread))

      (func (export "suspend-suspended")
        (drop (call $suspend-then-promote (call $new (i32.const 0) (call $index)))))
      (func (export "suspend-ready")
        (drop (call $suspend-then-promote (call $ready (call $index))))
        (call $log (i32.const 1) (i64.const 0))))
    (core instance $m (instantiate $m
      (with "tables" (instance $tables))
      (with "canon" (instance
        (export "log" (func $log))
        (export "new" (func $new))
        (export "resume-later" (func $resume-later))
        (export "index" (func $index))
        (export "suspend-then-promote" (func $suspend-then-promote))))))
    (func (export "suspend-suspended") async (canon lift (core func $m "suspend-suspended")))
    (func (export "suspend-ready") async (canon lift (core func $m "suspend-ready"))))

  (instance $host (instantiate $host))
  (instance $case (instantiate $case (with "host" (instance $host))))
  (export "suspend-suspended" (func $case "suspend-suspended"))
  (export "suspend-ready" (func $case "suspend-ready"))
  (export "events" (func $host "events"))
  (export "settle" (func $host "settle")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "suspend-suspended") "deadlock detected")

(component instance $r1 $spawndiff)
(assert_return (invoke "suspend-ready"))
(assert_return (invoke "settle"))
(assert_return (invoke "events") (list.const
  (tuple.const (u32.const 10) (u64.const 0))
  (tuple.const (u32.const 1) (u64.const 0))))

