;; drops-lent-borrow: a borrowed handle is dropped that is lent to a call which has not returned; then its own task returns.
;; CanonicalABI.md, `lift_borrow` and `canon_resource_drop`: the lends of a borrowed handle are counted like those of an owned one, so the
;; drop traps, and no task returns while a call of its still holds what it has borrowed.
;; Wasmtime 48.0.8 counts only the lends of owned handles: the resource is destroyed while `peek` holds it, and `run` returns 1.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#loading
;; Seen in 48.0.8; no report of it found.

(component definition $spawndiff
  (component $owner
    (core module $destructor
      (global (export "peeking") (mut i32) (i32.const 0))
      (global $seen (export "seen") (mut i32) (i32.const 0))
      (func (export "destroy") (param i32) (global.set $seen (global.get 0))))
    (core instance $destructor (instantiate $destructor))
    (type $r' (resource (rep i32) (dtor (core func $destructor "destroy"))))
    (core func $new (canon resource.new $r'))
    (core func $suspend (canon thread.suspend))
    (core module $m
      (import "destructor" "peeking" (global $peeking (mut i32)))
      (import "destructor" "seen" (global $seen (mut i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "suspend" (func $suspend (result i32)))
      (func (export "new") (result i32) (call $new (i32.const 5)))
      (func (export "seen") (result i32) (global.get $seen))
      (func (export "peek") (param i32)
        (global.set $peeking (i32.const 1))
        (drop (call $suspend))
        (global.set $peeking (i32.const 0))))
    (core instance $m (instantiate $m
      (with "destructor" (instance $destructor))
      (with "" (instance
        (export "new" (func $new))
        (export "suspend" (func $suspend))))))
    (func $new' (result (own $r')) (canon lift (core func $m "new")))
    (func $peek async (param "x" (borrow $r')) (canon lift (core func $m "peek") async))
    (export $r "r" (type $r'))
    (export "new" (func $new') (func (result (own $r))))
    (export "peek" (func $peek) (func async (param "x" (borrow $r))))
    (func (export "seen") (result u32) (canon lift (core func $m "seen"))))
  (component $borrower
    (import "r" (type $r (sub resource)))
    (import "peek" (func $peek async (param "x" (borrow $r))))
    (core func $peek' (canon lower (func $peek) async))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "peek" (func $peek (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "use") (param i32)
        (drop (call $peek (local.get 0)))
        (call $drop (local.get 0))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "peek" (func $peek'))
        (export "drop" (func $drop))))))
    (func (export "use") (param "x" (borrow $r)) (canon lift (core func $m "use"))))
  (component $main
    (import "r" (type $r (sub resource)))
    (import "new" (func $new (result (own $r))))
    (import "use" (func $use (param "x" (borrow $r))))
    (import "seen" (func $seen (result u32)))
    (core func $new' (canon lower (func $new)))
    (core func $use' (canon lower (func $use)))
    (core func $seen' (canon lower (func $seen)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "new" (func $new (result i32)))
      (import "" "use" (func $use (param i32)))
      (import "" "seen" (func $seen (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (result i32) (local $r i32)
        (local.set $r (call $new))
        (call $use (local.get $r))
        (call $drop (local.get $r))
        (call $seen)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "new" (func $new'))
        (export "use" (func $use'))
        (export "seen" (func $seen'))
        (export "drop" (func $drop))))))
    (func (export "run") async (result u32) (canon lift (core func $m "run"))))
  (instance $owner (instantiate $owner))
  (instance $borrower (instantiate $borrower
    (with "r" (type $owner "r"))
    (with "peek" (func $owner "peek"))))
  (instance $main (instantiate $main
    (with "r" (type $owner "r"))
    (with "new" (func $owner "new"))
    (with "use" (func $borrower "use"))
    (with "seen" (func $owner "seen"))))
  (export "run" (func $main "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot remove owned resource while borrowed")
