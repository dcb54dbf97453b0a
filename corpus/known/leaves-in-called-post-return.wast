;; leaves-in-called-post-return: a `post-return` function calls `waitable-set.new`, after a call that is lifted and lowered synchronously.
;; CanonicalABI.md, `canon_lift`: `may_leave` is cleared while `post-return` runs; `canon_waitable_set_new`: it traps where it is.
;; Wasmtime 48.0.8 goes on; with `thread.index`, `thread.yield`, `thread.new-indirect` and a call, too. Called by the host, it traps.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#canon-lift
;; Seen in 44.0.0 to 50.0.1; no report of it found.

(component definition $spawndiff
  (component $callee
    (core func $new (canon waitable-set.new))
    (core module $m
      (import "" "new" (func $new (result i32)))
      (func (export "f"))
      (func (export "post") (drop (call $new))))
    (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "f") (canon lift (core func $m "f") (post-return (core func $m "post")))))
  (component $caller
    (import "f" (func $f))
    (core func $f' (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f))
      (func (export "run") (call $f)))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))
(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot leave component instance")
