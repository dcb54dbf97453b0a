//! Makes components smaller: the printed text is a tree by its indentation, and parts of it are taken away as long as the
//! rest is a component that keeps the property that the case was found for.
//!
//! Everything has a name in that text, so that the rest still means the same.

mod tree;

use spawndiff_corpus::{Case, Run};
use std::collections::BTreeSet;
use tree::{Node, nodes, text};
use wasmparser::{Validator, WasmFeatures};

/// How many instructions in a row are taken away together, or made a constant, at any place of a body.
const WINDOW: usize = 6;
/// The largest number that is tried, from 1 on, in the place of a handle or thread index that is loaded from memory.
const HANDLES: u32 = 4;

/// The smallest case that a greedy search finds and that `keeps` holds of, starting from one that it holds of: first fewer
/// runs and calls, then less of the component. A component that cannot be printed stays as it is.
pub fn case(case: &Case, keeps: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut case = case.clone();
    let mut index = case.runs.len();
    while index > 0 {
        index -= 1;
        let mut other = case.clone();
        other.runs.remove(index);
        if !other.runs.is_empty() && keeps(&other) {
            case = other;
            continue;
        }
        for call in (0..case.runs[index].invocations.len()).rev() {
            let mut other = case.clone();
            other.runs[index].invocations.remove(call);
            if keeps(&other) {
                case = other;
            }
        }
    }
    let runs: Vec<Run> = case.runs.clone();
    let of = |component: Vec<u8>| Case {
        component,
        runs: runs.clone(),
    };
    if let Some(component) = smaller(&case.component, &mut |component| {
        keeps(&of(component.to_vec()))
    }) {
        case.component = component;
    }
    case
}

/// The component after every step that could be taken; none if it cannot be printed and read again.
fn smaller(component: &[u8], keeps: &mut dyn FnMut(&[u8]) -> bool) -> Option<Vec<u8>> {
    let root = named(component)?;
    let encoded = encode(&text(&root))?;
    // The unshared form of some built-ins is valid to no validator yet: then the engines have to say so.
    let valid = validates(&encoded);
    if !keeps(&encoded) {
        return None;
    }
    let mut reducing = Reducing {
        root,
        best: encoded,
        valid,
        keeps,
    };
    loop {
        let before = text(&reducing.root);
        reducing.imports();
        reducing.list(&mut Vec::new());
        if text(&reducing.root) == before {
            return Some(reducing.best);
        }
    }
}

/// The tree of the text, with a name for everything.
fn named(component: &[u8]) -> Option<Vec<Node>> {
    let mut printed = String::new();
    wasmprinter::Config::new()
        .name_unnamed(true)
        .print(component, &mut wasmprinter::PrintFmtWrite(&mut printed))
        .ok()?;
    let mut root = nodes(&printed);
    root.iter_mut().for_each(|node| name_inside(node, false));
    root.iter_mut().for_each(one_local_a_line);
    Some(root)
}

/// Puts each local on a line of its own, so that they are taken away one by one.
fn one_local_a_line(node: &mut Node) {
    const BETWEEN: &str = ") (local ";
    let children = std::mem::take(&mut node.children);
    for mut child in children {
        if child.head.starts_with("(local ") && child.head.contains(BETWEEN) {
            let locals = child
                .head
                .trim_start_matches("(local ")
                .trim_end_matches(')');
            let locals = locals.split(BETWEEN);
            node.children
                .extend(locals.map(|it| Node::leaf(&format!("(local {it})"))));
        } else {
            one_local_a_line(&mut child);
            node.children.push(child);
        }
    }
}

/// Moves the name of an export in a type inside its description, which is not where wasmprinter writes it.
fn name_inside(node: &mut Node, in_type: bool) {
    let words: Vec<&str> = node.head.splitn(4, ' ').collect();
    if in_type
        && let ["(export", name, _, rest] = words[..]
        && let Some((text, what)) = rest.split_once(" (")
        && let Some((kind, what)) = what.split_once(' ')
    {
        node.head = format!("(export {text} ({kind} {name} {what}");
    }
    let in_type = in_type || node.head.starts_with("(type ");
    for child in &mut node.children {
        name_inside(child, in_type);
    }
}

fn encode(text: &str) -> Option<Vec<u8>> {
    let buffer = wast::parser::ParseBuffer::new(text).ok()?;
    let mut wat: wast::Wat<'_> = wast::parser::parse(&buffer).ok()?;
    spawndiff_corpus::component_from_text(&wat.encode().ok()?).ok()
}

fn validates(component: &[u8]) -> bool {
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(component)
        .is_ok()
}

struct Reducing<'a> {
    root: Vec<Node>,
    best: Vec<u8>,
    valid: bool,
    keeps: &'a mut dyn FnMut(&[u8]) -> bool,
}

