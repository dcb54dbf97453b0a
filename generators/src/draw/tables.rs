//! Draws the types of the tables of the first instance, last of what it has: what was drawn before does not depend on them.

use super::builder::Builder;
use crate::plan::Element;

/// Draws typed references for tables that no definition starts threads from: what they hold gets into such a table by `table.copy`,
/// or is called.
pub(super) fn draw(builder: &mut Builder) {
    for number in 0..builder.instance.tables.len() {
        let mut starts = builder.instance.starts.iter();
        let percent = builder.mix.start_tables_percent;
        if starts.all(|start| start.table != number) && builder.draw.chance(percent) {
            builder.instance.tables[number].element = Element::Start;
        }
    }
}
