;; not-locked-down: a call after a trap that the engine finds outside of core code, once a core function has returned.
;; Explainer.md, "Component Invariants", the first: after a trap nothing of the instance runs any more. The traps here:
;; CanonicalABI.md, `unpack_callback_result`, `Task.unregister_thread`, `canon_lift` (a wait on no waitable set).
;; Wasmtime 48.0.8 traps each time as it should, and then runs the next call of the same instance.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/Explainer.md#component-invariants
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
    (core module $m
      (func (export "bad-code") (result i32)
        (i32.const 3))
      (func (export "waits-on-nothing") (result i32)
        (i32.const 0x52))
      (func (export "callback") (param i32 i32 i32) (result i32)
        (i32.const 0))
      (func (export "never-returns"))
      (func (export "next")))
    (core instance $m (instantiate $m))
    (func (export "bad-code") async
      (canon lift (core func $m "bad-code") async (callback (core func $m "callback"))))
    (func (export "waits-on-nothing") async
      (canon lift (core func $m "waits-on-nothing") async (callback (core func $m "callback"))))
    (func (export "never-returns") async (canon lift (core func $m "never-returns") async))
    (func (export "next") (canon lift (core func $m "next"))))

  (instance $host (instantiate $host))
  (instance $case (instantiate $case (with "host" (instance $host))))
  (export "bad-code" (func $case "bad-code"))
  (export "never-returns" (func $case "never-returns"))
  (export "waits-on-nothing" (func $case "waits-on-nothing"))
  (export "next" (func $case "next"))
  (export "events" (func $host "events"))
  (export "settle" (func $host "settle")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "bad-code") "unsupported callback code")
(assert_trap (invoke "next") "cannot enter component instance")

(component instance $r1 $spawndiff)
(assert_trap (invoke "never-returns") "async-lifted export failed to produce a result")
(assert_trap (invoke "next") "cannot enter component instance")

(component instance $r2 $spawndiff)
(assert_trap (invoke "waits-on-nothing") "unknown handle index")
(assert_trap (invoke "next") "cannot enter component instance")
