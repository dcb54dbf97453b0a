//! Adds the canonical definitions of the imports of a core module.

use super::resolved::ResolvedPlan;
use super::types::{Defined, Scope, Types};
use crate::plan::signature::spills;
use crate::plan::{Callee, Direction, Encoding, Import, Instance, ValueType, wrap};
use wasm_encoder::{CanonicalOption, ComponentExportKind, ValType};

/// The core items of one component that its canonical definitions refer to, by their indices.
pub(super) struct Core {
    /// The core memory.
    pub(super) memory: u32,
    /// The core function `realloc`, where it is needed.
    pub(super) realloc: Option<u32>,
    /// The core tables.
    pub(super) tables: Vec<u32>,
    /// The core types `(func (param i32))`. At least one.
    pub(super) start_types: Vec<u32>,
}

impl Core {
    /// The start type that a number means.
    fn start_type(&self, number: usize) -> u32 {
        self.start_types[number % self.start_types.len()]
    }

    /// The options of a lift or a lowering through which strings or lists pass.
    pub(super) fn text(&self, encoding: Encoding, realloc: bool) -> Vec<CanonicalOption> {
        let mut options = vec![CanonicalOption::Memory(self.memory)];
        if realloc {
            options.extend(self.realloc.map(CanonicalOption::Realloc));
        }
        options.push(match encoding {
            Encoding::Utf8 => CanonicalOption::UTF8,
            Encoding::Utf16 => CanonicalOption::UTF16,
            Encoding::Latin1Utf16 => CanonicalOption::CompactUTF16,
        });
        options
    }
}

/// The component function that an import is lowered from; `None` if the import is a built-in.
pub(super) fn function(scope: &mut Scope, import: Import) -> Option<u32> {
    let (instance, name) = if let Import::Lowered { callee, .. } = import {
        let Callee { instance, entry } = callee;
        (scope.known[&instance], format!("e{entry}"))
    } else if import == Import::Log {
        (scope.host, "log".to_string())
    } else if import == Import::Mark {
        (scope.host, "mark".to_string())
    } else {
        return None;
    };
    let kind = ComponentExportKind::Func;
    Some(scope.assembly.alias(instance, &name, kind))
}

/// Adds the types that the definition of an import needs.
pub(super) fn prepare(scope: &mut Scope, resolved: &ResolvedPlan, import: Import) {
    if let Import::ChannelNew(channel)
    | Import::Copy { channel, .. }
    | Import::CancelCopy { channel, .. }
    | Import::DropEnd { channel, .. } = import
    {
        scope.defined(Defined::Channel(resolved.channels[channel]));
    } else if let Import::TaskReturn(Some(ty)) = import {
        scope.value(resolved, ty);
    }
}

/// Adds the definition of one core function, and returns its index. `function` is what [`function`] gave for it.
pub(super) fn define(
    scope: &mut Scope,
    resolved: &ResolvedPlan,
    number: usize,
    core: &Core,
    import: Import,
    function: Option<u32>,
) -> u32 {
    let instance = &resolved.instances[number];
    let channel = |scope: &mut Scope, channel: usize| {
        let channel = resolved.channels[channel];
        (scope.defined(Defined::Channel(channel)), channel)
    };
    let asynchronous_option = |asynchronous: bool| asynchronous.then_some(CanonicalOption::Async);
    match import {
        Import::Log | Import::Mark | Import::Lowered { .. } => {
            let mut options = Vec::new();
            if let Import::Lowered {
                callee,
                asynchronous,
            } = import
            {
                let entry = resolved.entry(callee);
                let text = entry
                    .params
                    .iter()
                    .chain(&entry.result)
                    .any(|&ty| ty.is_text());
                if text {
                    let returns = entry.result.is_some_and(ValueType::is_text);
                    options = core.text(instance.encoding, returns);
                } else if asynchronous && (entry.result.is_some() || spills(entry)) {
                    options.push(CanonicalOption::Memory(core.memory));
                }
                options.extend(asynchronous_option(asynchronous));
            }
            let function = function.expect("every one of these has a function");
            let (section, index) = scope.assembly.canon();
            section.lower(function, options);
            index
        }
        Import::Start(number) => start(scope, instance, core, number),
        Import::TaskReturn(ty) => {
            let text = resolved.is_textual(number) || ty.is_some_and(ValueType::is_text);
            let ty = ty.map(|ty: ValueType| scope.value(resolved, ty));
            let options = match text {
                true => core.text(instance.encoding, false),
                false => Vec::new(),
            };
            let (section, index) = scope.assembly.canon();
            section.task_return(ty, options);
            index
        }
        Import::ChannelNew(number) => {
            let (ty, channel) = channel(scope, number);
            let (section, index) = scope.assembly.canon();
            match channel.future {
                false => section.stream_new(ty),
                true => section.future_new(ty),
            };
            index
        }
        Import::Copy {
            channel: number,
            direction,
            asynchronous,
        } => {
            let (ty, channel) = channel(scope, number);
            let mut options = Vec::new();
            if channel.element.is_some() {
                options.push(CanonicalOption::Memory(core.memory));
            }
            options.extend(asynchronous_option(asynchronous));
            let (section, index) = scope.assembly.canon();
            match (channel.future, direction) {
                (false, Direction::Read) => section.stream_read(ty, options),
                (false, Direction::Write) => section.stream_write(ty, options),
                (true, Direction::Read) => section.future_read(ty, options),
                (true, Direction::Write) => section.future_write(ty, options),
            };
            index
        }
        Import::CancelCopy {
            channel: number,
            direction,
            asynchronous,
        } => {
            let (ty, channel) = channel(scope, number);
            let (section, index) = scope.assembly.canon();
            match (channel.future, direction) {
                (false, Direction::Read) => section.stream_cancel_read(ty, asynchronous),
                (false, Direction::Write) => section.stream_cancel_write(ty, asynchronous),
                (true, Direction::Read) => section.future_cancel_read(ty, asynchronous),
                (true, Direction::Write) => section.future_cancel_write(ty, asynchronous),
            };
            index
        }
        Import::DropEnd {
            channel: number,
            direction,
        } => {
            let (ty, channel) = channel(scope, number);
            let (section, index) = scope.assembly.canon();
            match (channel.future, direction) {
                (false, Direction::Read) => section.stream_drop_readable(ty),
                (false, Direction::Write) => section.stream_drop_writable(ty),
                (true, Direction::Read) => section.future_drop_readable(ty),
                (true, Direction::Write) => section.future_drop_writable(ty),
            };
            index
        }
        Import::ResourceNew => {
            let ty = scope.resource(number);
            let (section, index) = scope.assembly.canon();
            section.resource_new(ty);
            index
        }
        Import::ResourceRep => {
            let ty = scope.resource(number);
            let (section, index) = scope.assembly.canon();
            section.resource_rep(ty);
            index
        }
        Import::ResourceDrop(owner) => {
            let ty = scope.resource(owner);
            let (section, index) = scope.assembly.canon();
            section.resource_drop(ty);
            index
        }
        Import::SpawnRef(_)
        | Import::ResumeLater
        | Import::Suspend(_)
        | Import::Yield(_)
        | Import::SuspendThenResume(_)
        | Import::YieldThenResume(_)
        | Import::SuspendThenPromote(_)
        | Import::YieldThenPromote(_)
        | Import::ThreadIndex
        | Import::AvailableParallelism
        | Import::ContextGet(_)
        | Import::ContextSet(_)
        | Import::TaskCancel
        | Import::SubtaskCancel(_)
        | Import::SubtaskDrop
        | Import::SetNew
        | Import::SetWait(_)
        | Import::SetPoll(_)
        | Import::SetDrop
        | Import::Join
        | Import::BackpressureInc
        | Import::BackpressureDec => {
            let ty = if let Import::SpawnRef(ty) = import {
                ty
            } else {
                0
            };
            let spawn_type = core.start_type(ty);
            plain(scope, core.memory, spawn_type, import)
        }
    }
}

