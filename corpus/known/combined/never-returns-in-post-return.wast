;; leaves-in-post-return and sync-typed-suspends: a `post-return` function makes a call that never returns.
;; CanonicalABI.md, `canon_lift`: `may_leave` is cleared while `post-return` runs; `canon_lower`: it traps where it is.
;; Wasmtime 50.0.1 makes the call, and the host never has the result: a deadlock. 48.0.8 traps since it blocks.
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lift
;; Found by spawndiff run --engine wasmtime-50 --seed 104 (case 9754), where the reference with leaves-in-post-return had returned.

(component definition $spawndiff
  (component $callee
    (core func $suspend (canon thread.suspend))
    (core module $m
      (import "" "suspend" (func $suspend (result i32)))
      (func (export "f") (drop (call $suspend))))
    (core instance $m (instantiate $m (with "" (instance (export "suspend" (func $suspend))))))
    (func (export "f") async (canon lift (core func $m "f") async)))
  (component $caller
    (import "f" (func $f async))
    (core func $f' (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f))
      (func (export "run"))
      (func (export "post") (call $f)))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (canon lift (core func $m "run") (post-return (core func $m "post")))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run"))
)
(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot leave component instance")
