//! The schedule of a run as lanes: one for each thread, an event a dot, a switch an arrow; the native engine above the reference.
//!
//! A trace does not name threads. Generated programs log the running thread's index above the result of whatever can switch; what
//! has none goes to the lane that its function was last seen on. So a lane is a thread as far as the trace tells.

use crate::side_by_side::{INSTANTIATION, Traced};
use maud::{Markup, html};
use spawndiff_corpus::{Event, MARK};
use spawndiff_generators::limits::{POINTS_PER_FUNCTION, POINTS_PER_INSTANCE, STATE_POINT};
use spawndiff_judge::compare::What;
use spawndiff_observation::{End, InvocationObservation};
use std::collections::{BTreeMap, BTreeSet};

/// Thread indices from here on are results of something else.
const THREADS: u64 = 100;
/// So many events are drawn at most, from shortly before the first difference on.
const DRAWN: usize = 120;
/// So many of them before it.
const BEFORE: usize = 60;
/// From one event to the next.
const STEP: usize = 14;
/// From one lane to the next.
const ROW: usize = 20;
/// Where the first event is.
const LEFT: usize = 130;

/// A lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    /// The export that adds marks to a trace.
    Marks,
    /// A thread, by the number of its instance and its index.
    Thread(u32, u64),
    /// A function of an instance, where no thread is told of.
    Function(u32, u32),
}

impl Lane {
    fn name(self) -> String {
        match self {
            Lane::Marks => "marks".to_string(),
            Lane::Thread(instance, index) => format!("instance {instance}, thread {index}"),
            Lane::Function(instance, function) if function * POINTS_PER_FUNCTION >= STATE_POINT => {
                format!("instance {instance}, state")
            }
            Lane::Function(instance, function) => format!("instance {instance}, f{function}"),
        }
    }
}

/// The lane of each event.
fn lanes(events: &[Event]) -> Vec<Lane> {
    let mut last: BTreeMap<(u32, u32), Lane> = BTreeMap::new();
    let mut of = |event: &Event| {
        if event.point == MARK {
            return Lane::Marks;
        }
        let instance = event.point / POINTS_PER_INSTANCE;
        let function = event.point % POINTS_PER_INSTANCE / POINTS_PER_FUNCTION;
        let thread = event.value >> 32;
        if (1..THREADS).contains(&thread) {
            let lane = Lane::Thread(instance, thread);
            last.insert((instance, function), lane);
        }
        let unknown = Lane::Function(instance, function);
        last.get(&(instance, function)).copied().unwrap_or(unknown)
    };
    events.iter().map(&mut of).collect()
}

