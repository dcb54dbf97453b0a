//! Alignments and sizes.

use super::*;
use crate::types::ResourceTypeId;

fn size_and_alignment(t: &ValType, wide: bool) -> (u64, u64) {
    let mut cx = Mock::new((StringEncoding::Utf8, wide));
    (elem_size(&mut cx, t), alignment(&mut cx, t))
}

#[track_caller]
fn both(t: ValType, size: u64, alignment: u64) {
    for wide in [false, true] {
        assert_eq!(size_and_alignment(&t, wide), (size, alignment), "{t:?}");
    }
}

#[test]
fn scalars_and_handles_have_the_sizes_of_the_specification() {
    use ValType::*;
    for (t, size) in [
        (Bool, 1),
        (S8, 1),
        (U8, 1),
        (S16, 2),
        (U16, 2),
        (S32, 4),
        (U32, 4),
        (S64, 8),
        (U64, 8),
        (F32, 4),
        (F64, 8),
        (Char, 4),
        (ErrorContext, 4),
        (Own(ResourceTypeId(0)), 4),
        (Borrow(ResourceTypeId(0)), 4),
        (Stream(None), 4),
        (Future(Some(U64.into())), 4),
    ] {
        both(t, size, size);
    }
}

#[test]
fn strings_and_lists_are_two_pointers() {
    for t in [
        ValType::String,
        list(ValType::U64),
        ValType::Map(ValType::U8.into(), ValType::U64.into()),
    ] {
        assert_eq!(size_and_alignment(&t, false), (8, 4));
        assert_eq!(size_and_alignment(&t, true), (16, 8));
    }
}

#[test]
fn a_list_of_a_fixed_length_is_its_elements() {
    both(fixed(ValType::U16, 5), 10, 2);
    both(fixed(tuple(&[ValType::U32, ValType::U8]), 3), 24, 4);
}

#[test]
fn a_record_pads_its_fields_and_its_end() {
    both(tuple(&[ValType::U8, ValType::U32, ValType::U8]), 12, 4);
    both(tuple(&[ValType::U32, ValType::U8, ValType::U8]), 8, 4);
    both(tuple(&[ValType::U8, ValType::U64]), 16, 8);
    let record = [
        ("a".to_string(), ValType::U8),
        ("b".to_string(), ValType::U16),
    ];
    both(ValType::Record(record.into()), 4, 2);
}

#[test]
fn a_discriminant_grows_with_the_number_of_cases() {
    for (cases, size) in [(1, 1), (2, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 4)] {
        both(ValType::Enum(labels(cases)), size, size);
    }
    both(variant(&vec![Some(ValType::U8); 256]), 2, 1);
    both(variant(&vec![Some(ValType::U8); 257]), 4, 2);
}

#[test]
fn a_variant_is_its_discriminant_and_its_largest_payload() {
    both(variant(&[None]), 1, 1);
    both(variant(&[Some(ValType::U8), Some(ValType::U64)]), 16, 8);
    both(
        variant(&[Some(fixed(ValType::U8, 9)), Some(ValType::U32)]),
        16,
        4,
    );
    both(option(ValType::U16), 4, 2);
    let result = |ok: Option<ValType>, err: Option<ValType>| ValType::Result {
        ok: ok.map(Into::into),
        err: err.map(Into::into),
    };
    both(result(None, None), 1, 1);
    both(result(Some(ValType::U8), Some(ValType::F64)), 16, 8);
    both(result(None, Some(ValType::Char)), 8, 4);
}

#[test]
fn flags_are_as_many_bytes_as_they_need() {
    for (count, size) in [(1, 1), (8, 1), (9, 2), (16, 2), (17, 4), (32, 4)] {
        both(ValType::Flags(labels(count)), size, size);
    }
}

#[test]
fn a_size_is_a_multiple_of_an_alignment_that_is_a_power_of_two() {
    for seed in 0..2000 {
        let t = Random::new(seed).ty(4);
        for wide in [false, true] {
            let (size, alignment) = size_and_alignment(&t, wide);
            assert!(alignment.is_power_of_two() && alignment <= 8, "{t:?}");
            assert!(size > 0 && size % alignment == 0, "{t:?}");
        }
        let (narrow, wide) = (size_and_alignment(&t, false), size_and_alignment(&t, true));
        assert!(narrow.0 <= wide.0 && wide.0 <= 2 * narrow.0, "{t:?}");
    }
}

#[test]
fn what_is_known_of_a_type_is_not_taken_for_another() {
    // Each of these types is gone before the next one is made, often in the same place.
    let mut cx = Mock::new((StringEncoding::Utf8, false));
    for i in 0..2000 {
        let t = Random::new(i).ty(2);
        assert_eq!(
            (elem_size(&mut cx, &t), alignment(&mut cx, &t)),
            size_and_alignment(&t, false),
            "{t:?}"
        );
    }
}
