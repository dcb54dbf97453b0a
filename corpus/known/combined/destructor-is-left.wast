;; sync-typed-suspends: a destructor switches to another thread, which ends, and is left without a ready one.
;; CanonicalABI.md, `canon_resource_drop` calls it as a synchronously typed function, and `canon_lift` traps if no thread is ready.
;; Wasmtime 48.0.8 does not trap: `resource.drop` does not return, a deadlock.
;; https://github.com/bytecodealliance/wasmtime/issues/14117
;; Written by hand; the reference with sync-typed-suspends returned from `resource.drop`.

(component definition $spawndiff
  (component $owner
    (core module $table (table (export "t") 1 funcref))
    (core instance $table (instantiate $table))
    (alias core export $table "t" (core table $t))
    (core type $start (func (param i32)))
    (core func $new (canon thread.new-indirect $start (core table $t)))
    (core func $suspend-then-resume (canon thread.suspend-then-resume))
    (core module $m
      (import "" "t" (table $t 1 funcref))
      (import "" "new" (func $new (param i32 i32) (result i32)))
      (import "" "suspend-then-resume" (func $suspend-then-resume (param i32) (result i32)))
      (func $ends (param i32))
      (elem (table $t) (i32.const 0) func $ends)
      (func (export "destructor") (param i32)
        (drop (call $suspend-then-resume (call $new (i32.const 0) (i32.const 0))))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "t" (table $t))
        (export "new" (func $new))
        (export "suspend-then-resume" (func $suspend-then-resume))))))
    (type $r' (resource (rep i32) (dtor (core func $m "destructor"))))
    (export $r "r" (type $r'))
    (core func $resource (canon resource.new $r'))
    (core module $makes
      (import "" "resource" (func $resource (param i32) (result i32)))
      (func (export "make") (result i32) (call $resource (i32.const 1))))
    (core instance $makes (instantiate $makes
      (with "" (instance (export "resource" (func $resource))))))
    (func (export "make") (result (own $r)) (canon lift (core func $makes "make"))))
  (component $user
    (import "owner" (instance $owner
      (export "r" (type $r (sub resource)))
      (export "make" (func (result (own $r))))))
    (alias export $owner "r" (type $r))
    (core func $drop (canon resource.drop $r))
    (core func $make (canon lower (func $owner "make")))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (import "" "make" (func $make (result i32)))
      (func (export "run") (call $drop (call $make))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "drop" (func $drop))
        (export "make" (func $make))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $owner (instantiate $owner))
  (instance $user (instantiate $user (with "owner" (instance $owner))))
  (export "run" (func $user "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot block a synchronous task before returning")
