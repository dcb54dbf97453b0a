;; The start function of a core module leaves a suspended thread, which a call resumes, and the call leaves a future: what a run
;; leaves cannot be told then by how much is left.
;; Concurrency.md, "Interaction with the start function": it has the type `func()`; CanonicalABI.md: `canon_thread_new_indirect`.
;; https://github.com/WebAssembly/component-model/blob/6d281648/design/mvp/Concurrency.md#interaction-with-the-start-function
;; Found by: spawndiff run --seed 31 --first 5748 --cases 1, at which the engine had fewer threads left than before, and the reference
;; more of everything: ours.

(component definition $spawndiff
  (core module $table (table (export "t") 1 funcref))
  (core instance $table (instantiate $table))
  (alias core export $table "t" (core table $t))
  (core type $start (func (param i32)))
  (type $f (future u8))
  (core func $future (canon future.new $f))
  (core func $new (canon thread.new-indirect $start (core table $t)))
  (core func $resume-later (canon thread.resume-later))
  (core module $m
    (import "" "t" (table $t 1 funcref))
    (import "" "future" (func $future (result i64)))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "resume-later" (func $resume-later (param i32)))
    (global $thread (mut i32) (i32.const 0))
    (func $ends (param i32))
    (elem (table $t) (i32.const 0) func $ends)
    (func $starts (global.set $thread (call $new (i32.const 0) (i32.const 0))))
    (start $starts)
    (func (export "run")
      (call $resume-later (global.get $thread))
      (drop (call $future))))
  (core instance $m (instantiate $m
    (with "" (instance
      (export "t" (table $t))
      (export "future" (func $future))
      (export "new" (func $new))
      (export "resume-later" (func $resume-later))))))
  (func (export "run") (canon lift (core func $m "run"))))

(component instance $r0 $spawndiff)
(assert_return (invoke "run"))
