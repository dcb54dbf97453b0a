//! `task.return` without `memory` works in a task that is lifted with one.

use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{CanonicalOptions, TaskId};

/// Whether `task.return` works that names no memory where `canon lift` does.
pub(crate) fn returns_without_memory(
    st: &mut St<'_>,
    task: TaskId,
    opts: &CanonicalOptions,
) -> bool {
    let lifted = st.get_task(task).opts();
    opts.string_encoding == lifted.string_encoding
        && opts.memory.is_none()
        && deviates(st, Deviation::ReturnsWithoutMemory)
}
