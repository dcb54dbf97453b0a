//! Makes a case smaller while it keeps the property that it was found for. The caller says what that property is: a
//! shrinker knows no engine.
//!
//! A search works first on the [`Plan`], where one step drops an instance, a call or an operation and everything that
//! belongs to it; then on the text of the component ([`component`]), where it takes away what the encoding puts around
//! any plan.

pub mod component;
mod operation;

use crate::plan::{
    Callback, Code, Element, Encoding, Entry, Instance, Instructions, Item, Lift, Op, Plan, Scalar,
    Smith, SmithBody, Target, ValueType,
};
pub(crate) use operation::cancellable;
use operation::{nested, simpler, spelled_out};

/// The smallest plan that a greedy search finds and that `keeps` holds of: each step drops or simplifies one thing, and the
/// search ends when no step is left that keeps it. `keeps` holds of `plan`.
///
/// ```
/// use spawndiff_generators::{Op, plan_from_seed, shrink};
///
/// let yields = |plan: &_| {
///     let mut found = false;
///     spawndiff_generators::Plan::visit(plan, &mut |op| found |= matches!(op, Op::Yield { .. }));
///     found
/// };
/// let plan = (0..).map(|index| plan_from_seed(1, index)).find(|plan| yields(plan)).unwrap();
/// let small = shrink::plan(&plan, &mut |plan| yields(plan));
/// let mut operations = 0;
/// small.visit(&mut |_| operations += 1);
/// assert_eq!((operations, small.instances.len()), (1, 1));
/// ```
pub fn plan(plan: &Plan, keeps: &mut dyn FnMut(&Plan) -> bool) -> Plan {
    let mut shrinking = Shrinking {
        plan: plan.clone(),
        keeps,
    };
    loop {
        let before = shrinking.plan.clone();
        shrinking.silence();
        shrinking.finish();
        shrinking.runs();
        shrinking.instances();
        shrinking.bodies();
        for instance in 0..shrinking.plan.instances.len() {
            shrinking.instance(instance);
        }
        shrinking.list(|plan| Some(&mut plan.channels));
        if shrinking.plan == before {
            return before;
        }
    }
}

struct Shrinking<'a> {
    plan: Plan,
    keeps: &'a mut dyn FnMut(&Plan) -> bool,
}

