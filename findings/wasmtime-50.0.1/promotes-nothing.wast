;; promotes-nothing: `thread.suspend-then-promote` of a thread that is ready because of `thread.resume-later`.
;; CanonicalABI.md, `Thread.suspend_then_promote`: it attempts to immediately resume the other thread if that is ready.
;; The thread that is promoted is the second that was made ready, so it is the one that returns first: 2.
;; Wasmtime 50.0.1 returns 1: it takes the threads in their order. 44.0.0 to 48.0.8 trap (wasmtime pull request 14250).
;; Found by: spawndiff run --seed 2 --first 477 --cases 1 --instances 4 --engine wasmtime-50, and then written anew by hand.

(component definition $spawndiff
  (core module $store (table (export "t") 1 funcref))
  (core instance $store (instantiate $store))
  (core type $start (func (param i32)))
  (alias core export $store "t" (core table $t))
  (core func $return (canon task.return (result u32)))
  (core func $new (canon thread.new-indirect $start (core table $t)))
  (core func $later (canon thread.resume-later))
  (core func $promote (canon thread.suspend-then-promote))
  (core module $main
    (import "" "return" (func $return (param i32)))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "later" (func $later (param i32)))
    (import "" "promote" (func $promote (param i32) (result i32)))
    (import "" "t" (table 1 funcref))
    (global $returned (mut i32) (i32.const 0))
    (elem (i32.const 0) func $thread)
    ;; The first to run returns its number.
    (func $thread (param $number i32)
      (if (i32.eqz (global.get $returned))
        (then (global.set $returned (i32.const 1)) (call $return (local.get $number)))))
    (func (export "e0")
      (local $second i32)
      (call $later (call $new (i32.const 0) (i32.const 1)))
      (local.set $second (call $new (i32.const 0) (i32.const 2)))
      (call $later (local.get $second))
      (drop (call $promote (local.get $second))))
  )
  (core instance $main (instantiate $main (with "" (instance
    (export "return" (func $return))
    (export "new" (func $new))
    (export "later" (func $later))
    (export "promote" (func $promote))
    (export "t" (table $t))
  ))))
  (func (export "e0") async (result u32) (canon lift (core func $main "e0") async))
)

(component instance $r0 $spawndiff)
(assert_return (invoke "e0") (u32.const 2))
