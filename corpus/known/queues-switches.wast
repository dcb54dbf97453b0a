;; queues-switches: a task that was called switches to another of its threads before its caller goes on.
;; CanonicalABI.md, `Thread.resume`: it resumes the thread that is switched to, and so on, until one blocks or ends; Concurrency.md,
;; "Nondeterminism": control goes back to an asynchronous caller when the callee returns or blocks, and a switch does neither.
;; Wasmtime 48.0.8 queues the switch (and a call of a third instance) behind the caller, which goes on first: `run` returns 0.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#threads
;; Seen in 48.0.8; no report of it found.

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
      (type $s (stream u8))
      (core module $store (table (export "t") 2 funcref))
      (core instance $store (instantiate $store))
      (alias core export $store "t" (core table $t))
      (core type $start (func (param i32)))
      (core func $return (canon task.return))
      (core func $new (canon thread.new-indirect $start (core table $t)))
      (core func $yield-then-resume (canon thread.yield-then-resume))
      (core module $m
        (import "store" "t" (table $t 2 funcref))
        (import "" "return" (func $return))
        (import "" "new" (func $new (param i32 i32) (result i32)))
        (import "" "yield-then-resume" (func $yield-then-resume (param i32) (result i32)))
        (global $ran (mut i32) (i32.const 0))
        (elem (table $t) (i32.const 0) func $thread)
        (func $thread (param i32) (global.set $ran (i32.const 1)))
        (func (export "f")
          (call $return)
          (drop (call $yield-then-resume (call $new (i32.const 0) (i32.const 0)))))
        (func (export "ran") (result i32) (global.get $ran)))
      (core instance $m (instantiate $m
        (with "store" (instance $store))
        (with "" (instance
          (export "return" (func $return))
          (export "new" (func $new))
          (export "yield-then-resume" (func $yield-then-resume))))))
      (func (export "f") async (canon lift (core func $m "f") async))
      (func (export "ran") (result u32) (canon lift (core func $m "ran"))))
    (component $caller
      (import "f" (func $f async))
      (import "ran" (func $ran (result u32)))
      (core func $f (canon lower (func $f) async))
      (core func $ran (canon lower (func $ran)))
      (core module $m
        (import "" "f" (func $f (result i32)))
        (import "" "ran" (func $ran (result i32)))
        (func (export "run") (result i32)
          (drop (call $f))
          (call $ran)))
      (core instance $m (instantiate $m
        (with "" (instance
          (export "f" (func $f))
          (export "ran" (func $ran))))))
      (func (export "run") async (result u32) (canon lift (core func $m "run"))))
    (instance $callee (instantiate $callee))
    (instance $caller (instantiate $caller
      (with "f" (func $callee "f"))
      (with "ran" (func $callee "ran"))))
    (export "run" (func $caller "run")))

  (instance $host (instantiate $host))
  (instance $case (instantiate $case (with "host" (instance $host))))
  (export "run" (func $case "run"))
  (export "events" (func $host "events"))
  (export "settle" (func $host "settle")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 1))
