;; forgets-subtasks: a waitable set is dropped while a subtask is in it whose return was delivered, and whose task has ended since.
;; CanonicalABI.md, `WaitableSet.drop`: it traps while there is a waitable in the set.
;; Wasmtime 48.0.8 drops the set, and `run` returns; so do 45.0.0 to 47.0.0 and 50.0.1. (44.0.0 traps.)
;; https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-waitable-setdrop
;; Found by spawndiff run --seed 24 (case 97568), where the reference with forgets-subtasks trapped.

(component definition $spawndiff
  (component $callee
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return))
      (func (export "f") (drop (call $yield)) (call $return) (drop (call $yield))))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "yield" (func $yield))
        (export "return" (func $return))))))
    (func (export "f") async (canon lift (core func $m "f") async)))
  (component $caller
    (import "f" (func $f async))
    (core module $memory (memory (export "m") 1))
    (core instance $memory (instantiate $memory))
    (core func $f' (canon lower (func $f) async (memory (core memory $memory "m"))))
    (core func $yield (canon thread.yield))
    (core func $set (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $wait (canon waitable-set.wait (memory (core memory $memory "m"))))
    (core func $set-drop (canon waitable-set.drop))
    (core func $return (canon task.return))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (import "" "yield" (func $yield (result i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "wait" (func $wait (param i32 i32) (result i32)))
      (import "" "set-drop" (func $set-drop (param i32)))
      (import "" "return" (func $return))
      (func (export "run")
        (local $status i32) (local $set i32)
        (local.set $status (call $f))
        ;; RETURNED: it did not block when it yielded.
        (if (i32.eq (local.get $status) (i32.const 2)) (then (unreachable)))
        (local.set $set (call $set))
        (call $join (i32.shr_u (local.get $status) (i32.const 4)) (local.get $set))
        (drop (call $wait (local.get $set) (i32.const 0)))
        (drop (call $yield))
        (call $set-drop (local.get $set))
        (call $return)))
    (core instance $m (instantiate $m
      (with "" (instance
        (export "f" (func $f'))
        (export "yield" (func $yield))
        (export "set" (func $set))
        (export "join" (func $join))
        (export "wait" (func $wait))
        (export "set-drop" (func $set-drop))
        (export "return" (func $return))))))
    (func (export "run") async (canon lift (core func $m "run") async)))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
  (export "run" (func $caller "run")))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "cannot drop waitable set with elements")
