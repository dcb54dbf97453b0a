;; copies-unaligned: `stream.read` into an address that is not aligned for the element type.
;; CanonicalABI.md, `BufferGuestImpl.__init__`, which `stream_copy` calls first: it traps where the pointer is not aligned.
;; Wasmtime 48.0.8 looks at the alignment only when something is copied: `run` returns BLOCKED (0xffffffff).
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#buffer-state
;; Seen in 48.0.8; no report of it found.

(component definition $spawndiff
  (type $s (stream u32))
  (core module $store (memory (export "mem") 1))
  (core instance $store (instantiate $store))
  (alias core export $store "mem" (core memory $mem))
  (core func $stream-new (canon stream.new $s))
  (core func $read (canon stream.read $s async (memory $mem)))
  (core module $m
    (import "" "stream-new" (func $stream-new (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (func (export "run") (result i32)
      (call $read (i32.wrap_i64 (call $stream-new)) (i32.const 2) (i32.const 1))))
  (core instance $m (instantiate $m
    (with "" (instance
      (export "stream-new" (func $stream-new))
      (export "read" (func $read))))))
  (func (export "run") async (result u32) (canon lift (core func $m "run"))))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "unaligned pointer")
