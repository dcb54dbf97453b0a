//! What a search runs: the plain machine of the reference, or one on which deviations are on.

use spawndiff_corpus::Run;
use spawndiff_deviations::{Deviation, run_deviating};
use spawndiff_observation::RunObservation;
use spawndiff_reference::schedules::Scheduler;
use spawndiff_reference::{Coverage, Reference, Stopped, Witness};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a run reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Which built-ins returned, and which trapped how.
    pub coverage: Coverage,
    /// The deviations that made a difference. None on the plain machine.
    pub deviated: BTreeSet<Deviation>,
}

/// Something that can make a run.
pub(crate) trait Runs {
    /// Makes a run, with the choices of `scheduler`; what was reached is added to `reached`.
    fn run(
        &self,
        run: &Run,
        scheduler: &mut dyn Scheduler,
        witness: &mut dyn Witness,
        reached: &mut Reached,
    ) -> Result<RunObservation, Stopped>;
}

impl Runs for Reference {
    fn run(
        &self,
        run: &Run,
        scheduler: &mut dyn Scheduler,
        witness: &mut dyn Witness,
        reached: &mut Reached,
    ) -> Result<RunObservation, Stopped> {
        Reference::run(self, run, scheduler, witness, &mut reached.coverage)
    }
}

/// The reference with deviations on.
#[derive(Clone, Copy)]
pub(crate) struct Deviating<'a> {
    /// The component.
    pub(crate) reference: &'a Reference,
    /// The deviations.
    pub(crate) deviations: &'a Arc<[Deviation]>,
}

impl Runs for Deviating<'_> {
    fn run(
        &self,
        run: &Run,
        scheduler: &mut dyn Scheduler,
        witness: &mut dyn Witness,
        reached: &mut Reached,
    ) -> Result<RunObservation, Stopped> {
        let coverage = &mut reached.coverage;
        let (deviated, seen) = run_deviating(
            self.reference,
            self.deviations,
            run,
            scheduler,
            witness,
            coverage,
        );
        reached.deviated.extend(deviated);
        seen
    }
}
