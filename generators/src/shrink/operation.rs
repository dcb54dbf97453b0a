//! The simpler operations that may take the place of an operation of a plan.

use crate::limits::SUBTASKS;
use crate::plan::{Handle, Index, Op, Operand, Passing, Scalar};

/// The lists of operations that are nested in an operation.
pub(super) fn nested(op: &mut Op) -> Vec<&mut Vec<Op>> {
    match op {
        Op::Loop { body, .. } => vec![body],
        Op::If {
            then, otherwise, ..
        } => vec![then, otherwise],
        _ => Vec::new(),
    }
}

/// Simpler operations of the same kind, each simpler in one way.
pub(super) fn simpler(op: &Op) -> Vec<Op> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Op)| {
        let mut other = op.clone();
        change(&mut other);
        if other != *op {
            all.push(other);
        }
    };
    with(&|op| operands(op, &mut |operand| *operand = Operand::Const(0)));
    with(&|op| {
        if let Some(flag) = cancellable(op) {
            *flag = false;
        }
    });
    with(&|op| {
        if let Op::Copy { offset, .. } = op {
            *offset = 0;
        }
    });
    with(&|op| match op {
        Op::Yield { offer, .. } => *offer = false,
        Op::Suspend { park, .. }
        | Op::SuspendThenResume { park, .. }
        | Op::SuspendThenPromote { park, .. } => *park = None,
        Op::Loop { count, .. } | Op::Copy { count, .. } => *count = 1,
        Op::BackpressureInc { times } => *times = 1,
        Op::Invoke { args, .. } => args.clear(),
        Op::Start { index, .. } | Op::CallIndirect { index, .. } => *index = Index::Const(0),
        _ => {}
    });
    all
}

/// Lists of operations that say one by one what an operation does with a loop around it.
pub(super) fn spelled_out(op: &Op) -> Vec<Vec<Op>> {
    if *op != Op::Drain {
        return Vec::new();
    }
    let passing = Passing::Daring;
    let one = |slot| {
        let (handle, set) = (Handle::Subtask(slot), Handle::Set(0));
        let drop = Op::SubtaskDrop { handle, passing };
        let offer = Op::Yield {
            cancellable: false,
            offer: false,
        };
        let wait = [
            Op::SetNew { slot: 0 },
            Op::Join {
                handle,
                set: Some(set),
            },
            Op::SetWait {
                handle: set,
                cancellable: false,
                passing,
            },
        ];
        let mut waits = wait.to_vec();
        waits.push(drop.clone());
        [
            vec![offer.clone()],
            vec![drop.clone()],
            vec![offer, drop],
            waits,
        ]
    };
    (0..SUBTASKS).flat_map(one).collect()
}

/// Visits the operands of an operation that do not name a thread.
fn operands(op: &mut Op, visit: &mut dyn FnMut(&mut Operand)) {
    match op {
        Op::Start { context, .. } | Op::SpawnRef { context, .. } => visit(context),
        Op::Call { argument, .. }
        | Op::CallIndirect { argument, .. }
        | Op::CallSmith { argument, .. } => visit(argument),
        Op::ContextSet { value, .. }
        | Op::Store { value, .. }
        | Op::GlobalSet { value, .. }
        | Op::Copy { value, .. }
        | Op::Mark { value }
        | Op::Log { value }
        | Op::ResourceNew { rep: value, .. } => visit(value),
        Op::TaskReturn {
            value: Scalar::Computed(operand),
            ..
        }
        | Op::Finish {
            value: Scalar::Computed(operand),
            ..
        } => visit(operand),
        _ => {}
    }
}

/// The flag that says whether an operation is `cancellable`; `None` if the operation has no such flag.
pub(crate) fn cancellable(op: &mut Op) -> Option<&mut bool> {
    match op {
        Op::Suspend { cancellable, .. }
        | Op::Yield { cancellable, .. }
        | Op::SuspendThenResume { cancellable, .. }
        | Op::YieldThenResume { cancellable, .. }
        | Op::SuspendThenPromote { cancellable, .. }
        | Op::YieldThenPromote { cancellable, .. }
        | Op::SetWait { cancellable, .. }
        | Op::SetPoll { cancellable, .. } => Some(cancellable),
        _ => None,
    }
}
