//! `start` becomes an export.
//!
//! wasmi runs a start function in one go, while it makes the instance, so a start function that calls a built-in could
//! not be suspended. As an export it is called like any other function, as the first thing after the instance is made:
//! core WebAssembly runs it last, after all segments are written.

use super::copy_section;
use crate::Unsupported;
use wasm_encoder::{ExportKind, ExportSection, Section};
use wasmparser::{ExportSectionReader, Parser, Payload};

/// The name of the export, followed by as many `'` as it takes for a name that no other export has.
const NAME: &str = "start";

/// `module` without its start section and with an export of the start function `func`; and the export's name.
pub(super) fn to_export(module: &[u8], func: u32) -> Result<(Vec<u8>, String), Unsupported> {
    let name = unused_name(module)?;
    let mut out = module.get(..8).unwrap_or_default().to_vec();
    let mut exported = false;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(Unsupported::malformed)?;
        match &payload {
            Payload::ExportSection(section) => {
                exports(section.clone(), &name, func)?.append_to(&mut out);
                exported = true;
            }
            Payload::StartSection { .. } => {
                // The start section follows right after the place of the export section.
                if !exported {
                    let mut section = ExportSection::new();
                    section.export(&name, ExportKind::Func, func);
                    section.append_to(&mut out);
                }
            }
            other => copy_section(other, module, &mut out)?,
        }
    }
    Ok((out, name))
}

/// A name that no export of `module` has.
fn unused_name(module: &[u8]) -> Result<String, Unsupported> {
    let mut name = NAME.to_string();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ExportSection(section) = payload.map_err(Unsupported::malformed)? {
            for export in section {
                let taken = export.map_err(Unsupported::malformed)?.name;
                // Longer than every name that could be it.
                if taken.len() >= name.len() && taken.starts_with(NAME) {
                    name = NAME.to_string() + &"'".repeat(taken.len() + 1 - NAME.len());
                }
            }
        }
    }
    Ok(name)
}

/// The export section with one export more.
fn exports(
    section: ExportSectionReader<'_>,
    name: &str,
    func: u32,
) -> Result<ExportSection, Unsupported> {
    let mut exports = ExportSection::new();
    for export in section {
        let export = export.map_err(Unsupported::malformed)?;
        exports.export(export.name, export.kind.into(), export.index);
    }
    exports.export(name, ExportKind::Func, func);
    Ok(exports)
}
