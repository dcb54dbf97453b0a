//! Flattened types and functions, and core values that are joined.

use super::*;
use crate::canon_defs::{CanonicalOptions, Memory};
use crate::types::FuncType;
use CoreType::{F32, F64, I32, I64};

fn flat(t: &ValType, wide: bool) -> Option<Vec<CoreType>> {
    let flat = Layouts::default().flatten_types(std::slice::from_ref(t), wide);
    flat.map(|flat| flat.types().to_vec())
}

#[track_caller]
fn flattens(t: ValType, types: &[CoreType]) {
    assert_eq!(flat(&t, false).as_deref(), Some(types));
}

#[test]
fn scalars_strings_and_records_flatten_in_order() {
    use ValType as T;
    flattens(
        tuple(&[
            T::Bool,
            T::S64,
            T::F32,
            T::F64,
            T::Char,
            T::Flags(labels(32)),
        ]),
        &[I32, I64, F32, F64, I32, I32],
    );
    flattens(T::String, &[I32, I32]);
    assert_eq!(flat(&T::String, true), Some(vec![I64, I64]));
    assert_eq!(flat(&list(T::U8), true), Some(vec![I64, I64]));
    flattens(T::Map(T::String.into(), T::F64.into()), &[I32, I32]);
    flattens(fixed(tuple(&[T::U8, T::F32]), 2), &[I32, F32, I32, F32]);
    flattens(T::Stream(None), &[I32]);
    flattens(T::ErrorContext, &[I32]);
}

#[test]
fn payloads_are_joined_to_the_tightest_common_type() {
    use ValType as T;
    let joined = |a: T, b: T| flat(&variant(&[Some(a), Some(b)]), false).map(|flat| flat[1]);
    for (a, b, join) in [
        (T::U32, T::U32, I32),
        (T::F32, T::F32, F32),
        (T::F64, T::F64, F64),
        (T::U64, T::U64, I64),
        (T::U32, T::F32, I32),
        (T::U32, T::U64, I64),
        (T::U32, T::F64, I64),
        (T::F32, T::F64, I64),
        (T::F32, T::U64, I64),
        (T::U64, T::F64, I64),
    ] {
        assert_eq!(joined(a.clone(), b.clone()), Some(join), "{a:?} {b:?}");
        assert_eq!(joined(b.clone(), a.clone()), Some(join), "{b:?} {a:?}");
    }
    flattens(
        variant(&[None, Some(tuple(&[T::F32, T::F32])), Some(T::U32)]),
        &[I32, I32, F32],
    );
    flattens(option(option(T::F64)), &[I32, I32, F64]);
    flattens(T::Enum(labels(70_000)), &[I32]);
    assert_eq!(
        flat(&variant(&[Some(T::F32), Some(T::String)]), true),
        Some(vec![I32, I64, I64])
    );
}

#[test]
fn sixteen_core_values_are_flat_and_seventeen_are_not() {
    assert_eq!(flat(&fixed(ValType::U8, 16), false), Some(vec![I32; 16]));
    assert_eq!(flat(&fixed(ValType::U8, 17), false), None);
    assert_eq!(flat(&fixed(ValType::U8, u32::MAX), false), None);
    assert_eq!(flat(&option(fixed(ValType::U8, 16)), false), None);
    assert_eq!(
        flat(&tuple(&[fixed(ValType::U8, 15), ValType::String]), false),
        None
    );
}

fn memory(wide: bool) -> Memory {
    let engine = wasmi::Engine::default();
    let mut store = wasmi::Store::new(&engine, ());
    let ty = wasmi::MemoryType::new(1, None);
    let memory = wasmi::Memory::new(&mut store, ty).unwrap();
    Memory { memory, wide }
}

fn callback() -> wasmi::Func {
    let engine = wasmi::Engine::default();
    let mut store = wasmi::Store::new(&engine, ());
    wasmi::Func::wrap(&mut store, || {})
}

/// The core function of a function with `params` parameters of the type `u32` and this result.
#[track_caller]
fn core_func(
    opts: &CanonicalOptions,
    context: Direction,
    params: usize,
    result: Option<ValType>,
) -> (Vec<wasmi::ValType>, Vec<wasmi::ValType>) {
    let ft = FuncType {
        params: vec![ValType::U32; params],
        result,
        async_: opts.async_,
    };
    let flat = flatten_functype(&mut Layouts::default(), opts, &ft, context);
    (flat.params().to_vec(), flat.results().to_vec())
}

