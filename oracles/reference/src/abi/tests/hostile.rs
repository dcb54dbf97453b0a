//! Types and memories made to cost much, and what validation would have refused.

use super::*;
use spawndiff_observation::Trap;

fn mock() -> Mock {
    Mock::new((StringEncoding::Utf8, false))
}

/// A type that has two parts of the type before it, `times` times over: the first is `u64`.
fn doubled(times: usize, double: impl Fn(ValType) -> ValType) -> ValType {
    (0..times).fold(ValType::U64, |t, _| double(t))
}

#[test]
fn a_type_that_unfolds_to_very_many_parts_costs_no_more_than_its_definition() {
    for double in [
        |t: ValType| tuple(&[t.clone(), t]),
        |t: ValType| variant(&[Some(t.clone()), Some(t)]),
        |t: ValType| {
            let t = std::sync::Arc::new(t);
            ValType::Result {
                ok: Some(t.clone()),
                err: Some(t),
            }
        },
        |t: ValType| ValType::Map(t.clone().into(), t.into()),
        |t: ValType| fixed(t, 2),
    ] {
        let t = doubled(200, double);
        let mut cx = mock();
        assert_eq!(alignment(&mut cx, &t) % 4, 0);
        assert!(elem_size(&mut cx, &t) >= 8);
        let ts = std::slice::from_ref(&t);
        let flat = cx.layouts().flatten_types(ts, false);
        assert_eq!(flat.is_some(), matches!(t, ValType::Map(..)));
        let mut vi = CoreValueIter::new(vec![Val::I32(0), Val::I32(0)]);
        let lifted = lift_flat_values(&mut cx, MAX_FLAT_PARAMS, &mut vi, ts);
        match t {
            ValType::Map(..) => assert_eq!(lifted, Ok(vec![Value::List(vec![])])),
            _ => assert_eq!(lifted, Err(Stop::Trap(Trap::MemoryOutOfBounds))),
        }
    }
}

#[test]
fn a_size_past_all_numbers_is_the_largest_number() {
    let t = doubled(200, |t| tuple(&[t.clone(), t]));
    assert_eq!(elem_size(&mut mock(), &t), u64::MAX);
    let t = (0..5).fold(ValType::U8, |t, _| fixed(t, u32::MAX));
    assert_eq!(elem_size(&mut mock(), &t), u64::MAX);
}

#[test]
fn lists_of_the_same_lists_end_before_they_fill_the_memory() {
    // Each of the lists holds 1000 times the next: a thousand million numbers in 16 kB.
    let t = list(list(list(ValType::U8)));
    let mut cx = mock();
    cx.memory.resize(1 << 16, 0);
    for (at, to) in [(0, 8000_u32), (8000, 16_000)] {
        for i in 0..1000 {
            let entry = at + 8 * i;
            cx.memory[entry..entry + 4].copy_from_slice(&to.to_le_bytes());
            cx.memory[entry + 4..entry + 8].copy_from_slice(&1000_u32.to_le_bytes());
        }
    }
    let mut vi = CoreValueIter::new(vec![Val::I32(0), Val::I32(1000)]);
    let lifted = lift_flat_values(&mut cx, MAX_FLAT_PARAMS, &mut vi, &[t]);
    assert_eq!(lifted, Err(Stop::Exhausted));
}

#[test]
fn strings_count_with_their_bytes() {
    let mut cx = mock();
    cx.memory.resize(1 << 20, b'a');
    let entry = [0_u32.to_le_bytes(), (1_u32 << 20).to_le_bytes()].concat();
    cx.memory[..8000].copy_from_slice(&entry.repeat(1000));
    for entry in cx.memory[..8000].chunks_mut(8) {
        entry[0..4].copy_from_slice(&8000_u32.to_le_bytes());
        entry[4..8].copy_from_slice(&1_000_000_u32.to_le_bytes());
    }
    let lifted = load_list_from_valid_range(&mut cx, 0, 1000, &ValType::String);
    assert_eq!(lifted, Err(Stop::Exhausted));
    let few = load_list_from_valid_range(&mut cx, 0, 10, &ValType::String);
    assert_eq!(few.map(|strings| strings.len()), Ok(10));
}

#[test]
fn empty_lists_count_with_what_is_kept_of_them() {
    let bytes = 64 << 20;
    // Without that they would be few enough.
    let lists = bytes / (size_of::<Value>() + size_of::<Read>()) + 1;
    assert!(lists * size_of::<Value>() < bytes);
    let mut cx = mock();
    cx.memory = vec![0; lists * 8];
    let t = list(ValType::U8);
    let lifted = load_list_from_valid_range(&mut cx, 0, lists as u64, &t);
    assert_eq!(lifted, Err(Stop::Exhausted));
    let fewer = load_list_from_valid_range(&mut cx, 0, lists as u64 - 1, &t);
    assert_eq!(fewer.map(|lists| lists.len()), Ok(lists - 1));
}

