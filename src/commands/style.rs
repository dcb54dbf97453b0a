//! Colours. They are taken out again where standard output is no terminal, or the environment says `NO_COLOR`.

use anstyle::{AnsiColor, Style};

/// As it should be.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// To be looked at first.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// To be noticed.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// A heading.
pub const BOLD: Style = Style::new().bold();
/// For what need not be read.
pub const DIM: Style = Style::new().dimmed();

/// A text in a style.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
