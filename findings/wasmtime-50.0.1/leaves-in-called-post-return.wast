;; leaves-in-called-post-return: a `post-return` function calls `waitable-set.new`, after a call that is lifted and lowered synchronously.
;; CanonicalABI.md, `canon_lift`: `may_leave` is cleared while `post-return` runs; `canon_waitable_set_new`: it traps where it is.
;; Wasmtime 50.0.1 goes on; with `thread.index`, `thread.yield`, `thread.new-indirect` and a call, too. Called by the host, it traps.
;; Written by hand.
;; Shows on wasmtime 48.0.8, 50.0.1

(component definition $spawndiff
  (component (;0;)
    (core func (;0;) (canon waitable-set.new))
    (core module (;0;)
      (type (;0;) (func (result i32))) (type (;1;) (func))
      (import "" "new" (func (;0;) (type 0)))
      (export "f" (func 1)) (export "post" (func 2))
      (func (;1;) (type 1))
      (func (;2;) (type 1) call 0 drop)
    )
    (core instance (;0;) (export "new" (func 0))) (core instance (;1;) (instantiate 0 (with "" (instance 0))))
    (type (;0;) (func)) (alias core export 1 "f" (core func (;1;)))
    (alias core export 1 "post" (core func (;2;)))
    (func (;0;) (type 0) (canon lift (core func 1) (post-return 2))) (export (;1;) "f" (func 0))
  )
  (component (;1;)
    (type (;0;) (func))
    (import "f" (func (;0;) (type 0)))
    (core func (;0;) (canon lower (func 0)))
    (core module (;0;)
      (type (;0;) (func))
      (import "" "f" (func (;0;) (type 0)))
      (export "run" (func 1))
      (func (;1;) (type 0) call 0)
    )
    (core instance (;0;) (export "f" (func 0))) (core instance (;1;) (instantiate 0 (with "" (instance 0))))
    (type (;1;) (func)) (alias core export 1 "run" (core func (;1;)))
    (func (;1;) (type 1) (canon lift (core func 1))) (export (;2;) "run" (func 1))
  )
  (instance (;0;) (instantiate 0)) (alias export 0 "f" (func (;0;)))
  (instance (;1;) (instantiate 1 (with "f" (func 0)))) (alias export 1 "run" (func (;1;)))
  (export (;2;) "run" (func 1))
)

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot leave component instance")
