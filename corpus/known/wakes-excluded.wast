;; wakes-excluded: two tasks wait for one waitable set, and only one of them can go on.
;; CanonicalABI.md, `WaitableSet.wait_for_event_and`: a thread is ready once the set has an event and its own condition holds; that
;; of a task between callbacks is that no other is exclusive (`canon_lift`), and that of `waitable-set.wait` always holds.
;; Wasmtime 48.0.8 gives the event to the task between callbacks, which waits for the exclusive one, which waits for the event:
;; a deadlock.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#waitable-state
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
      (core module $store (memory (export "mem") 1))
      (core instance $store (instantiate $store))
      (alias core export $store "mem" (core memory $mem))
      (core func $return (canon task.return))
      (core func $stream-new (canon stream.new $s))
      (core func $read (canon stream.read $s async (memory $mem)))
      (core func $write (canon stream.write $s async (memory $mem)))
      (core func $set-new (canon waitable-set.new))
      (core func $set-wait (canon waitable-set.wait (memory $mem)))
      (core func $join (canon waitable.join))
      (core module $m
        (import "store" "mem" (memory 1))
        (import "" "return" (func $return))
        (import "" "stream-new" (func $stream-new (result i64)))
        (import "" "read" (func $read (param i32 i32 i32) (result i32)))
        (import "" "write" (func $write (param i32 i32 i32) (result i32)))
        (import "" "set-new" (func $set-new (result i32)))
        (import "" "set-wait" (func $set-wait (param i32 i32) (result i32)))
        (import "" "join" (func $join (param i32 i32)))
        (global $set (mut i32) (i32.const 0))
        (global $write (mut i32) (i32.const 0))
        ;; Returns, and waits for the set.
        (func (export "f") (result i32)
          (global.set $set (call $set-new))
          (call $return)
          (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (global.get $set) (i32.const 4))))
        ;; Is exclusive while it waits for the set, and then returns.
        (func (export "g") (result i32) (local $ends i64)
          (local.set $ends (call $stream-new))
          (global.set $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
          (drop (call $read (i32.wrap_i64 (local.get $ends)) (i32.const 8) (i32.const 1)))
          (call $join (i32.wrap_i64 (local.get $ends)) (global.get $set))
          (drop (call $set-wait (global.get $set) (i32.const 16)))
          (call $return)
          (i32.const 0 (; EXIT ;)))
        (func (export "callback") (param i32 i32 i32) (result i32) (unreachable))
        (func (export "write")
          (drop (call $write (global.get $write) (i32.const 0) (i32.const 1)))))
      (core instance $m (instantiate $m
        (with "store" (instance $store))
        (with "" (instance
          (export "return" (func $return))
          (export "stream-new" (func $stream-new))
          (export "read" (func $read))
          (export "write" (func $write))
          (export "set-new" (func $set-new))
          (export "set-wait" (func $set-wait))
          (export "join" (func $join))))))
      (func (export "f") async (canon lift (core func $m "f") async (callback (core func $m "callback"))))
      (func (export "g") async (canon lift (core func $m "g") async (callback (core func $m "callback"))))
      (func (export "write") (canon lift (core func $m "write"))))
    (component $caller
      (import "f" (func $f async))
      (import "g" (func $g async))
      (import "write" (func $write ))
      (core module $store (memory (export "mem") 1))
      (core instance $store (instantiate $store))
      (alias core export $store "mem" (core memory $mem))
      (core func $f (canon lower (func $f) async))
      (core func $g (canon lower (func $g) async))
      (core func $write (canon lower (func $write)))
      (core func $set-new (canon waitable-set.new))
      (core func $set-wait (canon waitable-set.wait (memory $mem)))
      (core func $join (canon waitable.join))
      (core module $m
        (import "store" "mem" (memory 1))
        (import "" "f" (func $f (result i32)))
        (import "" "g" (func $g (result i32)))
        (import "" "write" (func $write))
        (import "" "set-new" (func $set-new (result i32)))
        (import "" "set-wait" (func $set-wait (param i32 i32) (result i32)))
        (import "" "join" (func $join (param i32 i32)))
        (func (export "run") (result i32) (local $g i32) (local $set i32)
          (drop (call $f))
          (local.set $g (i32.shr_u (call $g) (i32.const 4)))
          (call $write)
          (local.set $set (call $set-new))
          (call $join (local.get $g) (local.get $set))
          ;; SUBTASK (1): it has returned.
          (call $set-wait (local.get $set) (i32.const 0))))
      (core instance $m (instantiate $m
        (with "store" (instance $store))
        (with "" (instance
          (export "f" (func $f))
          (export "g" (func $g))
          (export "write" (func $write))
          (export "set-new" (func $set-new))
          (export "set-wait" (func $set-wait))
          (export "join" (func $join))))))
      (func (export "run") async (result u32) (canon lift (core func $m "run"))))
    (instance $callee (instantiate $callee))
    (instance $caller (instantiate $caller
      (with "f" (func $callee "f"))
      (with "g" (func $callee "g"))
      (with "write" (func $callee "write"))))
    (export "run" (func $caller "run")))

  (instance $host (instantiate $host))
  (instance $case (instantiate $case (with "host" (instance $host))))
  (export "run" (func $case "run"))
  (export "events" (func $host "events"))
  (export "settle" (func $host "settle")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 1))
