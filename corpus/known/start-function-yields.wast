;; start-function-yields: the start function of a core module makes a thread ready, and yields.
;; Concurrency.md, "Interaction with the start function": it has the type `func()`, so it is synchronous; CanonicalABI.md, `canon lift`: it
;; switches to ready threads of its instance until it has returned.
;; Wasmtime 50.0.1 fails while it instantiates the component: `BUG: unexpected thread state`.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/Concurrency.md#interaction-with-the-start-function
;; Does not end on wasmtime 48.0.8
;; Seen in 50.0.1; no report of it found.

(component definition $spawndiff
  (core module $table (table (export "t") 1 funcref))
  (core instance $table (instantiate $table))
  (alias core export $table "t" (core table $t))
  (core type $start (func (param i32)))
  (core func $new (canon thread.new-indirect $start (core table $t)))
  (core func $resume-later (canon thread.resume-later))
  (core func $yield (canon thread.yield))
  (core module $m
    (import "" "t" (table $t 1 funcref))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "resume-later" (func $resume-later (param i32)))
    (import "" "yield" (func $yield (result i32)))
    (global $ran (mut i32) (i32.const 0))
    (func $thread (param i32) (global.set $ran (i32.const 1)))
    (elem (table $t) (i32.const 0) func $thread)
    (func $starts
      (call $resume-later (call $new (i32.const 0) (i32.const 0)))
      (drop (call $yield)))
    (start $starts)
    (func (export "ran") (result i32) (global.get $ran)))
  (core instance $m (instantiate $m
    (with "" (instance
      (export "t" (table $t))
      (export "new" (func $new))
      (export "resume-later" (func $resume-later))
      (export "yield" (func $yield))))))
  (func (export "ran") (result u32) (canon lift (core func $m "ran"))))

(component instance $r0 $spawndiff)
(assert_return (invoke "ran") (u32.const 1))
