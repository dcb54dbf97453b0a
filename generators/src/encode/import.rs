//! Makes each import of `main` name things that exist: every index in it is taken modulo the number of things that there
//! are.

use super::resolved::ResolvedPlan;
use crate::plan::{Import, wrap};

/// The import of an instance with its indices made valid; `log` where there is nothing that it could name.
pub(super) fn wrapped(resolved: &ResolvedPlan, number: usize, import: Import) -> Import {
    let instance = &resolved.instances[number];
    match import {
        Import::Start(start) => match wrap(start, instance.starts.len()) {
            Some(start) if !instance.tables.is_empty() => Import::Start(start),
            Some(_) | None => Import::Log,
        },
        Import::SpawnRef(core_type) => {
            let start_types = instance
                .core_types
                .iter()
                .filter(|ty| ty.is_start())
                .count();
            Import::SpawnRef(wrap(core_type, start_types).unwrap_or(0))
        }
        Import::ContextGet(slot) => Import::ContextGet(slot % 2),
        Import::ContextSet(slot) => Import::ContextSet(slot % 2),
        Import::TaskReturn(result) => {
            let result = result.map(|ty| resolved.resolve_result(number, ty));
            Import::TaskReturn(result)
        }
        Import::Log
        | Import::Mark
        | Import::ResumeLater
        | Import::Suspend(_)
        | Import::Yield(_)
        | Import::SuspendThenResume(_)
        | Import::YieldThenResume(_)
        | Import::SuspendThenPromote(_)
        | Import::YieldThenPromote(_)
        | Import::ThreadIndex
        | Import::AvailableParallelism
        | Import::TaskCancel
        | Import::SubtaskCancel(_)
        | Import::SubtaskDrop
        | Import::SetNew
        | Import::SetWait(_)
        | Import::SetPoll(_)
        | Import::SetDrop
        | Import::Join
        | Import::BackpressureInc
        | Import::BackpressureDec => import,
        Import::Lowered {
            callee,
            asynchronous,
        } => match resolved.callee(number, callee) {
            Some(callee) => Import::Lowered {
                callee,
                asynchronous: asynchronous && resolved.entry(callee).is_async(),
            },
            None => Import::Log,
        },
        Import::ChannelNew(channel) => {
            let channel = resolved.channel(channel);
            channel.map_or(Import::Log, Import::ChannelNew)
        }
        Import::Copy {
            channel,
            direction,
            asynchronous,
        } => match resolved.channel(channel) {
            Some(channel) => Import::Copy {
                channel,
                direction,
                asynchronous,
            },
            None => Import::Log,
        },
        Import::CancelCopy {
            channel,
            direction,
            asynchronous,
        } => match resolved.channel(channel) {
            Some(channel) => Import::CancelCopy {
                channel,
                direction,
                asynchronous,
            },
            None => Import::Log,
        },
        Import::DropEnd { channel, direction } => match resolved.channel(channel) {
            Some(channel) => Import::DropEnd { channel, direction },
            None => Import::Log,
        },
        Import::ResourceNew | Import::ResourceRep => match resolved.resource(number, number) {
            Some(_) => import,
            None => Import::Log,
        },
        Import::ResourceDrop(owner) => {
            let owner = resolved.resource(number, owner);
            owner.map_or(Import::Log, Import::ResourceDrop)
        }
    }
}
