//! The layout of a component's text: what is printed a word a line is put together to lines of a width that can be read.
//!
//! The text is a tree by its indentation, and only white space and comments change; what comes out is read again before it is
//! written to a file.

/// How wide a line becomes where it can.
const WIDTH: usize = 110;

/// The beginning of the comment that wasmprinter puts behind the start of a block.
const LABEL: &str = " ;; label = @";

/// A line and the lines indented below it, up to the line that closes it.
struct Node<'a> {
    head: &'a str,
    children: Vec<Node<'a>>,
    close: Option<&'a str>,
}

/// The text with lines put together. Lines that are comments stay as they are, but for those inside of the component
/// `without_comments`.
pub(crate) fn compact(text: &str, without_comments: Option<&str>) -> String {
    let mut inside = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let word = line.trim_start();
        if word.is_empty() {
            continue;
        }
        let indent = line.len() - word.len();
        if inside.is_some_and(|outside| indent <= outside) {
            inside = None;
        }
        if without_comments.is_some_and(|component| word == component) {
            inside = Some(indent);
        }
        if !(inside.is_some() && word.starts_with(";;")) {
            let word = word.split_once(LABEL).map_or(word, |(word, _)| word);
            lines.push((indent, word));
        }
    }
    let mut out = String::new();
    for node in nodes(&mut &lines[..], 0) {
        write(&node, 0, &mut out);
    }
    out
}

/// The nodes at `indent` and deeper.
fn nodes<'a>(lines: &mut &[(usize, &'a str)], indent: usize) -> Vec<Node<'a>> {
    let mut nodes = Vec::new();
    while let [(at, head), rest @ ..] = *lines
        && *at >= indent
    {
        *lines = rest;
        let children = self::nodes(lines, at + 1);
        let mut close = None;
        if let [(other, word), rest @ ..] = *lines
            && other == at
            && closes(word)
        {
            close = Some(*word);
            *lines = rest;
        }
        nodes.push(Node {
            head,
            children,
            close,
        });
    }
    nodes
}

/// Whether a line only closes what others have opened.
fn closes(line: &str) -> bool {
    line.chars().all(|c| c == ')')
}

impl Node<'_> {
    fn is_comment(&self) -> bool {
        self.head.starts_with(";;")
    }

    /// The kind of the line, if lines of its kind may stand side by side where they are short: instructions; definitions
    /// that only name something, or make an instance; imports; functions that are lifted and exported.
    fn kind(&self) -> Option<&'static str> {
        if !self.head.starts_with(['(', ';']) {
            return Some("instruction");
        }
        let kinds = [
            ("(type ", "type"),
            ("(core type ", "type"),
            ("(alias ", "type"),
            ("(instance ", "type"),
            ("(core instance ", "type"),
            ("(core module ", "type"),
            ("(import ", "import"),
            ("(export ", "export"),
            ("(core func ", "core func"),
            ("(elem ", "elem"),
        ];
        let lifted = self.head.starts_with("(func ") && self.head.contains(" (canon lift ");
        let mut kind = kinds
            .into_iter()
            .filter(|(of, _)| self.head.starts_with(of));
        let kind = kind.next().map(|(_, kind)| kind);
        kind.or(lifted.then_some("export"))
    }

    /// The node with all its children on one line; `None` if that is too long, or if there is a comment in it.
    fn flat(&self, width: usize) -> Option<String> {
        if self.is_comment() {
            return None;
        }
        let mut text = self.head.to_string();
        for child in &self.children {
            if !closes(child.head) {
                text.push(' ');
            }
            text += &child.flat(width)?;
            if text.len() > width {
                return None;
            }
        }
        text += self.close.unwrap_or_default();
        (text.len() <= width).then_some(text)
    }
}

fn write(node: &Node<'_>, indent: usize, out: &mut String) {
    let line = |out: &mut String, indent: usize, text: &str| {
        if text.is_empty() {
            return;
        }
        out.extend(std::iter::repeat_n(' ', indent));
        out.push_str(text);
        out.push('\n');
    };
    let width = WIDTH.saturating_sub(indent);
    if let Some(flat) = node.flat(width) {
        return line(out, indent, &flat);
    }
    line(out, indent, node.head);
    let below = indent + 2;
    let width = WIDTH.saturating_sub(below);
    let mut row = Row::default();
    for child in &node.children {
        let flat = child
            .kind()
            .and_then(|kind| Some((kind, child.flat(width)?)));
        match flat {
            Some((kind, text)) => {
                if row.kind != kind || row.text.len() + 1 + text.len() > width {
                    line(out, below, &row.take(kind));
                }
                if !row.text.is_empty() {
                    row.text.push(' ');
                }
                row.text += &text;
            }
            None => {
                line(out, below, &row.take(""));
                write(child, below, out);
            }
        }
    }
    line(out, below, &row.take(""));
    if let Some(close) = node.close {
        line(out, indent, close);
    }
}

/// A line that is not full yet, of one kind of things.
#[derive(Default)]
struct Row<'a> {
    kind: &'a str,
    text: String,
}

impl<'a> Row<'a> {
    /// Returns the text of the row, and begins the next row, of another kind.
    fn take(&mut self, kind: &'a str) -> String {
        self.kind = kind;
        std::mem::take(&mut self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_go_side_by_side_and_what_is_short_on_one_line() {
        let text = "(module\n  (func (;0;)\n    i32.const 0\n    if ;; label = @1\n      nop\n    end\n  )\n)\n";
        let flat = "(module (func (;0;) i32.const 0 if nop end))\n";
        assert_eq!(compact(text, None), flat);
        let long = format!("(func\n{}  drop\n)", "  i64.const 1234567\n".repeat(8));
        let laid = compact(&long, None);
        assert_eq!(laid.lines().count(), 4, "{laid}");
        assert!(laid.lines().all(|line| line.len() <= WIDTH), "{laid}");
        let words = |text: &str| {
            text.split_whitespace()
                .map(String::from)
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&laid), words(&long));
    }

    #[test]
    fn definitions_of_a_kind_share_lines_and_functions_do_not() {
        let definitions =
            "  (type (;0;) (func))\n  (type (;1;) (func))\n  (import \"a\" \"b\" (func))\n";
        let function = format!("  (func (;0;)\n{}  )\n", "    nop\n".repeat(20));
        let text = format!("(core module (;0;)\n{definitions}{function}{function})\n");
        let function = format!("  (func (;0;) {})\n", vec!["nop"; 20].join(" "));
        let rows = "  (type (;0;) (func)) (type (;1;) (func))\n  (import \"a\" \"b\" (func))\n";
        let laid = format!("(core module (;0;)\n{rows}{function}{function})\n");
        assert_eq!(compact(&text, None), laid);
    }

    #[test]
    fn comments_stay_on_lines_of_their_own_but_for_those_of_one_component() {
        let text = ";; one\n(component\n  ;; two\n  (component $host\n    (x\n      )\n\n    ;; three\n  )\n)\n";
        let laid = ";; one\n(component\n  ;; two\n  (component $host (x))\n)\n";
        assert_eq!(compact(text, Some("(component $host")), laid);
    }
}