#[test]
fn a_function_has_at_most_sixteen_core_parameters_and_one_result() {
    let pair = || Some(tuple(&[ValType::U32, ValType::U32]));
    for wide in [false, true] {
        let opts = CanonicalOptions {
            memory: Some(memory(wide)),
            ..CanonicalOptions::default()
        };
        let i32 = wasmi::ValType::I32;
        let pointer: wasmi::ValType = CoreType::pointer(wide).into();
        for context in [Direction::Lift, Direction::Lower] {
            assert_eq!(
                core_func(&opts, context, 16, Some(ValType::U32)),
                (vec![i32; 16], vec![i32])
            );
            assert_eq!(core_func(&opts, context, 17, None), (vec![pointer], vec![]));
        }
        assert_eq!(
            core_func(&opts, Direction::Lift, 1, pair()),
            (vec![i32], vec![pointer])
        );
        assert_eq!(
            core_func(&opts, Direction::Lower, 1, pair()),
            (vec![i32, pointer], vec![])
        );
        assert_eq!(
            core_func(&opts, Direction::Lower, 17, pair()),
            (vec![pointer, pointer], vec![])
        );
    }
}

#[test]
fn an_async_function_has_four_core_parameters_where_it_is_lowered() {
    let i32 = wasmi::ValType::I32;
    let mut opts = CanonicalOptions {
        memory: Some(memory(true)),
        async_: true,
        ..CanonicalOptions::default()
    };
    let i64 = wasmi::ValType::I64;
    let result = || Some(ValType::U8);
    let lower = |params, result| core_func(&opts, Direction::Lower, params, result);
    assert_eq!(lower(4, None), (vec![i32; 4], vec![i32]));
    assert_eq!(lower(5, None), (vec![i64], vec![i32]));
    assert_eq!(lower(1, result()), (vec![i32, i64], vec![i32]));
    assert_eq!(lower(5, result()), (vec![i64, i64], vec![i32]));
    let lift = |opts: &_, params| core_func(opts, Direction::Lift, params, result());
    assert_eq!(lift(&opts, 16), (vec![i32; 16], vec![]));
    assert_eq!(lift(&opts, 17), (vec![i64], vec![]));
    opts.callback = Some(callback());
    assert_eq!(lift(&opts, 16), (vec![i32; 16], vec![i32]));
}

/// Lifts a value of type `t` from core values.
#[track_caller]
fn lifted(t: ValType, flat: &[Val]) -> Value {
    let mut cx = Mock::new((StringEncoding::Utf8, false));
    let mut vi = CoreValueIter::new(flat.to_vec());
    let mut values = lift_flat_values(&mut cx, MAX_FLAT_PARAMS, &mut vi, &[t]).unwrap();
    assert!(vi.done());
    values.remove(0)
}

/// Lowers a value of type `t` to core values.
#[track_caller]
fn lowered(t: ValType, v: Value) -> Vec<(CoreType, u64)> {
    let mut cx = Mock::new((StringEncoding::Utf8, false));
    let flat = lower_flat_values(&mut cx, MAX_FLAT_PARAMS, &[v], &[t], None).unwrap();
    flat.iter().map(bits).collect()
}

#[test]
fn a_narrow_integer_ignores_the_high_bits_and_keeps_the_sign() {
    assert_eq!(lifted(ValType::U8, &[Val::I32(0x1ff)]), Value::U8(0xff));
    assert_eq!(lifted(ValType::S8, &[Val::I32(0x1ff)]), Value::S8(-1));
    assert_eq!(lifted(ValType::U16, &[Val::I32(-1)]), Value::U16(0xffff));
    assert_eq!(
        lifted(ValType::S16, &[Val::I32(0x8000)]),
        Value::S16(-0x8000)
    );
    assert_eq!(lifted(ValType::Bool, &[Val::I32(2)]), Value::Bool(true));
    assert_eq!(lowered(ValType::S8, Value::S8(-1)), [(I32, 0xffff_ffff)]);
    assert_eq!(lowered(ValType::U8, Value::U8(0xff)), [(I32, 0xff)]);
    assert_eq!(lowered(ValType::S64, Value::S64(-1)), [(I64, u64::MAX)]);
}

#[test]
fn a_nan_is_canonical_once_it_is_lifted_or_lowered() {
    let nan = Val::F32(wasmi::F32::from_bits(0xffff_ffff));
    assert_eq!(lifted(ValType::F32, &[nan]), Value::F32(0x7fc0_0000));
    let payload = [Val::I32(1), Val::I32(-1)];
    let mixed = variant(&[Some(ValType::U32), Some(ValType::F32)]);
    assert_eq!(
        lifted(mixed.clone(), &payload),
        Value::variant(1, Some(Value::F32(0x7fc0_0000)))
    );
    let scrambled = Value::variant(1, Some(Value::F32(0xff80_0001)));
    assert_eq!(lowered(mixed, scrambled), [(I32, 1), (I32, 0x7fc0_0000)]);
    assert_eq!(
        lowered(ValType::F64, Value::F64(u64::MAX)),
        [(F64, 0x7ff8_0000_0000_0000)]
    );
}

