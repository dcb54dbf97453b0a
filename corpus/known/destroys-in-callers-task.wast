;; destroys-in-callers-task: an instance drops a handle of its own resource type, and the destructor calls `task.return`.
;; CanonicalABI.md, `canon_resource_drop`: the destructor is lifted, synchronously, and called: it runs in a task and a thread of its
;; own; `canon_task_return` traps in a task that is not lifted `async`.
;; Wasmtime 48.0.8 calls the destructor in the task that drops the handle, which returns; `thread.index` and `context.get` are that
;; one's there, too. A handle that another instance drops has its destructor called in a task of its own.
;; https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md#canon-resourcedrop
;; Found by: spawndiff run --seed 1 --first 1470 --cases 1, against wasmtime 48.0.8; this case is written by hand.

(component definition $spawndiff
  (core func $return (canon task.return (result u32)))
  (core module $destructor
    (import "" "return" (func $return (param i32)))
    (func (export "destructor") (param i32) (call $return (local.get 0))))
  (core instance $destructor (instantiate $destructor
    (with "" (instance (export "return" (func $return))))))
  (type $r (resource (rep i32) (dtor (core func $destructor "destructor"))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (call $drop (call $new (i32.const 7)))))
  (core instance $m (instantiate $m
    (with "" (instance
      (export "new" (func $new))
      (export "drop" (func $drop))))))
  (func (export "run") async (result u32) (canon lift (core func $m "run") async)))

(component instance $r0 $spawndiff)
(assert_trap (invoke "run") "invalid `task.return` signature and/or options for current task")
