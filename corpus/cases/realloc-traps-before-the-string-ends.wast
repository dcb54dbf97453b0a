;; An argument is no UTF-8, and the `realloc` of the callee, whose strings are `latin1+utf16`, only gives room for Latin-1: both trap.
;; CanonicalABI.md: the string is lifted, so it is found not to be UTF-8, before it is lowered; but its Introduction lets an implementation
;; fuse the two. One that does has asked for more room, as `store_string_to_latin1_or_utf16` does in the end, before it knows.
;; https://github.com/WebAssembly/component-model/blob/6d281648/design/mvp/CanonicalABI.md#introduction
;; Found by a family of small programs, with the first of the two traps only: ours.

(component definition $spawndiff
  (component $callee
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (local.get 0) (then (unreachable)))
        (i32.const 16))
      (func (export "f") (param i32 i32)))
    (core instance $m (instantiate $m))
    (func (export "f") (param "s" string)
      (canon lift (core func $m "f") string-encoding=latin1+utf16
        (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $caller
    (import "f" (func $f (param "s" string)))
    (core module $memory
      (memory (export "memory") 1)
      (data (i32.const 0) "\ff"))
    (core instance $memory (instantiate $memory))
    (core func $f' (canon lower (func $f) (memory (core memory $memory "memory"))))
    (core module $m
      (import "" "f" (func $f (param i32 i32)))
      (func (export "run") (call $f (i32.const 0) (i32.const 1))))
    (core instance $m (instantiate $m
      (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "unreachable")
