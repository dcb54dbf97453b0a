//! Modules and components written as text, for tests.

/// The binary of a module or a component.
pub(crate) fn binary(text: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(text).expect("the text lexes");
    let mut wat = wast::parser::parse::<wast::Wat<'_>>(&buffer)
        .unwrap_or_else(|error| panic!("{}", error.message() + "\n" + text));
    wat.encode().expect("the text encodes")
}
