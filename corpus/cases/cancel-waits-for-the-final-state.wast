;; A synchronous `subtask.cancel` of a callee that has started since, which was not told yet: it waits for the final state.
;; CanonicalABI.md, `subtask.cancel`: when cancellation is confirmed, the caller receives the final state.
;; The callee waits to start, starts, and suspends; it is cancelled, and a thread of the caller wakes it.

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
    (component $callee
      (core func $return (canon task.return))
      (core func $suspend (canon thread.suspend))
      (core func $index (canon thread.index))
      (core func $resume-later (canon thread.resume-later))
      (core func $bp-inc (canon backpressure.inc))
      (core func $bp-dec (canon backpressure.dec))
      (core module $m
        (import "" "return" (func $return))
        (import "" "suspend" (func $suspend (result i32)))
        (import "" "index" (func $index (result i32)))
        (import "" "resume-later" (func $resume-later (param i32)))
        (import "" "bp-inc" (func $bp-inc))
        (import "" "bp-dec" (func $bp-dec))
        (global $thread (mut i32) (i32.const 0))
        (func (export "f")
          (global.set $thread (call $index))
          (drop (call $suspend))
          (call $return))
        (func (export "started") (result i32) (i32.ne (global.get $thread) (i32.const 0)))
        (func (export "wake") (call $resume-later (global.get $thread)))
        (func (export "hold") (call $bp-inc))
        (func (export "go") (call $bp-dec)))
      (core instance $m (instantiate $m
        (with "" (instance
          (export "return" (func $return))
          (export "suspend" (func $suspend))
          (export "index" (func $index))
          (export "resume-later" (func $resume-later))
          (export "bp-inc" (func $bp-inc))
          (export "bp-dec" (func $bp-dec))))))
      (func (export "f") async (canon lift (core func $m "f") async))
      (func (export "started") (result u32) (canon lift (core func $m "started")))
      (func (export "wake") (canon lift (core func $m "wake")))
      (func (export "hold") (canon lift (core func $m "hold")))
      (func (export "go") (canon lift (core func $m "go"))))
    (component $caller
      (import "f" (func $f async))
      (import "started" (func $started (result u32)))
      (import "wake" (func $wake ))
      (import "hold" (func $hold ))
      (import "go" (func $go ))
      (type $s (stream u8))
      (core module $store (table (export "t") 2 funcref))
      (core instance $store (instantiate $store))
      (alias core export $store "t" (core table $t))
      (core type $start (func (param i32)))
      (core func $f (canon lower (func $f) async))
      (core func $started (canon lower (func $started)))
      (core func $wake (canon lower (func $wake)))
      (core func $hold (canon lower (func $hold)))
      (core func $go (canon lower (func $go)))
      (core func $subtask-cancel-sync (canon subtask.cancel))
      (core func $new (canon thread.new-indirect $start (core table $t)))
      (core func $resume-later (canon thread.resume-later))
      (core func $yield (canon thread.yield))
      (core module $m
        (import "store" "t" (table $t 2 funcref))
        (import "" "f" (func $f (result i32)))
        (import "" "started" (func $started (result i32)))
        (import "" "wake" (func $wake))
        (import "" "hold" (func $hold))
        (import "" "go" (func $go))
        (import "" "subtask-cancel-sync" (func $subtask-cancel-sync (param i32) (result i32)))
        (import "" "new" (func $new (param i32 i32) (result i32)))
        (import "" "resume-later" (func $resume-later (param i32)))
        (import "" "yield" (func $yield (result i32)))
        (elem (table $t) (i32.const 0) func $thread)
        (func $thread (param i32) (call $wake))
        (func (export "run") (result i32) (local $f i32) (local $started i32)
          (call $hold)
          (local.set $f (i32.shr_u (call $f) (i32.const 4)))
          (call $go)
          (drop (call $yield))
          (local.set $started (call $started))
          (call $resume-later (call $new (i32.const 0) (i32.const 0)))
          ;; 1: it has started. 2: RETURNED.
          (i32.add
            (i32.mul (local.get $started) (i32.const 10))
            (call $subtask-cancel-sync (local.get $f)))))
      (core instance $m (instantiate $m
        (with "store" (instance $store))
        (with "" (instance
          (export "f" (func $f))
          (export "started" (func $started))
          (export "wake" (func $wake))
          (export "hold" (func $hold))
          (export "go" (func $go))
          (export "subtask-cancel-sync" (func $subtask-cancel-sync))
          (export "new" (func $new))
          (export "resume-later" (func $resume-later))
          (export "yield" (func $yield))))))
      (func (export "run") async (result u32) (canon lift (core func $m "run"))))
    (instance $callee (instantiate $callee))
    (instance $caller (instantiate $caller
      (with "f" (func $callee "f"))
      (with "started" (func $callee "started"))
      (with "wake" (func $callee "wake"))
      (with "hold" (func $callee "hold"))
      (with "go" (func $callee "go"))))
    (export "run" (func $caller "run")))

  (instance $host (instantiate $host))
  (instance $case (instantiate $case (with "host" (instance $host))))
  (export "run" (func $case "run"))
  (export "events" (func $host "events"))
  (export "settle" (func $host "settle")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 12))
