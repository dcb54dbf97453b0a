;; cancels-other-end: `stream.cancel-read` of the writable end of a stream, twice, while a write of it goes on.
;; CanonicalABI.md, `cancel_copy`: it traps where the handle is not an end of the right side.
;; Wasmtime 48.0.8 says CANCELLED, and then takes the end for an idle readable one: the second traps because nothing is copied.
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturecancel-readwrite
;; Found by spawndiff run --seed 12 (case 5619), where the reference with it let both go on.

(component definition $spawndiff
  (core module (;0;) (memory (;0;) 1 3) (export "m" (memory 0)))
  (core instance (;0;) (instantiate 0))
  (alias core export 0 "m" (core memory (;0;)))
  (type (;0;) (stream s16))
  (core func (;0;) (canon task.return (result s64))) (core func (;1;) (canon stream.cancel-read 0 async))
  (core func (;2;) (canon task.return (result u16))) (core func (;3;) (canon stream.new 0))
  (core func (;4;) (canon stream.write 0 (memory 0) async))
  (core instance (;1;)
    (export "1" (func 0)) (export "2" (func 1)) (export "4" (func 2)) (export "5" (func 3))
    (export "6" (func 4))
  )
  (core module (;1;)
    (type (;0;) (func)) (type (;1;) (func (param i64))) (type (;2;) (func (param i32) (result i32)))
    (type (;3;) (func (param i32))) (type (;4;) (func (result i64)))
    (type (;5;) (func (param i32 i32 i32) (result i32)))
    (import "f" "1" (func (;0;) (type 1))) (import "f" "2" (func (;1;) (type 2)))
    (import "f" "4" (func (;2;) (type 3))) (import "f" "5" (func (;3;) (type 4)))
    (import "f" "6" (func (;4;) (type 5))) (import "s" "m" (memory (;0;) 1 3))
    (export "e0" (func 5)) (export "e1" (func 6))
    (func (;5;) (type 0) i32.const 0 i64.extend_i32_s call 0 i32.const 564 i32.load align=1 call 1 drop)
    (func (;6;) (type 0)
      (local i32 i32 i64 i32 i32 i32 f32 f64)
      call 3 i64.const 32 i64.shr_u i32.wrap_i64 local.set 0 i32.const 564 local.get 0 i32.store align=1
      local.get 0 i32.const 0 i32.const 0 call 4 call 2
    )
  )
  (core instance (;2;) (instantiate 1 (with "s" (instance 0)) (with "f" (instance 1))))
  (type (;1;) (func async (result s64))) (type (;2;) (func async (result u16)))
  (alias core export 2 "e0" (core func (;5;))) (alias core export 2 "e1" (core func (;6;)))
  (func (;0;) (type 1) (canon lift (core func 5) async))
  (func (;1;) (type 2) (canon lift (core func 6) async))
  (export (;2;) "e0" (func 0)) (export (;3;) "e1" (func 1))
)

(component instance $r0 $spawndiff)
(assert_return (invoke "e1") (u16.const 65535))
(assert_return (invoke "e0") (s64.const 0))
(assert_trap (invoke "e0") "cannot enter component instance")