impl Shrinking<'_> {
    /// One step, taken if it changes something and keeps what is to be kept.
    fn attempt(&mut self, edit: impl FnOnce(&mut Plan)) -> bool {
        let mut other = self.plan.clone();
        edit(&mut other);
        let taken = other != self.plan && (self.keeps)(&other);
        if taken {
            self.plan = other;
        }
        taken
    }

    /// Drops parts of a list: halves, quarters, and so on to single elements.
    fn list<T>(&mut self, list: impl Fn(&mut Plan) -> Option<&mut Vec<T>>) {
        let length = |plan: &mut Plan| list(plan).map_or(0, |list| list.len());
        let mut size = length(&mut self.plan);
        while size > 0 {
            let mut at = 0;
            while at < length(&mut self.plan) {
                let dropped = self.attempt(|plan| {
                    if let Some(list) = list(plan) {
                        list.drain(at..(at + size).min(list.len()));
                    }
                });
                if !dropped {
                    at += size;
                }
            }
            size /= 2;
        }
    }

    /// Drops the last elements of a list that others refer to by number, as long as that goes.
    fn tail<T>(&mut self, list: impl Fn(&mut Plan) -> &mut Vec<T>) {
        while self.attempt(|plan| {
            list(plan).pop();
        }) {}
    }

    /// Silences all instances, or else each alone. Then what they did before has to show in how the run ends: that a run
    /// goes on shows if it returns.
    fn silence(&mut self) {
        let all = |plan: &mut Plan| plan.instances.iter_mut().for_each(|it| it.silent = true);
        let and_return = |plan: &mut Plan| {
            all(plan);
            plan.instances
                .iter_mut()
                .flat_map(|it| &mut it.entries)
                .for_each(returns);
        };
        if !self.attempt(all) && !self.attempt(and_return) {
            for instance in 0..self.plan.instances.len() {
                self.attempt(|plan| plan.instances[instance].silent = true);
            }
        }
    }

    /// Lets tasks return. This is the one step that adds something: what a run logged can be asked for only if the run
    /// does not end in a trap. Where that does not matter, the addition goes again.
    fn finish(&mut self) {
        for instance in 0..self.plan.instances.len() {
            for entry in 0..self.plan.instances[instance].entries.len() {
                self.attempt(|plan| returns(&mut plan.instances[instance].entries[entry]));
            }
        }
    }

    fn runs(&mut self) {
        self.list(|plan| Some(&mut plan.runs));
        for run in 0..self.plan.runs.len() {
            self.list(|plan| plan.runs.get_mut(run));
            for call in 0..self.plan.runs[run].len() {
                self.attempt(|plan| plan.runs[run][call].args.clear());
            }
        }
    }

    fn instances(&mut self) {
        for instance in (1..self.plan.instances.len()).rev() {
            if !self.attempt(|plan| {
                plan.instances.remove(instance);
            }) {
                // The number of the instance stays, so that the numbers of others still mean the same.
                self.attempt(|plan| plan.instances[instance] = Instance::default());
            }
        }
    }

    fn bodies(&mut self) {
        let mut number = 0;
        while body(&mut self.plan, number).is_some() {
            self.list(|plan| body(plan, number));
            let mut at = 0;
            while let Some(op) = body(&mut self.plan, number).and_then(|ops| ops.get(at).cloned()) {
                self.operation(number, at, &op);
                at += 1;
            }
            number += 1;
        }
    }

    /// Replaces an operation by what is nested in it, or by a simpler one of its kind.
    fn operation(&mut self, number: usize, at: usize, op: &Op) {
        let replaced = |plan: &mut Plan, by: &[Op]| {
            if let Some(ops) = body(plan, number) {
                ops.splice(at..=at, by.iter().cloned());
            }
        };
        for inner in nested(&mut op.clone()) {
            if self.attempt(|plan| replaced(plan, inner)) {
                return;
            }
        }
        for all in spelled_out(op) {
            if self.attempt(|plan| replaced(plan, &all)) {
                return;
            }
        }
        for simple in simpler(op) {
            self.attempt(|plan| replaced(plan, &[simple]));
        }
    }

    fn instance(&mut self, i: usize) {
        self.attempt(|plan| plan.instances[i].wrappers = 0);
        self.attempt(|plan| plan.instances[i].parent = None);
        self.attempt(|plan| plan.instances[i].resource = None);
        self.attempt(|plan| plan.instances[i].encoding = Encoding::Utf8);
        self.attempt(|plan| plan.instances[i].misplacement = None);
        self.random_code(i);
        for table in 0..self.plan.instances[i].tables.len() {
            self.attempt(|plan| plan.instances[i].tables[table].element = Element::Func);
        }
        for number in 0..self.plan.instances[i].starts.len() {
            self.attempt(|plan| {
                let instance = &mut plan.instances[i];
                let starts = instance.starts.len();
                // Most engines have `thread.new-indirect`, and then the case runs under their own runners as it is.
                if std::mem::take(&mut instance.starts[number].spawn) {
                    instance
                        .bodies_mut()
                        .into_iter()
                        .for_each(|body| resume_later(body, starts, number));
                }
            });
        }
        self.list(|plan| Some(&mut plan.instances[i].segments));
        for segment in 0..self.plan.instances[i].segments.len() {
            for item in 0..self.plan.instances[i].segments[segment].items.len() {
                self.attempt(|plan| plan.instances[i].segments[segment].items[item] = Item::Null);
            }
            self.tail(|plan| &mut plan.instances[i].segments[segment].items);
        }
        for entry in 0..self.plan.instances[i].entries.len() {
            self.entry(i, entry);
        }
        self.attempt(|plan| plan.instances[i].tables_in_main = false);
        self.tail(|plan| &mut plan.instances[i].functions);
        self.tail(|plan| &mut plan.instances[i].entries);
        self.tail(|plan| &mut plan.instances[i].tables);
        self.tail(|plan| &mut plan.instances[i].globals);
        self.tail(|plan| &mut plan.instances[i].starts);
        self.tail(|plan| &mut plan.instances[i].core_types);
        self.tail(|plan| &mut plan.instances[i].signatures);
    }

    /// Drops the module of wasm-smith, or else what it need not have: a body becomes its calls, or nothing.
    fn random_code(&mut self, i: usize) {
        if self.attempt(|plan| plan.instances[i].smith = None) {
            return;
        }
        let edit = |plan: &mut Plan, edit: &dyn Fn(&mut Smith)| {
            plan.instances[i].smith.iter_mut().for_each(edit);
        };
        let functions = self.plan.instances[i].smith.as_ref();
        for number in 0..functions.map_or(0, |smith| smith.functions.len()) {
            for body in [SmithBody::Nothing, SmithBody::Calls] {
                if self.attempt(|plan| edit(plan, &|it| it.functions[number].body = body)) {
                    break;
                }
            }
            self.list(|plan| {
                Some(&mut plan.instances[i].smith.as_mut()?.functions[number].entries)
            });
        }
        while self.attempt(|plan| {
            edit(plan, &|it| drop(it.functions.pop()));
        }) {}
        self.list(|plan| Some(&mut plan.instances[i].smith.as_mut()?.built_ins));
        self.list(|plan| Some(&mut plan.instances[i].smith.as_mut()?.helpers));
        for change in [
            |it: &mut Smith| it.has_tables = false,
            |it: &mut Smith| it.has_globals = false,
            |it: &mut Smith| it.instructions = Instructions::default(),
        ] {
            self.attempt(|plan| edit(plan, &change));
        }
        while self.attempt(|plan| edit(plan, &|it| it.bytes.truncate(it.bytes.len() / 2))) {}
    }

    fn entry(&mut self, i: usize, e: usize) {
        self.attempt(|plan| plan.instances[i].entries[e].post_return = None);
        self.attempt(|plan| {
            let result = plan.instances[i].entries[e].result.take();
            for body in plan.instances[i].bodies_mut() {
                return_nothing(body, result);
            }
        });
        self.attempt(|plan| plan.instances[i].entries[e].result = None);
        self.list(|plan| Some(&mut plan.instances[i].entries[e].params));
        self.attempt(|plan| plan.instances[i].entries[e].lift = Lift::Stackful);
        self.callback(i, e, |callback| callback.countdown = 0);
        self.callback(i, e, |callback| callback.first = Code::Exit);
        self.callback(i, e, |callback| callback.last_code = Code::Exit);
        self.callback(i, e, |callback| callback.heeds = false);
    }

    fn callback(&mut self, i: usize, e: usize, edit: impl FnOnce(&mut Callback)) {
        self.attempt(|plan| {
            if let Lift::Callback(callback) = &mut plan.instances[i].entries[e].lift {
                edit(callback);
            }
        });
    }
}

