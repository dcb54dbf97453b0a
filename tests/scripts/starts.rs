//! Start functions of components, and the values that they take and give, on the reference: no other engine has them.

use spawndiff_judge::claims::Status;
use spawndiff_judge::scripts::Script;
use spawndiff_judge::scripts::on_reference::run_on_reference;

#[test]
fn start_functions_of_components_run_as_these_are_made_and_pass_values_on() {
    let starts = r#"
(component
  (component $A
    (core module $m
      (func (export "five") (result i32) (i32.const 5)))
    (core instance $i (instantiate $m))
    (func $five (result u32) (canon lift (core func $i "five")))
    (start $five (result (value $v)))
    (export "v" (value $v)))
  (component $Double
    (import "v" (value $v u32))
    (core module $m
      (func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))
    (core instance $i (instantiate $m))
    (func $double (param "x" u32) (result u32) (canon lift (core func $i "double")))
    (start $double (value $v) (result (value $w)))
    (export "w" (value $w)))
  (component $B
    (import "w" (value $w u32))
    (core module $m
      (global $seen (mut i32) (i32.const 0))
      (func (export "see") (param i32) (global.set $seen (local.get 0)))
      (func (export "get") (result i32) (global.get $seen)))
    (core instance $i (instantiate $m))
    (func $see (param "x" u32) (canon lift (core func $i "see")))
    (start $see (value $w))
    (func (export "get") (result u32) (canon lift (core func $i "get"))))
  (instance $a (instantiate $A))
  (instance $double (instantiate $Double (with "v" (value $a "v"))))
  (instance $b (instantiate $B (with "w" (value $double "w"))))
  (func (export "get") (alias export $b "get")))
(assert_return (invoke "get") (u32.const 10))
"#;
    let script = Script::parse(starts).expect("the text is a script");
    for checked in run_on_reference(&script) {
        assert_eq!(checked.status, Status::Passed);
    }
}
