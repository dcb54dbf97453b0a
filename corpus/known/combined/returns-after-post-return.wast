;; leaves-in-post-return and queues-switches: a `post-return` function makes a call, in a task that was called asynchronously.
;; CanonicalABI.md, `canon_lift`: the task returns, and then `post-return` runs with `may_leave` cleared; `canon_lower` traps.
;; Wasmtime 48.0.8 makes the call, and the caller of the task sees that it has returned when `post-return` is over: STARTED (1) before,
;; and a cancellation traps as if the return had been delivered.
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lift
;; Written by hand: the reference with both had it return before.

(component definition $spawndiff
  (component $other
    (core func $yield (canon thread.yield)) (core func $return (canon task.return))
    (core module $m
      (import "" "yield" (func $yield (result i32))) (import "" "return" (func $return))
      (func (export "f") (drop (call $yield)) (call $return)))
    (core instance $m (instantiate $m (with "" (instance (export "yield" (func $yield)) (export "return" (func $return))))))
    (func (export "f") async (canon lift (core func $m "f") async)))
  (component $callee
    (import "f" (func $f async))
    (core func $f' (canon lower (func $f)))
    (core module $m (import "" "f" (func $f)) (func (export "g")) (func (export "post") (call $f)))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $f'))))))
    (func (export "g") async (canon lift (core func $m "g") (post-return (core func $m "post")))))
  (component $caller
    (import "g" (func $g async))
    (core func $g' (canon lower (func $g) async)) (core func $cancel (canon subtask.cancel async))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "g" (func $g (result i32))) (import "" "cancel" (func $cancel (param i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "calls") (call $return (i32.and (call $g) (i32.const 15))))
      (func (export "cancels") (call $return (call $cancel (i32.shr_u (call $g) (i32.const 4))))))
    (core instance $m (instantiate $m (with "" (instance
      (export "g" (func $g')) (export "cancel" (func $cancel)) (export "return" (func $return))))))
    (func (export "calls") async (result u32) (canon lift (core func $m "calls") async))
    (func (export "cancels") async (result u32) (canon lift (core func $m "cancels") async)))
  (instance $other (instantiate $other))
  (instance $callee (instantiate $callee (with "f" (func $other "f"))))
  (instance $caller (instantiate $caller (with "g" (func $callee "g"))))
  (export "calls" (func $caller "calls"))
  (export "cancels" (func $caller "cancels")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "calls") "cannot leave component instance")
(component instance $r1 $spawndiff)
(assert_trap (invoke "cancels") "cannot leave component instance")