impl Reducing<'_> {
    /// The list of nodes at a path from the root.
    fn at(&mut self, path: &[usize]) -> &mut Vec<Node> {
        let mut list = &mut self.root;
        for &index in path {
            list = &mut list[index].children;
        }
        list
    }

    /// Takes the nodes `range` of the list at `path` away, or puts others in their place.
    fn attempt(&mut self, path: &[usize], range: std::ops::Range<usize>, by: Vec<Node>) -> bool {
        let before = self.root.clone();
        self.at(path).splice(range, by);
        self.settle(before)
    }

    /// Keeps the tree as it is now if it has the property, and goes back to the tree `before` if not.
    fn settle(&mut self, before: Vec<Node>) -> bool {
        let encoded = encode(&text(&self.root)).filter(|it| !self.valid || validates(it));
        let taken = encoded
            .as_ref()
            .is_some_and(|it| *it != self.best && (self.keeps)(it));
        match (taken, encoded) {
            (true, Some(encoded)) => self.best = encoded,
            _ => self.root = before,
        }
        taken
    }

    /// Takes away imports of components, each with the arguments that are given for it: the one does not go without the
    /// other.
    fn imports(&mut self) {
        let mut names = BTreeSet::new();
        self.root.iter().for_each(|node| imported(node, &mut names));
        for name in names {
            let before = self.root.clone();
            not_importing(&mut self.root, &name);
            self.settle(before);
        }
    }

    /// Takes away what it can of the list at `path`, and then of each of its nodes.
    fn list(&mut self, path: &mut Vec<usize>) {
        let mut size = self.at(path).len();
        while size > 0 {
            let mut at = 0;
            while at < self.at(path).len() {
                let end = (at + size).min(self.at(path).len());
                if !self.attempt(path, at..end, Vec::new()) {
                    at += size;
                }
            }
            size /= 2;
        }
        self.instructions(path);
        let mut index = 0;
        while index < self.at(path).len() {
            if !self.at(path)[index].children.is_empty() {
                path.push(index);
                self.list(path);
                path.pop();
            }
            index += 1;
        }
    }

    /// In a body: takes away instructions that only go together, and puts constants in the place of what is computed.
    fn instructions(&mut self, path: &[usize]) {
        let mut at = 0;
        while at < self.at(path).len() {
            let instruction = |node: &Node| !node.head.starts_with('(');
            if !instruction(&self.at(path)[at]) {
                at += 1;
                continue;
            }
            let most = WINDOW.min(self.at(path).len() - at);
            let taken = (2..=most).any(|size| self.attempt(path, at..at + size, Vec::new()));
            if taken || self.kept_in_local(path, at) {
                continue;
            }
            let node = self.at(path)[at].clone();
            let simple = instead(&node)
                .into_iter()
                .any(|by| self.attempt(path, at..at + 1, by));
            if !simple {
                let _ = (1..=most.min(3)).any(|size| {
                    let as_simple = |by| by == node.head || node.head.ends_with(".const 0");
                    ["i32.const 0", "i64.const 0", "drop"].iter().any(|by| {
                        !(size == 1 && as_simple(*by))
                            && self.attempt(path, at..at + size, vec![Node::leaf(by)])
                    })
                });
            }
            at += 1;
        }
    }
    /// Replaces a load from a place in memory by a local in which the value may still be, or a load or a `local.get` by a
    /// number that a handle often has. Returns whether a replacement was kept.
    fn kept_in_local(&mut self, path: &[usize], at: usize) -> bool {
        let loads = |node: &Node| node.head.starts_with("i32.load");
        let gets = |node: &Node| node.head.starts_with("local.get ");
        let place = |node: &Node| gets(node) || node.head.starts_with("i32.const ");
        let size = match &self.at(path)[at..] {
            [from, load, ..] if place(from) && loads(load) => 2,
            [get, ..] if gets(get) => 1,
            _ => return false,
        };
        let is_function = |node: &Node| node.head.starts_with("(func ");
        let mut names = BTreeSet::new();
        let mut list = &self.root;
        for &index in path {
            if is_function(&list[index]) {
                locals(&list[index], &mut names);
            }
            list = &list[index].children;
        }
        let handles = (1..=HANDLES).map(|handle| format!("i32.const {handle}"));
        let locals = names.iter().filter(|_| size > 1);
        let locals = locals.map(|name| format!("local.get {name}"));
        let mut instead = locals.chain(handles);
        instead.any(|it| self.attempt(path, at..at + size, vec![Node::leaf(&it)]))
    }
}

/// The names of the locals that a function uses.
fn locals(node: &Node, names: &mut BTreeSet<String>) {
    let uses = ["local.get ", "local.set ", "local.tee "];
    let name = uses.iter().find_map(|it| node.head.strip_prefix(it));
    names.extend(name.map(str::to_string));
    node.children.iter().for_each(|node| locals(node, names));
}

