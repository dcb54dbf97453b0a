//! The machines that a search runs: the plain machine of the reference, or one on which deviations are on.

use spawndiff_corpus::Run;
use spawndiff_deviations::{Deviation, run_deviating};
use spawndiff_observation::RunObservation;
use spawndiff_reference::schedules::Scheduler;
use spawndiff_reference::{Coverage, Monitor, Reference, Stopped};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The coverage of a run, and the deviations that made a difference in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The built-ins that returned, and those that trapped, with the trap.
    pub coverage: Coverage,
    /// The deviations that made a difference. There are none on the plain machine.
    pub deviated: BTreeSet<Deviation>,
}

/// A machine that can make a run.
pub(crate) trait Runs {
    /// Makes a run, with the choices of `scheduler`. The coverage and the deviations of the run are added to `reached`.
    fn run(
        &self,
        run: &Run,
        scheduler: &mut dyn Scheduler,
        monitor: &mut dyn Monitor,
        reached: &mut Reached,
    ) -> Result<RunObservation, Stopped>;
}

impl Runs for Reference {
    fn run(
        &self,
        run: &Run,
        scheduler: &mut dyn Scheduler,
        monitor: &mut dyn Monitor,
        reached: &mut Reached,
    ) -> Result<RunObservation, Stopped> {
        Reference::run(self, run, scheduler, monitor, &mut reached.coverage)
    }
}

/// The reference with deviations on.
#[derive(Clone, Copy)]
pub(crate) struct Deviating<'a> {
    /// The reference for the component.
    pub(crate) reference: &'a Reference,
    /// The deviations that are on.
    pub(crate) deviations: &'a Arc<[Deviation]>,
}

impl Runs for Deviating<'_> {
    fn run(
        &self,
        run: &Run,
        scheduler: &mut dyn Scheduler,
        monitor: &mut dyn Monitor,
        reached: &mut Reached,
    ) -> Result<RunObservation, Stopped> {
        let coverage = &mut reached.coverage;
        let (deviated, seen) = run_deviating(
            self.reference,
            self.deviations,
            run,
            scheduler,
            monitor,
            coverage,
        );
        reached.deviated.extend(deviated);
        seen
    }
}
