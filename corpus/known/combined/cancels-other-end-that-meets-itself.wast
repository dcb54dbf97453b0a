;; cancels-other-end: `stream.cancel-write` of a readable end that reads, and then `stream.write` of that end: the read goes on, and is
;; of the same stream.
;; CanonicalABI.md, `cancel_copy`: it traps unless the end is a writable one.
;; Wasmtime 48.0.8 copies from the end to itself: `run` returns 7.
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturecancel-readwrite

(component definition $spawndiff
  (type $s (stream u8))
  (core module $store (memory (export "mem") 1))
  (core instance $store (instantiate $store))
  (alias core export $store "mem" (core memory $mem))
  (core func $stream-new (canon stream.new $s))
  (core func $read (canon stream.read $s async (memory $mem)))
  (core func $write (canon stream.write $s async (memory $mem)))
  (core func $cancel-write (canon stream.cancel-write $s))
  (core module $m
    (import "store" "mem" (memory 1))
    (import "" "stream-new" (func $stream-new (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "cancel-write" (func $cancel-write (param i32) (result i32)))
    (func (export "run") (result i32) (local $read i32)
      (local.set $read (i32.wrap_i64 (call $stream-new)))
      (drop (call $read (local.get $read) (i32.const 8) (i32.const 1)))
      (drop (call $cancel-write (local.get $read)))
      (i32.store8 (i32.const 0) (i32.const 7))
      (drop (call $write (local.get $read) (i32.const 0) (i32.const 1)))
      (i32.load8_u (i32.const 8))))
  (core instance $m (instantiate $m
    (with "store" (instance $store))
    (with "" (instance
      (export "stream-new" (func $stream-new))
      (export "read" (func $read))
      (export "write" (func $write))
      (export "cancel-write" (func $cancel-write))))))
  (func (export "run") async (result u32) (canon lift (core func $m "run"))))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "is the other end of the stream or future")
