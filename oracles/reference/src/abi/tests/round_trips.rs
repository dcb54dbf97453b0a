//! Values that are stored are loaded again, and values that are lowered are lifted again. Types and values are drawn at random.

use super::*;
use crate::abi::despecialize::Fields;
use crate::abi::lower_flat::lower_flat_record;

/// How many types are drawn for each encoding and width.
const TYPES: u64 = 400;

#[test]
fn what_is_stored_is_loaded_again() {
    for options in options() {
        for seed in 0..TYPES {
            let mut random = Random::new(seed);
            let t = random.ty(4);
            let values: Vec<_> = (0..3).map(|_| random.value(&t)).collect();
            let mut cx = Mock::new(options);
            let (size, alignment) = (elem_size(&mut cx, &t), alignment(&mut cx, &t));
            let ptr = cx.reallocate(0, 0, alignment, 3 * size).unwrap();
            store_list_into_valid_range(&mut cx, &values, ptr, &t).unwrap();
            let loaded = load_list_from_valid_range(&mut cx, ptr, 3, &t).unwrap();
            assert_eq!(loaded, values, "{t:?}");
        }
    }
}

#[test]
fn storing_writes_into_memory_that_it_was_given_and_nowhere_else() {
    for options in options() {
        for seed in 0..TYPES {
            let mut random = Random::new(seed);
            let t = random.ty(3);
            let v = random.value(&t);
            let mut cx = Mock::new(options);
            // Between the blocks that it gets there is nothing to write.
            let (size, alignment) = (elem_size(&mut cx, &t), alignment(&mut cx, &t));
            let ptr = cx.reallocate(0, 0, alignment, size).unwrap();
            let mut before = cx.memory.clone();
            store_list_into_valid_range(&mut cx, &[v], ptr, &t).unwrap();
            before.resize(cx.memory.len(), 0xaa);
            let mut ours = vec![false; before.len()];
            let mut next = 16_u64;
            for (_, _, alignment, length) in &cx.calls {
                let start = next.next_multiple_of(*alignment);
                next = start + length;
                ours[start as usize..next as usize].fill(true);
            }
            for (i, ours) in ours.iter().enumerate() {
                assert!(*ours || cx.memory[i] == before[i], "{t:?} wrote at {i}");
            }
        }
    }
}

#[test]
fn what_is_lowered_is_lifted_again() {
    for options in options() {
        for seed in 0..TYPES {
            let mut random = Random::new(seed);
            let ts: Vec<_> = (0..random.below(5)).map(|_| random.ty(3)).collect();
            let vs: Vec<_> = ts.iter().map(|t| random.value(t)).collect();
            for max_flat in [MAX_FLAT_PARAMS, MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_RESULTS, 0] {
                let mut cx = Mock::new(options);
                let flat = lower_flat_values(&mut cx, max_flat, &vs, &ts, None).unwrap();
                assert!(flat.len() <= max_flat.max(1), "{ts:?}");
                let mut vi = CoreValueIter::new(flat);
                let lifted = lift_flat_values(&mut cx, max_flat, &mut vi, &ts).unwrap();
                assert_eq!(lifted, vs, "{ts:?}");
                assert!(vi.done(), "{ts:?}");
            }
        }
    }
}

#[test]
fn lowering_gives_as_many_core_values_as_flattening_has_types() {
    let mut flat_ones = 0;
    for options in options() {
        for seed in 0..TYPES {
            let mut random = Random::new(seed);
            let ts = [random.ty(3)];
            let vs = [random.value(&ts[0])];
            let mut cx = Mock::new(options);
            let Some(types) = cx.layouts().flatten_types(&ts, options.1) else {
                continue;
            };
            flat_ones += 1;
            let mut flat = Vec::new();
            lower_flat_record(&mut cx, &vs, Fields::Values(&ts), &mut flat).unwrap();
            assert_eq!(flat.len(), types.types().len(), "{ts:?}");
            let vals = lower_flat_values(&mut cx, MAX_FLAT_PARAMS, &vs, &ts, None).unwrap();
            let have: Vec<_> = vals.iter().map(|val| bits(val).0).collect();
            assert_eq!(have, types.types(), "{ts:?}");
        }
    }
    assert!(flat_ones > TYPES);
}

#[test]
fn a_value_is_the_same_after_a_way_through_every_encoding_and_width() {
    for seed in 0..TYPES {
        let mut random = Random::new(seed);
        let ts = [random.ty(3), random.ty(3)];
        let vs: Vec<_> = ts.iter().map(|t| random.value(t)).collect();
        let mut passed = vs.clone();
        for options in options().chain(options().filter(|options| options.1)) {
            let mut cx = Mock::new(options);
            let flat = lower_flat_values(&mut cx, MAX_FLAT_PARAMS, &passed, &ts, None).unwrap();
            let mut vi = CoreValueIter::new(flat);
            passed = lift_flat_values(&mut cx, MAX_FLAT_PARAMS, &mut vi, &ts).unwrap();
            assert_eq!(passed, vs, "{ts:?}");
        }
    }
}

#[test]
fn handles_are_lowered_and_lifted_in_order_with_their_types() {
    use crate::types::ResourceTypeId;
    let ts = [
        ValType::Own(ResourceTypeId(1)),
        list(ValType::Borrow(ResourceTypeId(2))),
        ValType::Stream(Some(ValType::U8.into())),
        ValType::Future(None),
        ValType::ErrorContext,
    ];
    let vs = [
        Value::Own(1007),
        Value::List(vec![Value::Borrow(1008), Value::Borrow(1009)]),
        Value::Stream(SharedId(1010)),
        Value::Future(SharedId(1011)),
        Value::ErrorContext(ErrorContextId(1012)),
    ];
    let expected = |lower: bool| {
        let i = |i| if lower { i + 1000 } else { i };
        let rt = |i| format!("{:?}", ResourceTypeId(i));
        [
            ("own", i(7), rt(1)),
            ("borrow", i(8), rt(2)),
            ("borrow", i(9), rt(2)),
            ("stream", i(10), "Some(U8)".to_string()),
            ("future", i(11), "None".to_string()),
            ("error_context", i(12), "()".to_string()),
        ]
    };
    let mut cx = Mock::new((StringEncoding::Utf8, false));
    let flat = lower_flat_values(&mut cx, MAX_FLAT_PARAMS, &vs, &ts, None).unwrap();
    let lowered: Vec<_> = cx.handles.drain(..).collect();
    let mut vi = CoreValueIter::new(flat);
    assert_eq!(
        lift_flat_values(&mut cx, MAX_FLAT_PARAMS, &mut vi, &ts).unwrap(),
        vs
    );
    for (seen, lower) in [(&lowered, true), (&cx.handles, false)] {
        let prefix = if lower { "lower_" } else { "lift_" };
        assert_eq!(seen.len(), 6);
        for ((name, i, t), expected) in seen.iter().zip(expected(lower)) {
            assert_eq!(
                (name.strip_prefix(prefix), *i, t),
                (Some(expected.0), expected.1, &expected.2)
            );
        }
    }
}