#[test]
fn a_payload_takes_the_bits_of_its_own_type_from_the_joined_core_value() {
    let t = variant(&[
        Some(ValType::F32),
        Some(ValType::U64),
        Some(ValType::S16),
        Some(ValType::F64),
        None,
    ]);
    let high = 0xffff_ffff_4049_0fdb_u64 as i64;
    let lift = |case, joined| lifted(t.clone(), &[Val::I32(case), Val::I64(joined)]);
    let some = |case, v| Value::variant(case, Some(v));
    assert_eq!(lift(0, high), some(0, Value::F32(0x4049_0fdb)));
    assert_eq!(lift(1, high), some(1, Value::U64(high as u64)));
    assert_eq!(lift(2, high), some(2, Value::S16(0x0fdb)));
    assert_eq!(lift(3, 1), some(3, Value::F64(1)));
    assert_eq!(lift(4, high), Value::variant(4, None));
    // A value that is narrower than the joined type is extended with zeros, whatever its sign; a value that is missing is zero.
    let lower = |v| lowered(t.clone(), v);
    assert_eq!(
        lower(some(0, Value::F32(0x8000_0000))),
        [(I32, 0), (I64, 0x8000_0000)]
    );
    assert_eq!(
        lower(some(2, Value::S16(-1))),
        [(I32, 2), (I64, 0xffff_ffff)]
    );
    assert_eq!(lower(Value::variant(4, None)), [(I32, 4), (I64, 0)]);
    for (t, v) in [
        (ValType::S8, Value::S8(-1)),
        (ValType::S16, Value::S16(-1)),
        (ValType::S32, Value::S32(-1)),
    ] {
        let t = variant(&[Some(t), Some(ValType::S64)]);
        assert_eq!(lowered(t, some(0, v)), [(I32, 0), (I64, 0xffff_ffff)]);
    }
}

#[test]
fn a_variant_in_a_variant_takes_its_bits_from_both_joins() {
    let inner = variant(&[Some(ValType::F32), Some(ValType::U32)]);
    let outer = variant(&[
        Some(inner.clone()),
        Some(tuple(&[ValType::U64, ValType::F64])),
    ]);
    let v = Value::variant(0, Some(Value::variant(0, Some(Value::F32(0x3f80_0000)))));
    let flat = lowered(outer.clone(), v.clone());
    assert_eq!(flat, [(I32, 0), (I64, 0), (I64, 0x3f80_0000)]);
    let vals = [
        Val::I32(0),
        Val::I64(1 << 32),
        Val::I64((7 << 32) | 0x3f80_0000),
    ];
    assert_eq!(lifted(outer, &vals), v);
}

#[test]
fn bits_that_stand_for_no_flag_are_dropped() {
    let t = ValType::Flags(labels(9));
    assert_eq!(lifted(t.clone(), &[Val::I32(-1)]), Value::Flags(0x1ff));
    assert_eq!(lowered(t, Value::Flags(0x101)), [(I32, 0x101)]);
    let t = ValType::Flags(labels(32));
    assert_eq!(lifted(t, &[Val::I32(-1)]), Value::Flags(u32::MAX));
}

#[test]
fn results_are_stored_where_the_caller_says_and_leave_no_core_value() {
    let ts = [tuple(&[ValType::U8, ValType::U32])];
    let vs = [Value::Record(vec![Value::U8(1), Value::U32(2)])];
    let mut cx = Mock::new((StringEncoding::Utf8, false));
    let mut out = CoreValueIter::new(vec![Val::I32(8)]);
    let flat = lower_flat_values(&mut cx, MAX_FLAT_RESULTS, &vs, &ts, Some(&mut out)).unwrap();
    assert!(flat.is_empty() && out.done());
    assert_eq!(cx.memory[8..16], [1, 0xaa, 0xaa, 0xaa, 2, 0, 0, 0]);
    assert!(cx.calls.is_empty());
}

#[test]
fn a_flat_result_does_not_take_the_pointer_of_the_caller() {
    let mut cx = Mock::new((StringEncoding::Utf8, false));
    let mut out = CoreValueIter::new(vec![Val::I32(8)]);
    let (vs, ts) = ([Value::U8(1)], [ValType::U8]);
    let flat = lower_flat_values(&mut cx, MAX_FLAT_RESULTS, &vs, &ts, Some(&mut out)).unwrap();
    assert_eq!(flat.iter().map(bits).collect::<Vec<_>>(), [(I32, 1)]);
    assert!(!out.done());
}
