;; cancels-sync-copy and cancelled-after-copy: `stream.cancel-read` of a read that another thread waits for, and that was completed.
;; CanonicalABI.md, `cancel_copy`: it traps where a thread waits for the copy synchronously.
;; Wasmtime 48.0.8 cancels it; the thread has been woken, finds nothing, and that is an internal error ("expected either a stream or future
;; read event").
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturecancel-readwrite

(component definition $spawndiff
  (type (;0;) (stream u8)) (core module (;0;) (memory (;0;) 1) (export "mem" (memory 0)))
  (core instance (;0;) (instantiate 0)) (alias core export 0 "mem" (core memory (;0;)))
  (core func (;0;) (canon stream.new 0)) (core func (;1;) (canon stream.write 0 async (memory 0)))
  (core func (;2;) (canon stream.cancel-read 0 async)) (core func (;3;) (canon stream.read 0 (memory 0)))
  (core module (;1;) (table (;0;) 2 funcref) (export "t" (table 0))) (core instance (;1;) (instantiate 1))
  (alias core export 1 "t" (core table (;0;))) (core type (;0;) (func (param i32)))
  (core func (;4;) (canon thread.new-indirect 0 0)) (core func (;5;) (canon thread.yield-then-resume))
  (core module (;2;)
    (type (;0;) (func (param i32 i32 i32) (result i32))) (type (;1;) (func (param i32 i32) (result i32)))
    (type (;2;) (func (param i32) (result i32))) (type (;3;) (func (result i64)))
    (type (;4;) (func (param i32))) (type (;5;) (func))
    (import "" "rs" (func (;0;) (type 0))) (import "" "newt" (func (;1;) (type 1)))
    (import "" "ytr" (func (;2;) (type 2))) (import "" "tab" (table (;0;) 2 funcref))
    (import "" "new" (func (;3;) (type 3))) (import "" "write" (func (;4;) (type 0)))
    (import "" "cra" (func (;5;) (type 2)))
    (global (;0;) (mut i32) i32.const 0)
    (export "run" (func 8))
    (elem (;0;) (table 0) (i32.const 0) func 6 7)
    (func (;6;) (type 4) (param i32) i32.const 0 global.get 0 i32.const 0 i32.const 0 call 0 drop drop)
    (func (;7;) (type 4) (param i32))
    (func (;8;) (type 5)
      call 3 drop i32.const 1 global.set 0 i32.const 0 i32.const 0 i32.const 0 call 1 call 2 drop i32.const 2
      i32.const 0 i32.const 1 call 4 drop i32.const 1 call 5 drop drop
    )
  )
  (core instance (;2;)
    (export "rs" (func 3)) (export "newt" (func 4)) (export "ytr" (func 5)) (export "tab" (table 0))
    (export "new" (func 0)) (export "write" (func 1)) (export "cra" (func 2))
  )
  (core instance (;3;) (instantiate 2 (with "" (instance 2)))) (type (;1;) (func async))
  (alias core export 3 "run" (core func (;6;)))
  (func (;0;) (type 1) (canon lift (core func 6))) (export (;1;) "run" (func 0))
)

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "no operation to cancel")
