//! A plan in the making.

use super::builder::Builder;
use super::choices::Draw;
use super::topology;
use crate::mix::Mix;
use crate::plan::{Channel, Instance, Topology};

/// Percentage of plans that may use `thread.spawn-*` and `thread.available-parallelism`.
const SPAWN_PERCENT: u32 = 40;

/// A plan in the making, but for its runs.
pub(super) struct Sketch<'u, 'b> {
    pub(super) draw: Draw<'u, 'b>,
    pub(super) mix: Mix,
    /// Whether spawn definitions are allowed.
    spawn: bool,
    pub(super) instances: Vec<Instance>,
    pub(super) topology: Topology,
    pub(super) channels: Vec<Channel>,
}

impl<'u, 'b> Sketch<'u, 'b> {
    /// Draws the instances with their places in the topology, and nothing in them.
    pub(super) fn new(mut draw: Draw<'u, 'b>, mix: Mix) -> Self {
        let (spawn, fuel) = first_choices(&mut draw);
        let (mut instances, channels) = topology::draw(&mut draw, mix);
        instances[0].fuel = fuel;
        Sketch {
            draw,
            mix,
            spawn,
            topology: Topology::new(&instances),
            instances,
            channels,
        }
    }

    /// A builder that goes on with the instance `number`.
    pub(super) fn builder(&mut self, number: usize) -> Builder<'_, 'u, 'b> {
        Builder {
            draw: &mut self.draw,
            mix: self.mix,
            instance: self.instances[number].clone(),
            number,
            instances: &self.instances,
            topology: &self.topology,
            visible: self.topology.visible(number),
            channels: &self.channels,
            spawn: self.spawn,
            runs: Vec::new(),
            contents: Vec::new(),
            roles: Vec::new(),
            returns: Vec::new(),
            unlucky: Vec::new(),
        }
    }
}

/// Draws whether the plan may spawn, and the fuel of the first instance.
pub(super) fn first_choices(draw: &mut Draw) -> (bool, u32) {
    (draw.percent(SPAWN_PERCENT), draw.fuel())
}
