;; sync-typed-runs-exclusive: a synchronously typed task blocks while another task of its instance is exclusive, and that is ready.
;; CanonicalABI.md, `canon lift`: it switches to another ready thread of the instance, but not to the exclusive one.
;; Later texts let it switch to that, too, as Wasmtime 50.0.1 does: it goes on in the middle of the synchronous call.
;; https://github.com/WebAssembly/component-model/pull/705
;; Seen in 50.0.1. In 48.0.8 it is a case of sync-typed-runs-others.

(component definition $spawndiff
  (component $callee
    (core func $return (canon task.return))
    (core func $yield (canon thread.yield))
    (core module $m
      (import "" "return" (func $return))
      (import "" "yield" (func $yield (result i32)))
      (global $went-on (mut i32) (i32.const 0))
      ;; Exclusive until it ends, also while it yields here.
      (func (export "f") (result i32)
        (drop (call $yield))
        (global.set $went-on (i32.const 1))
        (call $return)
        (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32)
        (unreachable))
      (func (export "sync") (result i32)
        (if (global.get $went-on) (then (return (i32.const 2))))
        (drop (call $yield))
        (global.get $went-on)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "return" (func $return))
        (export "yield" (func $yield))))))
    (func (export "f") async
      (canon lift (core func $m "f") async (callback (core func $m "callback"))))
    (func (export "sync") (result u32) (canon lift (core func $m "sync"))))
  (component $caller
    (import "f" (func $f async))
    (import "sync" (func $sync (result u32)))
    (core func $f (canon lower (func $f) async))
    (core func $sync (canon lower (func $sync)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (import "" "sync" (func $sync (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "run")
        ;; RETURNED: it did not block when it yielded.
        (if (i32.eq (call $f) (i32.const 2))
          (then (call $return (i32.const 0)) (return)))
        (call $return (call $sync))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "f" (func $f))
        (export "sync" (func $sync))
        (export "return" (func $return))))))
    (func (export "run") async (result u32) (canon lift (core func $m "run") async)))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller
    (with "f" (func $callee "f"))
    (with "sync" (func $callee "sync"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 0))
