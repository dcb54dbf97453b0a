//! Draws the types of the tables of the first instance, last of what it has, and which module has the tables of an instance, last of
//! all: what was drawn before does not depend on them.

use super::builder::Builder;
use super::sketch::Sketch;
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

/// Draws which instances have their tables in `main`. A start function of `main` could start no thread there.
pub(super) fn place(sketch: &mut Sketch) {
    let percent = sketch.mix.tables_in_main_percent;
    for number in 0..sketch.instances.len() {
        let starts = !sketch.instances[number].start_function.is_empty();
        if !starts && sketch.draw.chance(percent) {
            sketch.instances[number].tables_in_main = true;
        }
    }
}