/// The body with a number, nested ones counted where they stand.
pub(crate) fn body(plan: &mut Plan, mut number: usize) -> Option<&mut Vec<Op>> {
    let bodies = plan.instances.iter_mut().flat_map(Instance::bodies_mut);
    for body in bodies {
        if let Some(found) = in_body(body, &mut number) {
            return Some(found);
        }
    }
    None
}

/// Makes an entry that may return, and does not, return at its end.
fn returns(entry: &mut Entry) {
    fn is_return(op: &mut Op) -> bool {
        matches!(op, Op::TaskReturn { .. } | Op::Finish { .. })
            || nested(op).into_iter().flatten().any(is_return)
    }
    let has_returned = match &mut entry.lift {
        Lift::SyncTyped(_) | Lift::Sync(_) => true,
        Lift::Stackful => false,
        Lift::Callback(callback) => {
            let mut ops = callback.body.iter_mut().chain(&mut callback.last);
            ops.any(is_return)
        }
    };
    if !has_returned && !entry.body.iter_mut().any(is_return) {
        entry.body.push(Op::TaskReturn {
            result: entry.result,
            value: Scalar::Bits(0),
        });
    }
}

/// Makes the operations that return a result of type `of` return none.
fn return_nothing(body: &mut [Op], of: Option<ValueType>) {
    for op in body {
        if let Op::TaskReturn { result, .. } | Op::Finish { result, .. } = op
            && *result == of
        {
            *result = None;
        }
        for inner in nested(op) {
            return_nothing(inner, of);
        }
    }
}

