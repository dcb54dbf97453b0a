//! The printed text of a component as a tree: the lines indented below a line belong to it.

/// A line, the lines indented below it, and the line that closes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) head: String,
    pub(super) children: Vec<Node>,
    pub(super) tail: Option<String>,
}

impl Node {
    pub(super) fn leaf(head: &str) -> Node {
        Node {
            head: head.to_string(),
            children: Vec::new(),
            tail: None,
        }
    }
}

/// The tree of a text in which each line stands deeper than the one that it belongs to. A line that only closes, or `else` or
/// `end`, belongs to the one that it ends.
pub(super) fn nodes(text: &str) -> Vec<Node> {
    let lines: Vec<(usize, &str)> = text
        .lines()
        .map(|line| (line.len() - line.trim_start().len(), line.trim()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    list(&lines)
}

fn list(lines: &[(usize, &str)]) -> Vec<Node> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (depth, head) = lines[at];
        let inner = lines[at + 1..]
            .iter()
            .take_while(|(other, _)| *other > depth)
            .count();
        let below = &lines[at + 1..at + 1 + inner];
        at += 1 + inner;
        let mut node = Node {
            head: head.to_string(),
            children: list(below),
            tail: None,
        };
        match lines.get(at) {
            Some((_, "else")) => {
                // One side of a choice is no node of its own: both stay or go.
                let (else_depth, _) = lines[at];
                let inner = lines[at + 1..]
                    .iter()
                    .take_while(|(other, _)| *other > else_depth)
                    .count();
                node.children.push(Node {
                    head: "else".to_string(),
                    children: list(&lines[at + 1..at + 1 + inner]),
                    tail: None,
                });
                at += 1 + inner;
                if lines.get(at).is_some_and(|(_, line)| *line == "end") {
                    node.tail = Some("end".to_string());
                    at += 1;
                }
            }
            Some((_, tail)) if closes(tail) && opens(head) => {
                node.tail = Some((*tail).to_string());
                at += 1;
            }
            _ => {}
        }
        all.push(node);
    }
    all
}

fn closes(line: &str) -> bool {
    line == "end" || line.chars().all(|c| c == ')')
}

/// Whether a line is one that another closes: it opens more than it closes, or it begins a block.
fn opens(head: &str) -> bool {
    let word = head.split([' ', '(']).next().unwrap_or_default();
    if matches!(word, "block" | "loop" | "if" | "try_table") {
        return true;
    }
    let mut depth = 0i32;
    let mut quoted = false;
    let mut chars = head.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => {
                chars.next();
            }
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}

/// The text of a tree.
pub(super) fn text(nodes: &[Node]) -> String {
    let mut out = String::new();
    write(nodes, &mut out);
    out
}

fn write(nodes: &[Node], out: &mut String) {
    for node in nodes {
        *out += &node.head;
        out.push('\n');
        write(&node.children, out);
        if let Some(tail) = &node.tail {
            *out += tail;
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
(component
  (core module $m
    (func $f (param i32) (result i32)
      local.get 0
      if (result i32) ;; label = @1
        i32.const 1
      else
        i32.const 2
      end
    )
    (export \"a)(\" (func $f))
  )
)";

    #[test]
    fn a_text_is_a_tree_and_the_tree_is_the_text() {
        let root = nodes(TEXT);
        assert_eq!(root.len(), 1);
        let module = &root[0].children[0];
        assert_eq!(module.children.len(), 2);
        let body = &module.children[0].children;
        assert_eq!(body.len(), 2);
        assert_eq!(body[1].tail.as_deref(), Some("end"));
        let lines = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.trim().to_string()).collect()
        };
        assert_eq!(lines(&text(&root)), lines(TEXT));
    }
}
