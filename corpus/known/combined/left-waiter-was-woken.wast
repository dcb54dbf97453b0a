;; leaves-waiter: `waitable.join` with 0 of a stream that another thread waits for in a synchronous `stream.read`, and that has an event
;; by then.
;; CanonicalABI.md, `canon_waitable_join`: it traps where a thread waits for the waitable synchronously, also with 0.
;; Wasmtime 48.0.8 does not trap, and the event has woken the thread: `run` returns 7.
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-waitablejoin

(component definition $spawndiff
  (type $s (stream u8))
  (core module $store (memory (export "mem") 1) (table (export "t") 2 funcref))
  (core instance $store (instantiate $store))
  (alias core export $store "mem" (core memory $mem))
  (alias core export $store "t" (core table $t))
  (core type $start (func (param i32)))
  (core func $stream-new (canon stream.new $s))
  (core func $read-sync (canon stream.read $s (memory $mem)))
  (core func $write (canon stream.write $s async (memory $mem)))
  (core func $join (canon waitable.join))
  (core func $new (canon thread.new-indirect $start (core table $t)))
  (core func $yield-then-resume (canon thread.yield-then-resume))
  (core func $yield (canon thread.yield))
  (core module $m
    (import "store" "mem" (memory 1))
    (import "store" "t" (table $t 2 funcref))
    (import "" "stream-new" (func $stream-new (result i64)))
    (import "" "read-sync" (func $read-sync (param i32 i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "yield-then-resume" (func $yield-then-resume (param i32) (result i32)))
    (import "" "yield" (func $yield (result i32)))
    (elem (table $t) (i32.const 0) func $thread)
    (func $thread (param $read i32)
      (drop (call $read-sync (local.get $read) (i32.const 0) (i32.const 1)))
      (i32.store8 (i32.const 16) (i32.load8_u (i32.const 0))))
    (func (export "run") (result i32) (local $ends i64) (local $read i32)
      (local.set $ends (call $stream-new))
      (local.set $read (i32.wrap_i64 (local.get $ends)))
      (drop (call $yield-then-resume (call $new (i32.const 0) (local.get $read))))
      (i32.store8 (i32.const 8) (i32.const 7))
      (drop (call $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))) (i32.const 8) (i32.const 1)))
      (call $join (local.get $read) (i32.const 0))
      (drop (call $yield))
      (i32.load8_u (i32.const 16))))
  (core instance $m (instantiate $m
    (with "store" (instance $store))
    (with "" (instance
      (export "stream-new" (func $stream-new))
      (export "read-sync" (func $read-sync))
      (export "write" (func $write))
      (export "join" (func $join))
      (export "new" (func $new))
      (export "yield-then-resume" (func $yield-then-resume))
      (export "yield" (func $yield))))))
  (func (export "run") async (result u32) (canon lift (core func $m "run"))))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "waitable cannot be used synchronously while added to a waitable set")
