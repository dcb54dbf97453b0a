;; cancels-other-end: `future.cancel-write` of a readable end whose read was completed, and the read is then told of by its set.
;; CanonicalABI.md, `cancel_copy`: it traps unless the end is a writable one.
;; Wasmtime 48.0.8 says CANCELLED, takes the end for an idle writable one, and then fails with an internal error ("expected state to
;; be busy").
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturecancel-readwrite
;; Found by: spawndiff run --seed 1795791596001768398 --first 8878 --cases 1 --instances 4 --engine cranelift, against wasmtime 48.0.8

(component definition $spawndiff
  (core module (;0;) (memory (;0;) 1 3) (export "m" (memory 0))) (core instance (;0;) (instantiate 0))
  (alias core export 0 "m" (core memory (;0;))) (type (;0;) (future u8))
  (core func (;0;) (canon future.new 0)) (core func (;1;) (canon future.read 0 (memory 0) async))
  (core func (;2;) (canon future.write 0 (memory 0) async)) (core func (;3;) (canon waitable-set.new))
  (core func (;4;) (canon waitable.join)) (core func (;5;) (canon future.cancel-write 0))
  (core func (;6;) (canon waitable-set.poll (memory 0)))
  (core instance (;1;)
    (export "2" (func 0)) (export "3" (func 1)) (export "5" (func 2)) (export "6" (func 3))
    (export "7" (func 4)) (export "8" (func 5)) (export "9" (func 6))
  )
  (core module (;1;)
    (type (;0;) (func)) (type (;1;) (func (param i32 i32) (result i32))) (type (;2;) (func (result i64)))
    (type (;3;) (func (result i32))) (type (;4;) (func (param i32 i32)))
    (type (;5;) (func (param i32) (result i32)))
    (import "f" "2" (func (;0;) (type 2))) (import "f" "3" (func (;1;) (type 1)))
    (import "f" "5" (func (;2;) (type 1))) (import "f" "6" (func (;3;) (type 3)))
    (import "f" "7" (func (;4;) (type 4))) (import "f" "8" (func (;5;) (type 5)))
    (import "f" "9" (func (;6;) (type 1)))
    (export "e0" (func 7))
    (func (;7;) (type 0)
      call 0 drop i32.const 1 i32.const 0 call 1 drop i32.const 2 i32.const 0 call 2 drop call 3 drop
      i32.const 1 i32.const 3 call 4 i32.const 1 call 5 drop i32.const 3 i32.const 0 call 6 drop
    )
  )
  (core instance (;2;) (instantiate 1 (with "f" (instance 1)))) (type (;1;) (func async))
  (alias core export 2 "e0" (core func (;7;)))
  (func (;0;) (type 1) (canon lift (core func 7) async)) (export (;1;) "e0" (func 0))
)

(component instance $r0 $spawndiff)
(assert_trap (invoke "e0") "is the other end of the stream or future")
