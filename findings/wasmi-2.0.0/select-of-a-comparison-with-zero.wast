;; select-of-a-comparison-with-zero: `select` gives always the same operand where its condition compares an i32 with zero.
;; Core specification, `select`: the first operand if the condition is not zero, the second if it is.
;; wasmi 2.0.0 gives the first for `i32.eqz` and `i32.eq` with zero, and the second for `i32.ne` with zero, whatever the value. Other
;; comparisons, comparisons of i64, and a condition that comes from a local are right.
;; Found by: a campaign with code that wasm-smith makes, on a draft of the generator, and then written anew by hand.

(module
  (func (export "eqz") (param i32) (result i32)
    (select (i32.const 10) (i32.const 20) (i32.eqz (local.get 0))))
  (func (export "eq") (param i32) (result i32)
    (select (i32.const 10) (i32.const 20) (i32.eq (local.get 0) (i32.const 0))))
  (func (export "ne") (param i32) (result i32)
    (select (i32.const 10) (i32.const 20) (i32.ne (local.get 0) (i32.const 0)))))
(assert_return (invoke "eqz" (i32.const 0)) (i32.const 10))
(assert_return (invoke "eqz" (i32.const 2)) (i32.const 20))
(assert_return (invoke "eq" (i32.const 0)) (i32.const 10))
(assert_return (invoke "eq" (i32.const 2)) (i32.const 20))
(assert_return (invoke "ne" (i32.const 0)) (i32.const 20))
(assert_return (invoke "ne" (i32.const 2)) (i32.const 10))