/// The invocation of a run in which the engines first differ, or its instantiation, or the last invocation, drawn.
pub fn drawing(run: &Traced<'_>) -> Markup {
    let differs = run.difference.as_ref();
    let made = [run.native, run.reference].map(|run| run.map_or(0, |run| run.invocations.len()));
    // An engine that failed made fewer: the last of those is where it did.
    let last = made.into_iter().find(|made| *made > 0);
    let last = last.map(|made| made - 1);
    let index = match differs {
        Some(it) if !matches!(it.what, What::Leftover { .. }) => it.invocation,
        Some(_) | None => last,
    };
    let seen = [run.native, run.reference].map(|run| run.and_then(|run| run.part(index)).cloned());
    let [native, reference] = seen.map(Option::unwrap_or_default);
    let first = differs.and_then(|it| match it.what {
        What::Event { position, .. } => Some(position),
        What::Returned { .. } | What::End { .. } => Some(native.events.len()),
        What::Leftover { .. } => None,
    });
    let mut titles = run.parts.iter().map(|part| part.title.as_str());
    let title = match index {
        None => titles.find(|title| *title == INSTANTIATION),
        Some(index) => titles.filter(|title| *title != INSTANTIATION).nth(index),
    };
    let title = title.unwrap_or_default();
    let from = first.unwrap_or(0).saturating_sub(BEFORE);
    let sides = [("native", &native), ("reference", &reference)];
    let laned = sides.map(|(_, seen)| lanes(&seen.events));
    let all: BTreeSet<Lane> = laned.iter().flatten().copied().collect();
    let all: Vec<Lane> = all.into_iter().collect();
    let longest = native.events.len().max(reference.events.len());
    let until = longest.min(from + DRAWN);
    let height = 2 * (all.len() + 2) * ROW;
    let width = LEFT + (until - from + 1) * STEP + 260;
    html! {
        p { @if let Some(index) = index { "Invocation " (index) ", " code { (title) } } @else { "The " (INSTANTIATION) }
            @if from > 0 { ", from event " (from) " on" }
            @if until < longest { "; " (longest - until) " more are not drawn" } }
        svg class="lanes" width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) role="img"
            aria-label="The schedule, a lane for each thread" {
            @for (side, (name, seen)) in sides.iter().enumerate() {
                (one(name, seen, &laned[side], &all, from..until, (side * (all.len() + 2)) * ROW))
            }
            @if let Some(first) = first {
                @let x = LEFT + (first - from) * STEP;
                line class="first" x1=(x) x2=(x) y1="0" y2=(height) { title { "first difference" } }
            }
        }
    }
}

/// One engine's lanes, from `top` on.
fn one(
    name: &str,
    seen: &InvocationObservation,
    laned: &[Lane],
    all: &[Lane],
    range: std::ops::Range<usize>,
    top: usize,
) -> Markup {
    let y = |lane: Lane| {
        let place = all.iter().position(|it| *it == lane).unwrap_or(0);
        top + (place + 1) * ROW + ROW / 2
    };
    let x = |index: usize| LEFT + (index - range.start) * STEP;
    let drawn = range.start..range.end.min(seen.events.len());
    let switches = drawn
        .clone()
        .skip(1)
        .filter(|&it| laned[it - 1] != laned[it]);
    let end = match (drawn.end == seen.events.len(), seen.end) {
        (false, _) => None,
        (true, End::Quiet) => Some("quiet".to_string()),
        (true, end) => Some(end.to_string()),
    };
    html! {
        text class="engine" x="0" y=(top + ROW - 6) { (name) }
        @for &lane in all {
            text x="0" y=(y(lane) + 4) { (lane.name()) }
            line class="lane" x1=(LEFT) x2=(x(range.end)) y1=(y(lane)) y2=(y(lane)) {}
        }
        @for to in switches {
            line class="switch" marker-end="url(#arrow)"
                x1=(x(to - 1)) y1=(y(laned[to - 1])) x2=(x(to)) y2=(y(laned[to])) {}
        }
        @for index in drawn.clone() {
            circle cx=(x(index)) cy=(y(laned[index])) r="3.5" { title { (index) ": " (seen.events[index]) } }
        }
        @if let Some(end) = end {
            text class="end" x=(x(drawn.end)) y=(top + ROW - 6) { (end) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(point: u32, value: u64) -> Event {
        Event { point, value }
    }

    #[test]
    fn a_lane_is_a_thread_where_the_trace_tells_and_a_function_where_it_never_did() {
        let (one, two) = (POINTS_PER_FUNCTION, 2 * POINTS_PER_FUNCTION);
        let events = [
            event(one, 7),
            event(one + 1, 3 << 32 | 7),
            event(two, 4 << 32),
            event(one + 2, 9),
            event(one + POINTS_PER_INSTANCE, u64::MAX),
            event(MARK, 1),
        ];
        let expected = [
            Lane::Function(0, 1),
            Lane::Thread(0, 3),
            Lane::Thread(0, 4),
            Lane::Thread(0, 3),
            Lane::Function(1, 1),
            Lane::Marks,
        ];
        assert_eq!(lanes(&events), expected);
    }
}
