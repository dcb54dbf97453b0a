;; outlived-copier-fails: a task reads from a future, does not wait for it, and ends; then the future is written to.
;; CanonicalABI.md, `SharedFutureImpl`: a pending copy is kept with its instance and buffer, not with a task or thread. So
;; `future.write` copies, and returns COMPLETED (0).
;; Wasmtime 50.0.1 fails: `resource not present`.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#-canon-futurereadwrite
;; Seen in 50.0.1; no report of it found. In 48.0.8 it is a case of outlived-caller-fails.

(component definition $spawndiff
  (component $reader
    (type $f (future u8))
    (core module $store (memory (export "mem") 1))
    (core instance $store (instantiate $store))
    (alias core export $store "mem" (core memory $mem))
    (core func $read (canon future.read $f async (memory $mem)))
    (core func $return (canon task.return))
    (core module $m
      (import "" "read" (func $read (param i32 i32) (result i32)))
      (import "" "return" (func $return))
      ;; The copy outlives the task that began it.
      (func (export "reads") (param $future i32)
        (drop (call $read (local.get $future) (i32.const 0)))
        (call $return)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "read" (func $read))
        (export "return" (func $return))))))
    (func (export "reads") async (param "future" $f) (canon lift (core func $m "reads") async)))
  (component $writer
    (type $f (future u8))
    (import "reads" (func $reads async (param "future" $f)))
    (core module $store (memory (export "mem") 1))
    (core instance $store (instantiate $store))
    (alias core export $store "mem" (core memory $mem))
    (core func $reads (canon lower (func $reads) async (memory $mem)))
    (core func $new (canon future.new $f))
    (core func $write (canon future.write $f async (memory $mem)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "reads" (func $reads (param i32) (result i32)))
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "run") (local $ends i64)
        (local.set $ends (call $new))
        (drop (call $reads (i32.wrap_i64 (local.get $ends))))
        (call $return
          (call $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))) (i32.const 0)))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "reads" (func $reads))
        (export "new" (func $new))
        (export "write" (func $write))
        (export "return" (func $return))))))
    (func (export "run") async (result u32) (canon lift (core func $m "run") async)))
  (instance $reader (instantiate $reader))
  (instance $writer (instantiate $writer (with "reads" (func $reader "reads"))))
  (export "run" (func $writer "run")))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 0))
