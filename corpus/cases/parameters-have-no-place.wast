;; The parameters are more than sixteen core values, so the callee's `realloc` is asked for a place, which is not aligned; and the last of
;; them is no character: both trap.
;; CanonicalABI.md: `canon_lower` lifts all arguments, and `canon_lift` lowers them then, so the character comes first in its text. Traps
;; have no names there, and an engine may fuse the two ("Introduction"): which one it names is its choice.
;; https://github.com/WebAssembly/component-model/blob/6d281648/design/mvp/CanonicalABI.md#canon-lower
;; Found by a script that puts two errors into a call, with the first of the two traps only: ours.

(component definition $spawndiff
  (component $callee
    (core module $m
      (memory (export "mem") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1025))
      (func (export "f") (param i32)))
    (core instance $m (instantiate $m))
    (alias core export $m "mem" (core memory $mem))
    (alias core export $m "realloc" (core func $realloc))
    (func (export "f") (param "p" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32)) (param "c" char)
      (canon lift (core func $m "f") (memory $mem) (realloc $realloc))))
  (component $caller
    (import "callee" (instance $callee (export "f" (func (param "p" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32)) (param "c" char)))))
    (core module $store (memory (export "mem") 1))
    (core instance $store (instantiate $store))
    (alias core export $store "mem" (core memory $mem))
    (alias export $callee "f" (func $f))
    (core func $f (canon lower (func $f) (memory $mem)))
    (core module $m
      (import "s" "mem" (memory 1))
      (import "" "f" (func $f (param i32)))
      (func (export "run")
        (i32.store (i32.const 64) (i32.const 0xd800))
        (call $f (i32.const 0))))
    (core instance $m (instantiate $m (with "s" (instance $store)) (with "" (instance (export "f" (func $f))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "callee" (instance $callee))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "unaligned pointer")
