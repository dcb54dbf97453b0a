;; The start function of a core module makes a waitable set and a thread, and leaves them: what is there before the first call does
;; not count as left by a run.
;; Concurrency.md, "Interaction with the start function": it has the type `func()`; CanonicalABI.md: `canon_waitable_set_new`.
;; https://github.com/WebAssembly/component-model/blob/6d281648/design/mvp/Concurrency.md#interaction-with-the-start-function
;; Found by hand: the reference said "threads left" and the native side "nothing left", which was ours.

(component definition $spawndiff
  (core module $table (table (export "t") 1 funcref))
  (core instance $table (instantiate $table))
  (alias core export $table "t" (core table $t))
  (core type $start (func (param i32)))
  (core func $set (canon waitable-set.new))
  (core func $new (canon thread.new-indirect $start (core table $t)))
  (core module $m
    (import "" "t" (table $t 1 funcref))
    (import "" "set" (func $set (result i32)))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (global $thread (mut i32) (i32.const 0))
    (func $ends (param i32))
    (elem (table $t) (i32.const 0) func $ends)
    (func $starts
      (drop (call $set))
      (global.set $thread (call $new (i32.const 0) (i32.const 0))))
    (start $starts)
    (func (export "run") (result i32) (i32.ne (global.get $thread) (i32.const 0))))
  (core instance $m (instantiate $m
    (with "" (instance
      (export "t" (table $t))
      (export "set" (func $set))
      (export "new" (func $new))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 1))
