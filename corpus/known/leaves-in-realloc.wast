;; leaves-in-realloc: a `realloc` calls an `async` typed function synchronously, and that blocks.
;; CanonicalABI.md, `LiftLowerContext.reallocate`: `may_leave` is cleared while it runs; `canon_lower`: it traps where it is.
;; Wasmtime 50.0.1 makes the call: `BUG: subtasks should only get subtask events, got None`. 48.0.8 makes it, and goes on.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#canon-lower
;; Seen in 50.0.1; no report of it found.

(component definition $spawndiff
  (component $other
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return))
      (func (export "blocks") (drop (call $yield)) (call $return)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "yield" (func $yield))
        (export "return" (func $return))))))
    (func (export "blocks") async (canon lift (core func $m "blocks") async)))
  (component $callee
    (import "blocks" (func $blocks async))
    (core func $blocks' (canon lower (func $blocks)))
    (core module $m
      (import "" "blocks" (func $blocks))
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (call $blocks)
        (i32.const 16))
      (func (export "f") (param i32 i32)))
    (core instance $m (instantiate $m
      (with "" (instance (export "blocks" (func $blocks'))))))
    (func (export "f") async (param "list" (list u8))
      (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $caller
    (import "f" (func $f async (param "list" (list u8))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $f' (canon lower (func $f) (memory (core memory $memory "memory"))))
    (core func $return (canon task.return))
    (core module $m
      (import "" "f" (func $f (param i32 i32)))
      (import "" "return" (func $return))
      (func (export "run")
        (call $f (i32.const 16) (i32.const 1))
        (call $return)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "f" (func $f'))
        (export "return" (func $return))))))
    (func (export "run") async (canon lift (core func $m "run") async)))
  (instance $other (instantiate $other))
  (instance $callee (instantiate $callee (with "blocks" (func $other "blocks"))))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot leave component instance")
