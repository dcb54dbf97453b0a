//! A known divergence that is nothing but a later text: the plain machine of that text shows it, in the divergence's own case.

use spawndiff_corpus::StoredCase;
use spawndiff_deviations::Deviation;
use spawndiff_observation::RunObservation;
use spawndiff_reference::edition::{Change, Edition};
use spawndiff_reference::machine::Spec;
use spawndiff_reference::schedules::Fixed;
use spawndiff_reference::{Coverage, Reference};
use std::path::Path;

/// The case of the known divergence that a change is.
fn case(change: Change) -> StoredCase {
    let name = Deviation::of_change(change).name();
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/known");
    let text = std::fs::read_to_string(known.join(name).with_extension("wast"));
    StoredCase::parse(&text.expect("it has a case")).expect("it is a case")
}

/// What the plain machine of a text does in each run of a case, and which changes that shows.
fn observed(case: &StoredCase, edition: Edition) -> (Vec<RunObservation>, Coverage) {
    let reference = Reference::new(&case.case).expect("the reference knows it");
    let mut coverage = Coverage::default();
    let runs = case.case.runs.iter().map(|run| {
        let (_, observed) =
            reference.run_with(Spec, edition, run, &mut Fixed, &mut (), &mut coverage);
        observed.expect("it ends")
    });
    (runs.collect(), coverage)
}

#[test]
fn each_change_shows_in_the_case_of_its_entry() {
    for &change in Change::ALL {
        let case = case(change);
        let (before, none) = observed(&case, Edition::default());
        assert!(none.changes.is_empty(), "{change:?}");
        // A change that only says what another one's event does needs that one.
        let changes = match change {
            Change::IdleEndIsDone => vec![change, Change::DropTellsIdleEnd],
            change => vec![change],
        };
        let (after, shown) = observed(&case, changes.into_iter().collect());
        assert!(shown.changes.contains(&change), "{change:?}");
        assert_ne!(before, after, "{change:?}");
    }
}
