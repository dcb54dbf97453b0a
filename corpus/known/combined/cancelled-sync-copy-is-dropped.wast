;; cancels-sync-copy: `stream.cancel-read` of a read that another thread waits for, and then the drop of both
;; ends.
;; CanonicalABI.md, `cancel_copy`: it traps where a thread waits for the copy synchronously.
;; Wasmtime 48.0.8 cancels it, the first drop wakes the thread, and that finds no stream: an internal error ("resource not present").
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturecancel-readwrite

(component definition $spawndiff
  (type (;0;) (stream u8)) (core module (;0;) (memory (;0;) 1) (export "mem" (memory 0)))
  (core instance (;0;) (instantiate 0)) (alias core export 0 "mem" (core memory (;0;)))
  (core func (;0;) (canon stream.new 0)) (core func (;1;) (canon stream.cancel-read 0 async))
  (core func (;2;) (canon stream.drop-readable 0)) (core func (;3;) (canon stream.drop-writable 0))
  (core func (;4;) (canon stream.read 0 (memory 0)))
  (core module (;1;) (table (;0;) 2 funcref) (export "t" (table 0))) (core instance (;1;) (instantiate 1))
  (alias core export 1 "t" (core table (;0;))) (core type (;0;) (func (param i32)))
  (core func (;5;) (canon thread.new-indirect 0 0)) (core func (;6;) (canon thread.yield-then-resume))
  (core module (;2;)
    (type (;0;) (func (param i32 i32 i32) (result i32))) (type (;1;) (func (param i32 i32) (result i32)))
    (type (;2;) (func (param i32) (result i32))) (type (;3;) (func (result i64)))
    (type (;4;) (func (param i32))) (type (;5;) (func))
    (import "" "rs" (func (;0;) (type 0))) (import "" "newt" (func (;1;) (type 1)))
    (import "" "ytr" (func (;2;) (type 2))) (import "" "tab" (table (;0;) 2 funcref))
    (import "" "new" (func (;3;) (type 3))) (import "" "cra" (func (;4;) (type 2)))
    (import "" "dr" (func (;5;) (type 4))) (import "" "dw" (func (;6;) (type 4)))
    (global (;0;) (mut i32) i32.const 0)
    (export "run" (func 9))
    (elem (;0;) (table 0) (i32.const 0) func 7 8)
    (func (;7;) (type 4) (param i32) i32.const 0 global.get 0 i32.const 0 i32.const 0 call 0 drop drop)
    (func (;8;) (type 4) (param i32))
    (func (;9;) (type 5)
      call 3 drop i32.const 1 global.set 0 i32.const 0 i32.const 0 i32.const 0 call 1 call 2 drop i32.const 1
      call 4 drop drop i32.const 2 call 6 i32.const 1 call 5
    )
  )
  (core instance (;2;)
    (export "rs" (func 4)) (export "newt" (func 5)) (export "ytr" (func 6)) (export "tab" (table 0))
    (export "new" (func 0)) (export "cra" (func 1)) (export "dr" (func 2)) (export "dw" (func 3))
  )
  (core instance (;3;) (instantiate 2 (with "" (instance 2)))) (type (;1;) (func async))
  (alias core export 3 "run" (core func (;7;)))
  (func (;0;) (type 1) (canon lift (core func 7))) (export (;1;) "run" (func 0))
)

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "no operation to cancel")
