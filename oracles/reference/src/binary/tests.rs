//! No input makes decoding, or instantiating what was decoded, panic.

use super::super::instantiate::tests::{Mock, engine};
use super::super::instantiate::{Item, Items, instantiate};
use super::super::text::binary;
use super::super::typedef::Type;
use super::super::types::ResourceTypeId;
use super::decode;
use std::sync::Arc;

/// Components that are mutated.
const MUTATED: usize = 2_000;

/// Components that use most of the format between them. What they import, [`imports`] gives.
const COMPONENTS: &[&str] = &[
    r#"(component
        (core module $m
          (memory (export "m") 1) (table (export "t") 2 funcref) (global (export "g") i32 (i32.const 3))
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
          (func $f (export "f") (param i32 i32) (result i32) (local.get 0))
          (func $start (i32.store (i32.const 0) (i32.const 1)))
          (elem (i32.const 0) func $f) (data (i32.const 4) "abc") (start $start))
        (core instance $i (instantiate $m))
        (alias core export $i "m" (core memory $mem))
        (alias core export $i "t" (core table $t))
        (core type $start (func (param i32)))
        (func $f (param "s" string) (result (list u8)) (canon lift (core func $i "f")
          (memory (core memory $mem)) (realloc (core func $i "realloc")) string-encoding=utf16))
        (core func $l (canon lower (func $f) (memory (core memory $mem)) (realloc (core func $i "realloc"))))
        (core func $n (canon thread.new-indirect $start (core table $t)))
        (core module $n (import "" "l" (func (param i32 i32 i32)))
          (import "" "n" (func (param i32 i32) (result i32)))
          (import "" "m" (memory 1)) (func (export "g") (result i32) (i32.const 1)))
        (core instance $j (instantiate $n (with "" (instance
          (export "l" (func $l)) (export "n" (func $n)) (export "m" (memory $mem))))))
        (export "f" (func $f))
        (func (export "g") async (result u32) (canon lift (core func $j "g"))))"#,
    r#"(component
        (import "r" (type $r (sub resource)))
        (import "host" (instance $host
          (export "s" (type $s (sub resource)))
          (type $rec (record (field "a" (own $s)) (field "b" (option string))))
          (export "rec" (type (eq $rec)))))
        (component $c
          (import "r" (type $r (sub resource)))
          (import "i" (instance $i (export "t" (type (sub resource)))))
          (import "c" (component (export "x" (instance))))
          (alias export $i "t" (type $t))
          (type $v (variant (case "a" (own $r)) (case "b") (case "c" (borrow $t))))
          (type $s (stream $v))
          (core func (canon stream.new $s))
          (core func (canon resource.drop $t))
          (component $d (type $e (enum "a" "b")) (export "e" (type $e))
            (instance $x) (export "x" (instance $x)))
          (instance $d (instantiate $d))
          (export "d" (instance $d))
          (export "c" (component $d)))
        (type $own (resource (rep i32)))
        (instance $b (export "t" (type $own)))
        (component $e (instance $x) (export "x" (instance $x)))
        (instance $c (instantiate $c (with "r" (type $r)) (with "i" (instance $b)) (with "c" (component $e))))
        (alias export $c "c" (component $again))
        (instance $again (instantiate $again))
        (export "a:b/c@1.0.0" (instance $again))
        (alias export $host "s" (type $hs))
        (type (func async (param "x" (own $hs)) (result (future u8)))))"#,
    r#"(component $p
        (type $t (tuple u8 (list s16) (result string (error (option char))) (list f32 3) (map u8 f64)))
        (core module $m (func (export "f") (result i32) (i32.const 2)))
        (component $a
          (component $b (core instance $i (instantiate $m)) (export "t" (type $t))
            (func (export "f") (result u32) (canon lift (core func $i "f"))))
          (instance $b (instantiate $b)) (export "b" (instance $b)))
        (instance $x (instantiate $a)) (instance $y (instantiate $a))
        (export "x" (func $x "b" "f")) (export "y" (func $y "b" "f"))
        (core func (canon task.return (result $t)))
        (core func (canon context.get i32 0)) (core func (canon waitable-set.new))
        (core func (canon thread.yield cancellable)) (core func (canon subtask.cancel async)))"#,
];

fn imports() -> Items {
    let resource = |id| Item::Type(Type::Resource(ResourceTypeId(id)));
    let record = binary(
        r#"(component
            (import "s" (type $s (sub resource)))
            (type $rec (record (field "a" (own $s)) (field "b" (option string))))
            (export "rec" (type $rec)))"#,
    );
    let engine = engine();
    let record = decode(&record, &engine).expect("it decodes");
    let given = Items::new([("s", resource(1))]).expect("one name");
    let record = instantiate(&mut Mock::new(&engine), &record, &given).expect("it links");
    let record = record.get("rec").expect("it is exported").clone();
    let host = Items::new([("s", resource(1)), ("rec", record)]).expect("two names");
    Items::new([("r", resource(0)), ("host", Item::Instance(Arc::new(host)))]).expect("two names")
}

/// A small generator of numbers (xorshift64), so that the test is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let place = self.below(bytes.len());
        // Mostly small changes: an index or an opcode that is another one, a name that is not found.
        match self.below(10) {
            0..4 => bytes[place] = bytes[place].wrapping_add(1),
            4..6 => bytes[place] = bytes[place].wrapping_sub(1),
            6 => bytes[place] ^= 1 << self.below(8),
            7 => bytes[place] = self.below(256) as u8,
            8 => {
                bytes.remove(place);
            }
            _ => bytes.insert(place, self.below(256) as u8),
        }
    }
}

/// Decodes and instantiates `count` mutated components: how many are not decoded, not instantiated, and instantiated.
fn mutate(count: usize, seed: u64) -> (usize, usize, usize) {
    let imports = imports();
    let originals: Vec<_> = COMPONENTS.iter().map(|text| binary(text)).collect();
    let mut numbers = Numbers(seed);
    let (mut rejected, mut failed, mut fine) = (0, 0, 0);
    for case in 0..count {
        let mut bytes = originals[case % originals.len()].clone();
        for _ in 0..=numbers.below(2) {
            numbers.mutate(&mut bytes);
        }
        let engine = engine();
        match decode(&bytes, &engine) {
            Err(_) => rejected += 1,
            Ok(component) => match instantiate(&mut Mock::new(&engine), &component, &imports) {
                Ok(_) => fine += 1,
                Err(_) => failed += 1,
            },
        }
    }
    (rejected, failed, fine)
}

#[test]
fn the_components_to_mutate_are_instantiated() {
    for text in COMPONENTS {
        let engine = engine();
        let component = decode(&binary(text), &engine).expect("it decodes");
        let exports = instantiate(&mut Mock::new(&engine), &component, &imports());
        exports.expect("it is instantiated");
    }
}

#[test]
fn mutated_components_never_panic() {
    let (rejected, failed, fine) = mutate(MUTATED, 0x9e37_79b9_7f4a_7c15);
    // That each of the three is reached often says that the mutations are neither too coarse nor too fine.
    assert!(
        rejected > 50 && failed > 50 && fine > 50,
        "{rejected} {failed} {fine}"
    );
}
