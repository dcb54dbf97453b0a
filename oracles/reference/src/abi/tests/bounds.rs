//! One trap for each bound, on both sides of it.

use super::*;
use spawndiff_observation::Trap;

fn mock() -> Mock {
    Mock::new((StringEncoding::Utf8, false))
}

/// Lifts a value of type `t` from core values, in a memory of 64 bytes.
fn lift(cx: &mut Mock, t: &ValType, flat: &[Val]) -> Result<Value, Stop> {
    let mut vi = CoreValueIter::new(flat.to_vec());
    let ts = std::slice::from_ref(t);
    lift_flat_values(cx, MAX_FLAT_PARAMS, &mut vi, ts).map(|mut values| values.remove(0))
}

fn lower(cx: &mut Mock, t: &ValType, v: Value) -> Result<Vec<Val>, Stop> {
    lower_flat_values(cx, MAX_FLAT_PARAMS, &[v], std::slice::from_ref(t), None)
}

fn pair(ptr: u32, length: u32) -> [Val; 2] {
    [Val::I32(ptr as i32), Val::I32(length as i32)]
}

#[test]
fn a_list_ends_in_its_memory() {
    let t = list(ValType::U32);
    let lift = |ptr, length| lift(&mut mock(), &t, &pair(ptr, length));
    let aa = Value::U32(0xaaaa_aaaa);
    assert_eq!(lift(60, 1), Ok(Value::List(vec![aa])));
    assert_eq!(lift(64, 0), Ok(Value::List(vec![])));
    let trapped = Err(Stop::Trap(Trap::ListOutOfBounds));
    assert_eq!(lift(60, 2), trapped);
    assert_eq!(lift(64, 1), trapped);
    assert_eq!(lift(68, 0), trapped);
    assert_eq!(lift(0xffff_fffc, 1), trapped);
}

#[test]
fn a_list_is_aligned_even_if_it_is_empty() {
    let trapped = Err(Stop::Trap(Trap::UnalignedPointer));
    for ptr in 1..4 {
        assert_eq!(
            lift(&mut mock(), &list(ValType::U32), &pair(ptr, 0)),
            trapped
        );
    }
    assert!(lift(&mut mock(), &list(ValType::U8), &pair(3, 0)).is_ok());
}

#[test]
fn a_list_that_is_too_long_traps_before_its_pointer_is_looked_at() {
    let trapped = Err(Stop::Trap(Trap::ListOutOfBounds));
    let limit = 1 << 28;
    assert_eq!(
        lift(&mut mock(), &list(ValType::U8), &pair(0, limit)),
        trapped
    );
    assert_eq!(
        lift(&mut mock(), &list(ValType::U32), &pair(1, limit / 4)),
        trapped
    );
    let below = pair(1, limit / 4 - 1);
    let unaligned = Err(Stop::Trap(Trap::UnalignedPointer));
    assert_eq!(lift(&mut mock(), &list(ValType::U32), &below), unaligned);
    let mut wide = Mock::new((StringEncoding::Utf8, true));
    let overflowing = [Val::I64(0), Val::I64(1 << 62)];
    assert_eq!(lift(&mut wide, &list(ValType::U64), &overflowing), trapped);
}

#[test]
fn a_string_that_is_too_long_traps_before_its_pointer_is_looked_at() {
    let string = |encoding, length| {
        let mut cx = Mock::new((encoding, false));
        load_string_from_range(&mut cx, 1, length).map(|_| ())
    };
    let long = Err(Stop::Trap(Trap::StringOutOfBounds));
    let unaligned = Err(Stop::Trap(Trap::UnalignedPointer));
    assert_eq!(string(StringEncoding::Utf16, 1 << 27), long);
    assert_eq!(string(StringEncoding::Utf16, (1 << 27) - 1), unaligned);
    assert_eq!(string(StringEncoding::Latin1Utf16, 1 << 28), long);
    assert_eq!(
        string(StringEncoding::Latin1Utf16, (1 << 28) - 1),
        unaligned
    );
    let tag = 1 << 31;
    assert_eq!(string(StringEncoding::Latin1Utf16, tag | (1 << 27)), long);
    assert_eq!(string(StringEncoding::Latin1Utf16, tag | 1), unaligned);
    let mut wide = Mock::new((StringEncoding::Utf16, true));
    assert_eq!(
        load_string_from_range(&mut wide, 0, u64::MAX),
        Err(Stop::Trap(Trap::StringOutOfBounds))
    );
}

#[test]
fn parameters_in_memory_are_aligned_and_in_bounds() {
    let ts = vec![ValType::U32; 17];
    let lift = |ptr| {
        let mut cx = mock();
        cx.memory.resize(80, 0);
        let mut vi = CoreValueIter::new(vec![Val::I32(ptr)]);
        lift_flat_values(&mut cx, MAX_FLAT_PARAMS, &mut vi, &ts)
    };
    assert_eq!(lift(12).map(|values| values.len()), Ok(17));
    assert_eq!(lift(2), Err(Stop::Trap(Trap::UnalignedPointer)));
    assert_eq!(lift(16), Err(Stop::Trap(Trap::MemoryOutOfBounds)));
    assert_eq!(lift(-4), Err(Stop::Trap(Trap::MemoryOutOfBounds)));
}

