;; aborts-in-realloc: the `realloc` that a result is lowered with makes an asynchronous call.
;; CanonicalABI.md, `LiftLowerContext.reallocate`: `may_leave` is cleared while it runs; `canon_lower`: it traps where it is.
;; Wasmtime 48.0.8 makes the call and panics, then panics again while it unwinds: the process is aborted.
;; Written by hand.
;; Not on wasmtime 50.0.1: known: keeps-returned-calls, leaves-in-post-return
;; Shows on wasmtime 44.0.0, 45.0.0, 46.0.0, 47.0.0, 48.0.8

(component definition $spawndiff
  (component $other
    (core module $m (func (export "f")))
    (core instance $m (instantiate $m))
    (func (export "f") async (canon lift (core func $m "f"))))
  (component $callee
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $return
      (canon task.return (result (list u8)) (memory (core memory $memory "memory"))))
    (core module $m
      (import "" "return" (func $return (param i32 i32)))
      (func (export "g") (call $return (i32.const 16) (i32.const 1))))
    (core instance $m (instantiate $m
      (with "" (instance (export "return" (func $return))))))
    (func (export "g") async (result (list u8))
      (canon lift (core func $m "g") async (memory (core memory $memory "memory")))))
  (component $caller
    (import "f" (func $f async))
    (import "g" (func $g async (result (list u8))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $f' (canon lower (func $f) async (memory (core memory $memory "memory"))))
    (core module $lib
      (import "" "f" (func $f (result i32)))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (drop (call $f))
        (i32.const 16)))
    (core instance $lib (instantiate $lib
      (with "" (instance (export "f" (func $f'))))))
    (core func $g'
      (canon lower (func $g) (memory (core memory $memory "memory")) (realloc (core func $lib "realloc"))))
    (core func $return (canon task.return))
    (core module $m
      (import "" "g" (func $g (param i32)))
      (import "" "return" (func $return))
      (func (export "run")
        (call $g (i32.const 0))
        (call $return)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "g" (func $g'))
        (export "return" (func $return))))))
    (func (export "run") async (canon lift (core func $m "run") async)))
  (instance $other (instantiate $other))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller
    (with "f" (func $other "f"))
    (with "g" (func $callee "g"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot leave component instance")
