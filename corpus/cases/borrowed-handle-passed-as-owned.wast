;; A handle that was borrowed cannot be passed on as an owned one, and an exception that nobody catches traps where it leaves core code.
;; CanonicalABI.md: `lift_own` (`not h.own`), `call_and_trap_on_throw`.
;; https://github.com/WebAssembly/component-model/blob/6d281648/design/mvp/CanonicalABI.md#loading

(component definition $spawndiff
  (component $owner
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core func $drop (canon resource.drop $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "make") (result i32) (call $new (i32.const 7)))
      (func (export "take") (param i32) (call $drop (local.get 0))))
    (core instance $m (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "make") (result (own $r)) (canon lift (core func $m "make")))
    (func (export "take") (param "r" (own $r)) (canon lift (core func $m "take"))))
  (component $middle
    (import "owner" (instance $owner
      (export "r" (type $r (sub resource)))
      (export "make" (func (result (own $r))))
      (export "take" (func (param "r" (own $r))))))
    (alias export $owner "r" (type $r))
    (alias export $owner "take" (func $take))
    (core func $take (canon lower (func $take)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "take" (func $take (param i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "keeps") (param i32) (call $drop (local.get 0)))
      (func (export "passes-on") (param i32) (call $take (local.get 0))))
    (core instance $m (instantiate $m (with "" (instance (export "take" (func $take)) (export "drop" (func $drop))))))
    (func (export "keeps") (param "r" (borrow $r)) (canon lift (core func $m "keeps")))
    (func (export "passes-on") (param "r" (borrow $r)) (canon lift (core func $m "passes-on"))))
  (component $caller
    (import "owner" (instance $owner
      (export "r" (type $r (sub resource)))
      (export "make" (func (result (own $r))))))
    (alias export $owner "r" (type $r))
    (import "middle" (instance $middle
      (export "keeps" (func (param "r" (borrow $r))))
      (export "passes-on" (func (param "r" (borrow $r))))))
    (alias export $owner "make" (func $make))
    (alias export $middle "keeps" (func $keeps))
    (alias export $middle "passes-on" (func $passes-on))
    (core func $make (canon lower (func $make)))
    (core func $keeps (canon lower (func $keeps)))
    (core func $passes-on (canon lower (func $passes-on)))
    (core module $m
      (import "" "make" (func $make (result i32)))
      (import "" "keeps" (func $keeps (param i32)))
      (import "" "passes-on" (func $passes-on (param i32)))
      (tag $tag)
      (func (export "keeps") (call $keeps (call $make)))
      (func (export "passes-on") (call $passes-on (call $make)))
      (func (export "throws") (throw $tag)))
    (core instance $m (instantiate $m (with "" (instance
      (export "make" (func $make))
      (export "keeps" (func $keeps))
      (export "passes-on" (func $passes-on))))))
    (func (export "keeps") (canon lift (core func $m "keeps")))
    (func (export "passes-on") (canon lift (core func $m "passes-on")))
    (func (export "throws") (canon lift (core func $m "throws"))))
  (instance $owner (instantiate $owner))
  (instance $middle (instantiate $middle (with "owner" (instance $owner))))
  (instance $caller (instantiate $caller (with "owner" (instance $owner)) (with "middle" (instance $middle))))
  (export "keeps" (func $caller "keeps"))
  (export "passes-on" (func $caller "passes-on"))
  (export "throws" (func $caller "throws")))

(component instance $r0 $spawndiff)
(assert_return (invoke "keeps"))
(assert_trap (invoke "passes-on") "cannot lift own resource from a borrow")
(component instance $r1 $spawndiff)
(assert_trap (invoke "throws") "thrown Wasm exception")
