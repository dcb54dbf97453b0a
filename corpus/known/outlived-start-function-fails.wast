;; outlived-start-function-fails: a start function calls a function that returns, and then goes on for a while.
;; Concurrency.md, "Interaction with the start function": it has the type `func()`, and may not block before it returns. It does not:
;; the call is over when the callee has called `task.return`.
;; Wasmtime 50.0.1 fails before an export is called: `resource not present`.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/Concurrency.md#interaction-with-the-start-function
;; Seen in 50.0.1; no report of it found.

(component definition $spawndiff
  (component $other
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return))
      (func (export "f") (call $return) (drop (call $yield))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "yield" (func $yield))
        (export "return" (func $return))))))
    (func (export "f") async (canon lift (core func $m "f") async)))
  (component $caller
    (import "f" (func $f async))
    (core func $f' (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f))
      (start $f)
      (func (export "started") (result i32) (i32.const 1)))
    (core instance $m (instantiate $m
      (with "" (instance (export "f" (func $f'))))))
    (func (export "started") (result u32) (canon lift (core func $m "started"))))
  (instance $other (instantiate $other))
  (instance $caller (instantiate $caller (with "f" (func $other "f"))))
  (export "started" (func $caller "started")))

(component instance $r0 $spawndiff)
(assert_return (invoke "started") (u32.const 1))