#[test]
fn results_in_memory_are_aligned_and_in_bounds() {
    let (vs, ts) = (
        [Value::string(""), Value::U64(1)],
        [ValType::String, ValType::U64],
    );
    let lower = |ptr| {
        let mut out = CoreValueIter::new(vec![Val::I32(ptr)]);
        lower_flat_values(&mut mock(), MAX_FLAT_RESULTS, &vs, &ts, Some(&mut out)).map(|_| ())
    };
    assert_eq!(lower(48), Ok(()));
    assert_eq!(lower(4), Err(Stop::Trap(Trap::UnalignedPointer)));
    assert_eq!(lower(56), Err(Stop::Trap(Trap::MemoryOutOfBounds)));
}

#[test]
fn what_realloc_returns_is_checked_even_for_no_bytes() {
    let lower = |ptr: u64, t: ValType, v: Value| {
        let mut cx = mock();
        cx.returns.push_back(ptr);
        lower(&mut cx, &t, v).map(|_| ())
    };
    let u32s = || list(ValType::U32);
    let two = || Value::List(vec![Value::U32(1), Value::U32(2)]);
    let none = || Value::List(vec![]);
    assert_eq!(lower(56, u32s(), two()), Ok(()));
    assert_eq!(
        lower(60, u32s(), two()),
        Err(Stop::Trap(Trap::ListOutOfBounds))
    );
    assert_eq!(lower(64, u32s(), none()), Ok(()));
    assert_eq!(
        lower(68, u32s(), none()),
        Err(Stop::Trap(Trap::ListOutOfBounds))
    );
    // The alignment is looked at first.
    let last = u32::MAX.into();
    assert_eq!(
        lower(last, u32s(), none()),
        Err(Stop::Trap(Trap::UnalignedPointer))
    );
    let string = || (ValType::String, Value::string("ab"));
    let (t, v) = string();
    assert_eq!(lower(62, t, v), Ok(()));
    let (t, v) = string();
    assert_eq!(lower(63, t, v), Err(Stop::Trap(Trap::StringOutOfBounds)));
    let many = tuple(&vec![ValType::U32; 17]);
    let values = || Value::Record(vec![Value::U32(0); 17]);
    assert_eq!(
        lower(2, many.clone(), values()),
        Err(Stop::Trap(Trap::UnalignedPointer))
    );
    assert_eq!(
        lower(0, many, values()),
        Err(Stop::Trap(Trap::MemoryOutOfBounds))
    );
}

#[test]
fn a_discriminant_names_a_case() {
    let invalid = Err(Stop::Trap(Trap::InvalidDiscriminant));
    for (t, cases) in [
        (variant(&[None, Some(ValType::U8)]), 2),
        (ValType::Enum(labels(300)), 300),
        (option(ValType::U8), 2),
        (
            ValType::Result {
                ok: None,
                err: None,
            },
            2,
        ),
    ] {
        let flat = |case: i32| match t {
            ValType::Variant(_) | ValType::Option(_) => vec![Val::I32(case), Val::I32(0)],
            _ => vec![Val::I32(case)],
        };
        assert!(lift(&mut mock(), &t, &flat(cases - 1)).is_ok(), "{t:?}");
        assert_eq!(lift(&mut mock(), &t, &flat(cases)), invalid, "{t:?}");
        assert_eq!(lift(&mut mock(), &t, &flat(-1)), invalid, "{t:?}");
        let mut cx = mock();
        cx.memory[..2].copy_from_slice(&(cases as u16).to_le_bytes());
        assert_eq!(load(&mut cx, 0, &t), invalid, "{t:?}");
    }
}

#[test]
fn a_char_is_checked_flat_and_in_memory() {
    let invalid = Err(Stop::Trap(Trap::InvalidChar));
    for (i, valid) in [
        (0xd7ff, true),
        (0xd800, false),
        (0xdfff, false),
        (0x11_0000, false),
    ] {
        let flat = lift(&mut mock(), &ValType::Char, &[Val::I32(i)]);
        let mut cx = mock();
        cx.memory[..4].copy_from_slice(&i.to_le_bytes());
        assert_eq!(load(&mut cx, 0, &ValType::Char), flat);
        assert!(if valid { flat.is_ok() } else { flat == invalid }, "{i:x}");
    }
}

#[test]
fn a_bool_in_memory_is_any_byte_but_zero() {
    let mut cx = mock();
    cx.memory[..2].copy_from_slice(&[0, 0x80]);
    assert_eq!(load(&mut cx, 0, &ValType::Bool), Ok(Value::Bool(false)));
    assert_eq!(load(&mut cx, 1, &ValType::Bool), Ok(Value::Bool(true)));
}

#[test]
fn a_place_for_a_string_that_is_not_there_traps() {
    let text = LiftedString::of_host("a");
    assert_eq!(store_string(&mut mock(), &text, 56), Ok(()));
    assert_eq!(
        store_string(&mut mock(), &text, 60),
        Err(Stop::Trap(Trap::MemoryOutOfBounds))
    );
}