/// Adds a definition that starts threads from a table, and returns the index of its core function.
pub(super) fn start(scope: &mut Scope, instance: &Instance, core: &Core, number: usize) -> u32 {
    let start = &instance.starts[number];
    let ty = core.start_type(start.core_type);
    let table = wrap(start.table, core.tables.len()).expect("main imports it only then");
    let table = core.tables[table];
    let (section, index) = scope.assembly.canon();
    match start.spawn {
        false => section.thread_new_indirect(ty, table),
        true => section.thread_spawn_indirect(ty, table),
    };
    index
}

/// The definitions that need no type of their own.
fn plain(scope: &mut Scope, memory: u32, spawn_type: u32, import: Import) -> u32 {
    let (canon, index) = scope.assembly.canon();
    match import {
        Import::SpawnRef(_) => canon.thread_spawn_ref(spawn_type),
        Import::ResumeLater => canon.thread_resume_later(),
        Import::Suspend(cancellable) => canon.thread_suspend(cancellable),
        Import::Yield(cancellable) => canon.thread_yield(cancellable),
        Import::SuspendThenResume(cancellable) => canon.thread_suspend_then_resume(cancellable),
        Import::YieldThenResume(cancellable) => canon.thread_yield_then_resume(cancellable),
        Import::SuspendThenPromote(cancellable) => canon.thread_suspend_then_promote(cancellable),
        Import::YieldThenPromote(cancellable) => canon.thread_yield_then_promote(cancellable),
        Import::ThreadIndex => canon.thread_index(),
        Import::AvailableParallelism => canon.thread_available_parallelism(),
        Import::ContextGet(slot) => canon.context_get(ValType::I32, slot),
        Import::ContextSet(slot) => canon.context_set(ValType::I32, slot),
        Import::TaskCancel => canon.task_cancel(),
        Import::SubtaskCancel(asynchronous) => canon.subtask_cancel(asynchronous),
        Import::SubtaskDrop => canon.subtask_drop(),
        Import::SetNew => canon.waitable_set_new(),
        Import::SetWait(cancellable) => canon.waitable_set_wait(cancellable, memory),
        Import::SetPoll(cancellable) => canon.waitable_set_poll(cancellable, memory),
        Import::SetDrop => canon.waitable_set_drop(),
        Import::Join => canon.waitable_join(),
        Import::BackpressureInc => canon.backpressure_inc(),
        Import::BackpressureDec => canon.backpressure_dec(),
        Import::Log
        | Import::Mark
        | Import::Lowered { .. }
        | Import::Start(_)
        | Import::TaskReturn(_)
        | Import::ChannelNew(_)
        | Import::Copy { .. }
        | Import::CancelCopy { .. }
        | Import::DropEnd { .. }
        | Import::ResourceNew
        | Import::ResourceRep
        | Import::ResourceDrop(_) => unreachable!("`define` keeps these to itself"),
    };
    index
}
