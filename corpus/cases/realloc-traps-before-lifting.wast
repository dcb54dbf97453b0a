;; An argument is a list, for which `realloc` of the callee calls a built-in although the instance may not leave, and the next argument
;; is a handle that is not there: both trap.
;; CanonicalABI.md: `canon_lower` lifts all arguments, and `canon_lift` lowers them then, so the handle comes first in its text. Traps
;; have no names there: which one an engine names that copies each argument as it reads it, is its choice.
;; https://github.com/WebAssembly/component-model/blob/6d281648/design/mvp/CanonicalABI.md#canon-lower
;; Found by: spawndiff run --seed 31 --first 661 --cases 1, with the first of the two traps only: ours.

(component definition $spawndiff
  (component $callee
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $index (canon thread.index))
    (core module $lib
      (import "" "index" (func $index (result i32)))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (drop (call $index))
        (i32.const 16)))
    (core instance $lib (instantiate $lib
      (with "" (instance (export "index" (func $index))))))
    (core module $m (func (export "f") (param i32 i32 i32)))
    (core instance $m (instantiate $m))
    (func (export "f") (param "a" (list u8)) (param "b" (future u8))
      (canon lift (core func $m "f")
        (memory (core memory $memory "memory")) (realloc (core func $lib "realloc")))))
  (component $caller
    (import "f" (func $f (param "a" (list u8)) (param "b" (future u8))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $f' (canon lower (func $f) (memory (core memory $memory "memory"))))
    (core module $m
      (import "" "f" (func $f (param i32 i32 i32)))
      (func (export "run") (call $f (i32.const 0) (i32.const 1) (i32.const 7))))
    (core instance $m (instantiate $m
      (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot leave component instance")
