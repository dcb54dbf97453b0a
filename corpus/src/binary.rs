//! The few things a stored case needs of the binary format, found by walking sections: nothing is validated here,
//! since a case may hold built-ins that no validator takes yet.

use wasm_encoder::{Encode, RawSection};
use wasmparser::{BinaryReader, ComponentAlias, ComponentAliasSectionReader, Result};

const HEADER: usize = 8;
const LAYER: usize = 6;
const CUSTOM: u8 = 0;
const CORE_MODULE: u8 = 1;
/// In a core module.
const START: u8 = 8;
const COMPONENT: u8 = 4;
const ALIAS: u8 = 6;
const IMPORT: u8 = 10;

/// The text format nests no deeper than this (`MAX_PARENS_DEPTH` of the crate `wast`), so neither does a stored case.
const DEPTH: usize = 100;

/// One section of a module or component: its id and what follows its size.
pub(crate) struct Section<'a> {
    pub(crate) id: u8,
    pub(crate) body: &'a [u8],
    /// Where `body` starts in the binary.
    pub(crate) offset: usize,
}

/// The sections of a module or component, not looked into.
pub(crate) fn sections(binary: &[u8]) -> Result<Vec<Section<'_>>> {
    let mut reader = BinaryReader::new(binary, 0);
    reader.read_bytes(HEADER)?;
    let mut sections = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8()?;
        let size = reader.read_var_u32()?;
        let offset = reader.original_position();
        let body = reader.read_bytes(size as usize)?;
        sections.push(Section { id, body, offset });
    }
    Ok(sections)
}

/// Whether the header is a component's.
pub(crate) fn is_component(binary: &[u8]) -> bool {
    binary.starts_with(b"\0asm") && binary.get(LAYER) == Some(&1)
}

/// The binary without its `name` sections, at any depth.
pub(crate) fn without_names(binary: &[u8]) -> Result<Vec<u8>> {
    strip(
        binary,
        &|name| matches!(name, "name" | "component-name"),
        DEPTH,
    )
}

/// The binary without any custom section, at any depth.
pub(crate) fn without_custom_sections(binary: &[u8]) -> Result<Vec<u8>> {
    strip(binary, &|_| true, DEPTH)
}

fn strip(binary: &[u8], drops: &dyn Fn(&str) -> bool, depth: usize) -> Result<Vec<u8>> {
    let sections = sections(binary)?;
    let mut stripped = binary[..HEADER].to_vec();
    for Section { id, body, offset } in sections {
        let nests = is_component(binary) && matches!(id, CORE_MODULE | COMPONENT);
        let inner;
        let data = if id == CUSTOM {
            if drops(BinaryReader::new(body, offset).read_string()?) {
                continue;
            }
            body
        } else if nests && depth > 0 {
            inner = strip(body, drops, depth - 1)?;
            &inner
        } else {
            body
        };
        stripped.push(id);
        RawSection { id, data }.encode(&mut stripped);
    }
    Ok(stripped)
}

/// The components nested directly in a component, in order.
pub(crate) fn nested_components(component: &[u8]) -> Result<Vec<&[u8]>> {
    let sections = sections(component)?;
    Ok(sections
        .into_iter()
        .filter(|s| s.id == COMPONENT)
        .map(|s| s.body)
        .collect())
}

/// Whether a component imports something.
pub(crate) fn imports(component: &[u8]) -> Result<bool> {
    let sections = sections(component)?;
    Ok(sections.iter().any(|section| section.id == IMPORT))
}

/// Whether a core module in a component has a start function, at any depth.
pub(crate) fn has_start_function(binary: &[u8]) -> Result<bool> {
    fn within(binary: &[u8], depth: usize) -> Result<bool> {
        let component = is_component(binary);
        for Section { id, body, .. } in sections(binary)? {
            let nests = component && matches!(id, CORE_MODULE | COMPONENT) && depth > 0;
            if id == START && !component || nests && within(body, depth - 1)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
    within(binary, DEPTH)
}

/// Whether a component takes something from the component around it (an `outer` alias of its own index spaces).
pub(crate) fn needs_its_surroundings(component: &[u8]) -> Result<bool> {
    for Section { id, body, offset } in sections(component)? {
        if id == ALIAS {
            for alias in ComponentAliasSectionReader::new(BinaryReader::new(body, offset))? {
                if matches!(alias?, ComponentAlias::Outer { count: 1.., .. }) {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_ends_too_early_is_an_error() {
        assert!(without_names(b"\0asm\x0d\0\x01\0\x04\x09\0asm").is_err());
        assert!(without_names(b"\0asm").is_err());
    }

    #[test]
    fn names_are_dropped_at_every_depth_and_other_custom_sections_stay() {
        let named =
            wat(r#"(component $a (component $b (core module $c (func $f))) (@custom "x" "y"))"#);
        let plain = wat(r#"(component (component (core module (func))) (@custom "x" "y"))"#);
        assert_ne!(named, plain);
        assert_eq!(without_names(&named).unwrap(), plain);
        let bare = wat("(component (component (core module (func))))");
        assert_eq!(without_custom_sections(&named).unwrap(), bare);
    }

    fn wat(text: &str) -> Vec<u8> {
        let buffer = wast::parser::ParseBuffer::new(text).unwrap();
        wast::parser::parse::<wast::Wat>(&buffer)
            .unwrap()
            .encode()
            .unwrap()
    }
}