/// The body of a loop or block without the branches to its label.
fn straight(nodes: &[Node], label: &str) -> Vec<Node> {
    let mut all = Vec::new();
    for node in nodes {
        let mut words = node.head.split(' ');
        match (words.next(), words.next()) {
            (Some("br_if"), Some(to)) if to == label => all.push(Node::leaf("drop")),
            (Some("br"), Some(to)) if to == label => {}
            _ => all.push(Node {
                children: straight(&node.children, label),
                ..node.clone()
            }),
        }
    }
    all
}

/// The name of the import that a line begins, if it is an import of a component; an import of a core module has two
/// names.
fn import_name(head: &str) -> Option<&str> {
    let (name, rest) = head.strip_prefix("(import \"")?.split_once("\" ")?;
    rest.starts_with('(').then_some(name)
}

fn imported(node: &Node, names: &mut BTreeSet<String>) {
    names.extend(import_name(&node.head).map(str::to_string));
    node.children.iter().for_each(|node| imported(node, names));
}

/// Takes away every import with this name, and every argument that is given for it.
fn not_importing(nodes: &mut Vec<Node>, name: &str) {
    let argument = format!("(with \"{name}\" (");
    nodes.retain(|node| import_name(&node.head) != Some(name) && !node.head.starts_with(&argument));
    let argument = format!(" {argument}");
    for node in nodes {
        if let Some((before, rest)) = node.head.split_once(&argument)
            && let Some((_, after)) = rest.split_once("))")
        {
            node.head = format!("{before}{after}");
        }
        not_importing(&mut node.children, name);
    }
}

/// The nodes that may stand in the place of an instruction: those nested in it, one side of a choice, or its operands
/// dropped.
fn instead(node: &Node) -> Vec<Vec<Node>> {
    let drops = |count: usize| vec![Node::leaf("drop"); count];
    if node.head.starts_with("call ") {
        return (1..=3).map(drops).collect();
    }
    if !node.head.starts_with("if") {
        let inner = node.children.clone();
        if inner.is_empty() {
            return Vec::new();
        }
        let label = node.head.split(' ').nth(1).unwrap_or_default();
        return vec![straight(&inner, label), inner];
    }
    let side = |then: bool| {
        let mut nodes = drops(1);
        let (last, rest) = match node.children.split_last() {
            Some((last, rest)) if last.head == "else" => (last.children.as_slice(), rest),
            _ => (&[][..], node.children.as_slice()),
        };
        nodes.extend_from_slice(if then { rest } else { last });
        nodes
    };
    vec![side(true), side(false)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mix, case_from_seed_with};

    #[test]
    fn what_is_printed_with_names_is_the_same_component() {
        for index in 0..100 {
            let case = case_from_seed_with(3, index, Mix::default());
            let root = named(&case.component).expect("a generated component can be printed");
            let text = super::text(&root);
            let read = encode(&text).unwrap_or_else(|| panic!("{text}"));
            let plain = spawndiff_corpus::component_from_text(&case.component);
            assert_eq!(Ok(read), plain);
        }
    }

    #[test]
    fn an_import_goes_with_what_is_given_for_it() {
        let text = r#"(component
            (import "host" (instance $host))
            (component $inner
                (import "host" (instance $host))
                (import "other" (instance $other))
                (core module $m (import "host" "log" (func)) (export "a" (func 0)))
            )
            (component $empty)
            (instance $other (instantiate $empty))
            (instance $i (instantiate $inner (with "host" (instance $host)) (with "other" (instance $other))))
        )"#;
        let component = encode(text).expect("it is a component");
        let mut root = named(&component).expect("it can be printed");
        not_importing(&mut root, "host");
        let text = super::text(&root);
        assert!(
            validates(&encode(&text).expect("it is a component")),
            "{text}"
        );
        assert!(!text.contains("(instance $host"), "{text}");
        assert!(text.contains("(with \"other\" (instance "), "{text}");
        assert!(text.contains("(import \"host\" \"log\" "), "{text}");
    }

    #[test]
    fn all_that_is_not_kept_goes() {
        let case = case_from_seed_with(3, 1, Mix::of(2));
        let yields = |component: &[u8]| {
            let text = wasmprinter::print_bytes(component).unwrap_or_default();
            text.contains("thread.yield")
        };
        assert!(yields(&case.component));
        let small = super::case(&case, &mut |case| yields(&case.component));
        let text = wasmprinter::print_bytes(&small.component).expect("it can be printed");
        assert_eq!(text.lines().count(), 3, "{text}");
        assert_eq!(small.runs.len(), 1);
    }
}
