;; copies-unaligned: `stream.read` into an address that is not aligned for the element type.
;; CanonicalABI.md, `BufferGuestImpl.__init__`, which `stream_copy` calls before it does anything: `trap_if(ptr != align_to(ptr, ...))`.
;; Wasmtime 50.0.1 looks at the alignment only when something is copied: `run` returns BLOCKED (0xffffffff).
;; Found by a program that gives each built-in each kind of wrong argument; drawn by campaigns since.
;; Shows on wasmtime 44.0.0, 45.0.0, 46.0.0, 47.0.0, 48.0.8, 50.0.1

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