#[test]
fn every_lifting_may_be_as_large_as_the_first_until_the_run_has_had_enough() {
    let length = 20_u32 << 20;
    let flat = |cx: &mut Mock| {
        let mut vi = CoreValueIter::new(vec![Val::I32(0), Val::I32(length as i32)]);
        lift_flat_values(cx, MAX_FLAT_PARAMS, &mut vi, &[ValType::String]).map(|_| ())
    };
    let string = |cx: &mut Mock| load_string_from_range(cx, 0, length.into()).map(|_| ());
    let element = |cx: &mut Mock| load(cx, length.into(), &ValType::String).map(|_| ());
    let mut cx = mock();
    cx.memory = vec![b'a'; length as usize];
    cx.memory.extend([0, length].map(u32::to_le_bytes).concat());
    // Four of 20 MiB are more than one lifting may have, and twelve are less than a run.
    for lift in [&flat as &dyn Fn(&mut Mock) -> _, &string, &element] {
        for _ in 0..4 {
            assert_eq!(lift(&mut cx), Ok(()));
        }
    }
    for lift in [&flat as &dyn Fn(&mut Mock) -> _, &string, &element] {
        assert_eq!(lift(&mut cx), Err(Stop::Exhausted));
    }
}

#[test]
fn a_record_without_fields_does_not_make_a_list_endless() {
    let mut cx = mock();
    let t = list(tuple(&[]));
    let mut vi = CoreValueIter::new(vec![Val::I32(0), Val::I32(-1)]);
    let lifted = lift_flat_values(&mut cx, MAX_FLAT_PARAMS, &mut vi, &[t]);
    assert_eq!(lifted, Err(Stop::Exhausted));
    let mut cx = mock();
    let t = fixed(tuple(&[]), u32::MAX);
    let lifted = lift_flat_values(
        &mut cx,
        MAX_FLAT_PARAMS,
        &mut CoreValueIter::new(vec![]),
        &[t],
    );
    assert_eq!(lifted, Err(Stop::Exhausted));
}

#[test]
fn a_variant_without_cases_has_no_value() {
    let t = variant(&[]);
    let mut vi = CoreValueIter::new(vec![Val::I32(0)]);
    assert_eq!(
        lift_flat_values(&mut mock(), MAX_FLAT_PARAMS, &mut vi, &[t]),
        Err(Stop::Trap(Trap::InvalidDiscriminant))
    );
}

#[test]
fn a_core_value_of_another_type_or_none_is_ill_typed() {
    for flat in [vec![], vec![Val::I64(0)], vec![Val::I32(0)]] {
        let mut vi = CoreValueIter::new(flat);
        let lifted = lift_flat_values(&mut mock(), MAX_FLAT_PARAMS, &mut vi, &[ValType::String]);
        assert_eq!(lifted, Err(Stop::IllTyped));
    }
}

#[test]
fn a_value_of_another_type_is_ill_typed_flat_and_in_memory() {
    let mut random = Random::new(1);
    let types: Vec<_> = (0..60).map(|_| random.ty(2)).collect();
    let mut refused = 0;
    for t in &types {
        for other in &types {
            let v = random.value(other);
            let (vs, ts) = ([v], std::slice::from_ref(t));
            let flat = lower_flat_values(&mut mock(), MAX_FLAT_PARAMS, &vs, ts, None);
            let mut cx = mock();
            let ptr = cx.reallocate(0, 0, 8, elem_size(&mut mock(), t)).unwrap();
            let stored = store_list_into_valid_range(&mut cx, &vs, ptr, t);
            assert_eq!(flat.is_ok(), stored.is_ok(), "{t:?} {other:?}");
            refused += usize::from(stored == Err(Stop::IllTyped));
            assert!(stored.is_ok() || stored == Err(Stop::IllTyped));
        }
    }
    assert!(refused > 1000);
}

#[test]
fn random_bytes_are_a_value_or_a_trap() {
    let mut lifted = 0;
    for seed in 0..3000 {
        let mut random = Random::new(seed);
        let t = random.ty(3);
        let (encoding, wide) = options().nth(random.below(6)).unwrap();
        let mut cx = Mock::new((encoding, wide));
        let small = |random: &mut Random| {
            if random.below(3) == 0 {
                random.below(32) as u8
            } else {
                0
            }
        };
        cx.memory = (0..4096).map(|_| small(&mut random)).collect();
        match load(&mut cx, 0, &t) {
            Ok(_) => lifted += 1,
            Err(stop) => assert!(matches!(stop, Stop::Trap(_)), "{t:?} {stop:?}"),
        }
    }
    assert!((500..3000).contains(&lifted));
}
