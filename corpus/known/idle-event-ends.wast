;; idle-event-ends: an end of a stream is dropped while the other end copies nothing; that one is told, and then writes.
;; CanonicalABI.md, `SharedStreamImpl.write`: where the other end was dropped, the write is over with DROPPED (1). It is not done before.
;; Wasmtime 50.0.1 tells the idle end (drop-tells-idle-end), and takes it for done then: the write traps.
;; https://github.com/WebAssembly/component-model/pull/720
;; Seen in 50.0.1. The text was changed later to say what the engine does (component-model 720).

(component definition $spawndiff
  (type $s (stream u8))
  (core module $store (memory (export "mem") 1))
  (core instance $store (instantiate $store))
  (alias core export $store "mem" (core memory $mem))
  (core func $stream-new (canon stream.new $s))
  (core func $write (canon stream.write $s async (memory $mem)))
  (core func $drop-readable (canon stream.drop-readable $s))
  (core func $set-new (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $poll (canon waitable-set.poll (memory $mem)))
  (core module $m
    (import "" "stream-new" (func $stream-new (result i64)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "drop-readable" (func $drop-readable (param i32)))
    (import "" "set-new" (func $set-new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "poll" (func $poll (param i32 i32) (result i32)))
    (func (export "run") (result i32) (local $ends i64) (local $write i32) (local $set i32)
      (local.set $ends (call $stream-new))
      (local.set $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
      (local.set $set (call $set-new))
      (call $join (local.get $write) (local.get $set))
      (call $drop-readable (i32.wrap_i64 (local.get $ends)))
      (drop (call $poll (local.get $set) (i32.const 16)))
      (call $write (local.get $write) (i32.const 0) (i32.const 1))))
  (core instance $m (instantiate $m
    (with "" (instance
      (export "stream-new" (func $stream-new))
      (export "write" (func $write))
      (export "drop-readable" (func $drop-readable))
      (export "set-new" (func $set-new))
      (export "join" (func $join))
      (export "poll" (func $poll))))))
  (func (export "run") async (result u32) (canon lift (core func $m "run"))))

(component instance $r0 $spawndiff)
(assert_return (invoke "run") (u32.const 1))
