//! The file of a finding, the same whoever found it: a stored case that claims what the reference allows, so that it fails on the
//! engine as it is and passes once the engine is mended, with its [provenance](crate::provenance) at its head.

use crate::Judgement;
use crate::claims::{record, without_host};
use spawndiff_corpus::{Case, StoredCase, component_from_text};

/// Makes the stored case of a finding, which claims what the reference allows on the schedule that got furthest. The component of
/// the case is as it is read from text, so that the file says the same when it is read and written again. The case does without the
/// host where it can.
pub fn stored(header: Vec<String>, case: &Case, judgement: &Judgement) -> StoredCase {
    let component = component_from_text(&case.component);
    let case = match &component {
        Ok(component) => Case {
            component: component.clone(),
            runs: case.runs.clone(),
        },
        Err(_) => case.clone(),
    };
    let stored = record(header, &case, &judgement.reference);
    let bare = without_host(&stored, &judgement.native);
    bare.unwrap_or(stored)
}
