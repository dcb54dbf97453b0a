;; The result is a string that is not in the callee's memory, and the caller wants it at an address that is not aligned: both trap.
;; CanonicalABI.md: `canon_lift` lifts the result, and `canon_lower` looks at the address then, so the string comes first in its text. Traps
;; have no names there, and an engine may fuse the two ("Introduction"): which one it names is its choice.
;; https://github.com/WebAssembly/component-model/blob/6d281648/design/mvp/CanonicalABI.md#canon-lower
;; Found by: spawndiff run --seed 61 --first 36391 --cases 1, with the first of the two traps only: ours.

(component definition $spawndiff
  (component $callee
    (core module $m
      (memory (export "mem") 1)
      (func (export "f") (result i32)
        (i32.store (i32.const 8) (i32.const 0xffff0000)) (i32.store (i32.const 12) (i32.const 16))
        (i32.const 8)))
    (core instance $m (instantiate $m))
    (alias core export $m "mem" (core memory $mem))
    (func (export "f") async (result string) (canon lift (core func $m "f") (memory $mem))))
  (component $caller
    (import "callee" (instance $callee (export "f" (func async (result string)))))
    (core module $store
      (memory (export "mem") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
    (core instance $store (instantiate $store))
    (alias core export $store "mem" (core memory $mem))
    (alias core export $store "realloc" (core func $realloc))
    (alias export $callee "f" (func $f))
    (core func $f (canon lower (func $f) async (memory $mem) (realloc $realloc)))
    (core module $m
      (import "" "f" (func $f (param i32) (result i32)))
      (func (export "run")
        (drop (call $f (i32.const 2)))))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "run") async (canon lift (core func $m "run"))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "callee" (instance $callee))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "unaligned pointer")
