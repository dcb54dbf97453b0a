;; cancel-misses-woken: `subtask.cancel` of a task that waits between callbacks, and whose event has come.
;; Concurrency.md, "Nondeterminism": control flow deterministically transfers to the cancelled component, and back when that resolves.
;; So the callback is called with TASK_CANCELLED, and `subtask.cancel` returns CANCELLED_BEFORE_RETURNED (4).
;; Wasmtime 50.0.1 returns BLOCKED, and calls the callback later.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/Concurrency.md#nondeterminism
;; Seen in 50.0.1; no report of it found. In 48.0.8 it is a case of cancel-yields and queues-switches.

(component definition $spawndiff
  (component $callee
    (type $s (stream))
    (core func $cancel (canon task.cancel))
    (core func $read (canon stream.read $s async))
    (core func $set-new (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core module $m
      (import "" "cancel" (func $cancel))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "set-new" (func $set-new (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      ;; WAIT, for the read.
      (func (export "f") (param $stream i32) (result i32) (local $set i32)
        (drop (call $read (local.get $stream) (i32.const 0) (i32.const 1)))
        (call $join (local.get $stream) (local.tee $set (call $set-new)))
        (i32.or (i32.shl (local.get $set) (i32.const 4)) (i32.const 2)))
      (func (export "callback") (param $code i32) (param i32 i32) (result i32)
        (call $cancel)
        (i32.const 0)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "cancel" (func $cancel))
        (export "read" (func $read))
        (export "set-new" (func $set-new))
        (export "join" (func $join))))))
    (func (export "f") async (param "stream" $s)
      (canon lift (core func $m "f") async (callback (core func $m "callback")))))
  (component $caller
    (type $s (stream))
    (import "f" (func $f async (param "stream" $s)))
    (core func $f (canon lower (func $f) async))
    (core func $new (canon stream.new $s))
    (core func $write (canon stream.write $s async))
    (core func $subtask-cancel (canon subtask.cancel async))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "f" (func $f (param i32) (result i32)))
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (import "" "subtask-cancel" (func $subtask-cancel (param i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "run") (local $ends i64) (local $subtask i32)
        (local.set $ends (call $new))
        (local.set $subtask (i32.shr_u (call $f (i32.wrap_i64 (local.get $ends))) (i32.const 4)))
        ;; The callback has an event to be called with.
        (drop (call $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))) (i32.const 0) (i32.const 1)))
        (call $return (call $subtask-cancel (local.get $subtask)))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "f" (func $f))
        (export "new" (func $new))
        (export "write" (func $write))
        (export "subtask-cancel" (func $subtask-cancel))
        (export "return" (func $return))))))
    (func (export "run") async (result u32) (canon lift (core func $m "run") async)))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 4))
