;; cancels-other-end: `stream.cancel-write` of a readable end that reads, and then `stream.drop-writable` of that end and of the other.
;; CanonicalABI.md, `cancel_copy`: it traps unless the end is a writable one.
;; Wasmtime 48.0.8 drops it as a writable one, and fails with an internal error where the other is dropped ("write state is already
;; dropped").
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturecancel-readwrite

(component definition $spawndiff
  (type $s (stream u8))
  (core module $store (memory (export "mem") 1))
  (core instance $store (instantiate $store))
  (alias core export $store "mem" (core memory $mem))
  (core func $stream-new (canon stream.new $s))
  (core func $read (canon stream.read $s async (memory $mem)))
  (core func $cancel-write (canon stream.cancel-write $s))
  (core func $drop-writable (canon stream.drop-writable $s))
  (core module $m
    (import "store" "mem" (memory 1))
    (import "" "stream-new" (func $stream-new (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "cancel-write" (func $cancel-write (param i32) (result i32)))
    (import "" "drop-writable" (func $drop-writable (param i32)))
    (func (export "run") (local $ends i64) (local $read i32)
      (local.set $ends (call $stream-new))
      (local.set $read (i32.wrap_i64 (local.get $ends)))
      (drop (call $read (local.get $read) (i32.const 8) (i32.const 1)))
      (drop (call $cancel-write (local.get $read)))
      (call $drop-writable (local.get $read))
      (call $drop-writable (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))))
  (core instance $m (instantiate $m
    (with "store" (instance $store))
    (with "" (instance
      (export "stream-new" (func $stream-new))
      (export "read" (func $read))
      (export "cancel-write" (func $cancel-write))
      (export "drop-writable" (func $drop-writable))))))
  (func (export "run") async (canon lift (core func $m "run"))))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "is the other end of the stream or future")
