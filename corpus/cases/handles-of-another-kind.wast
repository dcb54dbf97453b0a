;; A resource is of one type, and a buffer has at most 2^28 - 1 elements, also where they take no place.
;; CanonicalABI.md: `canon_resource_rep` (`h.rt is not rt`), `BufferGuestImpl.__init__` (`length > Buffer.MAX_LENGTH`).
;; https://github.com/WebAssembly/component-model/blob/6d281648/design/mvp/CanonicalABI.md#canon-resourcerep

(component definition $spawndiff
  (type $one (resource (rep i32)))
  (type $other (resource (rep i32)))
  (type $stream (stream))
  (core func $new (canon resource.new $one))
  (core func $rep (canon resource.rep $other))
  (core func $stream-new (canon stream.new $stream))
  (core func $read (canon stream.read $stream async))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "stream-new" (func $stream-new (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (func (export "takes-one-type-for-the-other") (drop (call $rep (call $new (i32.const 7)))))
    (func (export "reads") (param $n i32)
      (drop (call $read (i32.wrap_i64 (call $stream-new)) (i32.const 0) (local.get $n)))))
  (core instance $m (instantiate $m (with "" (instance
    (export "new" (func $new))
    (export "rep" (func $rep))
    (export "stream-new" (func $stream-new))
    (export "read" (func $read))))))
  (func (export "takes-one-type-for-the-other") (canon lift (core func $m "takes-one-type-for-the-other")))
  (func (export "reads") (param "n" u32) (canon lift (core func $m "reads"))))

(component instance $r0 $spawndiff)
(assert_trap (invoke "takes-one-type-for-the-other") "used with the wrong type")
(component instance $r1 $spawndiff)
(assert_return (invoke "reads" (u32.const 268435455)))
(assert_trap (invoke "reads" (u32.const 268435456)) "stream read/write count too large")