/// Makes the threads that a definition spawned ready by `thread.resume-later`.
fn resume_later(body: &mut Vec<Op>, starts: usize, number: usize) {
    let mut at = 0;
    while at < body.len() {
        nested(&mut body[at])
            .into_iter()
            .for_each(|inner| resume_later(inner, starts, number));
        at += 1;
        if matches!(body[at - 1], Op::Start { start, .. } if start % starts == number) {
            let target = Target::Last;
            body.insert(at, Op::ResumeLater { target });
            at += 1;
        }
    }
}

fn in_body<'a>(body: &'a mut Vec<Op>, number: &mut usize) -> Option<&'a mut Vec<Op>> {
    if *number == 0 {
        return Some(body);
    }
    *number -= 1;
    for op in body {
        for inner in nested(op) {
            if let Some(found) = in_body(inner, number) {
                return Some(found);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bodies, Mix, encode, plan_from_seed, plan_from_seed_with};

    /// How often the text of a plan's component calls the host's `log`, which is the first import of each module.
    fn logs(plan: &Plan) -> usize {
        let text = wasmprinter::print_bytes(&encode(plan).component).expect("it can be printed");
        text.lines().filter(|line| line.trim() == "call 0").count()
    }

    #[test]
    fn a_silent_plan_calls_log_only_to_tell_its_state() {
        for index in 0..50 {
            // The code of wasm-smith logs as it likes.
            let mix = Mix::default().with_bodies(Bodies::Own);
            let loud = plan_from_seed_with(1, index, mix);
            let mut silent = loud.clone();
            silent.instances.iter_mut().for_each(|it| it.silent = true);
            // Every function logs that it begins; every instance, at the end, two values and each global and table.
            let state = |it: &Instance| 3 + it.globals.len() + 2 * it.tables.len();
            let most: usize = silent.instances.iter().map(state).sum();
            assert!(logs(&silent) <= most, "case {index}: {}", logs(&silent));
            assert!(logs(&silent) < logs(&loud), "case {index}");
        }
    }

    #[test]
    fn what_was_spawned_is_made_ready_by_resume_later() {
        // Whether a thread is spawned, and whether one is made ready otherwise.
        let ways = |plan: &Plan| {
            let definitions = plan.instances.first().map_or(&[][..], |it| &it.starts);
            let (mut spawned, mut resumed) = (false, false);
            plan.visit(&mut |op| match op {
                Op::Start { start, .. } if !definitions.is_empty() => {
                    spawned |= definitions[start % definitions.len()].spawn;
                }
                Op::ResumeLater { .. } => resumed = true,
                _ => {}
            });
            (spawned, resumed)
        };
        let all = (0..).map(|index| plan_from_seed(1, index));
        let spawning = all.filter(|plan| plan.instances.len() == 1 && ways(plan) == (true, false));
        for large in spawning.take(3) {
            let small = plan(&large, &mut |plan| ways(plan) != (false, false));
            assert_eq!(ways(&small), (false, true), "{small:?}");
        }
    }

    #[test]
    fn logs_that_are_not_needed_go() {
        let small = plan(&plan_from_seed(1, 3), &mut |plan| !plan.runs.is_empty());
        assert!(small.instances.iter().all(|instance| instance.silent));
    }
}
