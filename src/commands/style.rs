//! Colours. They are taken out again where standard output is no terminal, or the environment says `NO_COLOR`.

use anstyle::{AnsiColor, Style};

/// For what is as it should be.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// For what is to be looked at first.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// For what is to be noticed.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// For a heading.
pub const BOLD: Style = Style::new().bold();
/// For what need not be read.
pub const DIM: Style = Style::new().dimmed();

/// A text in a style.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
