;; leaves-in-called-post-return: the `post-return` function of a called instance calls `task.return`, and that is of its caller's task.
;; CanonicalABI.md, `canon_lift`: the instance may not leave while `post-return` runs; `canon_task_return`: it traps then.
;; Wasmtime 48.0.8 returns from the task of the caller, as if that had; the caller then returns twice, and traps.
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lift
;; Found by: spawndiff run --seed 31 --first 55 --cases 1, in which the function took itself for its caller; this case is written by
;; hand. The reference with leaves-in-called-post-return trapped.

(component definition $spawndiff
  (component $callee
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "return" (func $return (param i32)))
      (func (export "f"))
      (func (export "post-return") (call $return (i32.const 9))))
    (core instance $m (instantiate $m
      (with "" (instance (export "return" (func $return))))))
    (func (export "f") (canon lift (core func $m "f") (post-return (core func $m "post-return")))))
  (component $caller
    (import "f" (func $f))
    (core func $f' (canon lower (func $f)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "f" (func $f))
      (import "" "return" (func $return (param i32)))
      (func (export "run") (call $f) (call $return (i32.const 1))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "f" (func $f'))
        (export "return" (func $return))))))
    (func (export "run") async (result u32) (canon lift (core func $m "run") async)))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot leave component instance")
