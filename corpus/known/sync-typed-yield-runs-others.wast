;; sync-typed-yield-runs-others: a synchronously typed task blocks while another task of its instance yields between callbacks.
;; CanonicalABI.md, `canon lift`: it switches to ready threads of the same component instance until the task has returned.
;; Wasmtime 50.0.1 calls the callback, and when that yields again it runs a thread of another component instance, too.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#canon-lift
;; Seen in 50.0.1; no report of it found. In 48.0.8 it is a case of sync-typed-runs-others.

(component definition $spawndiff
  (component $other
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return))
      (global $went-on (mut i32) (i32.const 0))
      (func (export "f")
        (drop (call $yield))
        (global.set $went-on (i32.const 1))
        (call $return))
      (func (export "went-on") (result i32) (global.get $went-on)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "yield" (func $yield))
        (export "return" (func $return))))))
    (func (export "f") async (canon lift (core func $m "f") async))
    (func (export "went-on") (result u32) (canon lift (core func $m "went-on"))))
  (component $callee
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return))
      (global $called (mut i32) (i32.const 0))
      ;; YIELD, and again.
      (func (export "yields") (result i32) (call $return) (i32.const 1))
      (func (export "callback") (param i32 i32 i32) (result i32)
        (global.set $called (i32.add (global.get $called) (i32.const 1)))
        (i32.eq (global.get $called) (i32.const 1)))
      (func (export "sync")
        (drop (call $yield))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "yield" (func $yield))
        (export "return" (func $return))))))
    (func (export "yields") async
      (canon lift (core func $m "yields") async (callback (core func $m "callback"))))
    (func (export "sync") (canon lift (core func $m "sync"))))
  (component $caller
    (import "f" (func $f async))
    (import "went-on" (func $went-on (result u32)))
    (import "yields" (func $yields async))
    (import "sync" (func $sync))
    (core func $f (canon lower (func $f) async))
    (core func $went-on (canon lower (func $went-on)))
    (core func $yields (canon lower (func $yields) async))
    (core func $sync (canon lower (func $sync)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (import "" "went-on" (func $went-on (result i32)))
      (import "" "yields" (func $yields (result i32)))
      (import "" "sync" (func $sync))
      (import "" "return" (func $return (param i32)))
      (func (export "run")
        (drop (call $yields))
        ;; RETURNED: it did not block when it yielded.
        (if (i32.eq (call $f) (i32.const 2))
          (then (call $return (i32.const 0)) (return)))
        (call $sync)
        (call $return (call $went-on))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "f" (func $f))
        (export "went-on" (func $went-on))
        (export "yields" (func $yields))
        (export "sync" (func $sync))
        (export "return" (func $return))))))
    (func (export "run") async (result u32) (canon lift (core func $m "run") async)))
  (instance $other (instantiate $other))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller
    (with "f" (func $other "f"))
    (with "went-on" (func $other "went-on"))
    (with "yields" (func $callee "yields"))
    (with "sync" (func $callee "sync"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 0))
