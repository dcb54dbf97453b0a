;; leaves-async-typed: a `post-return` function makes a synchronous call of a function whose type is asynchronous.
;; CanonicalABI.md, `canon_lift`: `may_leave` is cleared while `post-return` runs; `canon_lower`: it traps where it is.
;; Wasmtime 50.0.1 makes the call. 48.0.8 traps.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#canon-lift
;; Seen in 50.0.1; no report of it found.

(component definition $spawndiff
  (component $callee
    (core module $m
      (func (export "f")))
    (core instance $m (instantiate $m))
    (func (export "f") async (canon lift (core func $m "f"))))
  (component $caller
    (import "f" (func $f async))
    (core func $f (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f))
      (func (export "run") (result i32) (i32.const 0))
      (func (export "post-return") (param i32) (call $f)))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "run") async (result u32)
      (canon lift (core func $m "run") (post-return (core func $m "post-return")))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot leave component instance")
