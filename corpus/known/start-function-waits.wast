;; start-function-waits: the start function of a core module calls a function asynchronously.
;; Concurrency.md, "Interaction with the start function": it has the type `func()`; `canon_lower` with `async`: the callee runs at once,
;; and control comes back when it has returned or blocks.
;; Wasmtime 48.0.8 never comes back from the instantiation: nothing runs the call. It is the same where the start function yields or
;; switches to a thread.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/Concurrency.md#interaction-with-the-start-function
;; Does not end on wasmtime 48.0.8
;; Found by: spawndiff run --seed 1 --first 330 --cases 1, against wasmtime 48.0.8; this case is written by hand.

(component definition $spawndiff
  (component $other
    (core module $m (func (export "f")))
    (core instance $m (instantiate $m))
    (func (export "f") async (canon lift (core func $m "f"))))
  (component $caller
    (import "f" (func $f async))
    (core func $f' (canon lower (func $f) async))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (func $starts (drop (call $f)))
      (start $starts)
      (func (export "run")))
    (core instance $m (instantiate $m
      (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $other (instantiate $other))
  (instance $caller (instantiate $caller (with "f" (func $other "f"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run"))
