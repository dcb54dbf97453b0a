//! The files of the crate name each other in one direction: there is no circle among the files of a folder, and none
//! among the folders. The test reads the text of the sources, so a method that is called without being named does not
//! count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// For each file or folder, those beside it that it names.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// The name of the file that stands for the folder: `mod.rs`, or `lib.rs` for the crate.
const TOP: &str = "mod";

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The Rust files in a folder and its folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().expect("the folder can be read") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file, without comments and unit tests.
fn code(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("a source can be read");
    let tests = text.find("#[cfg(test)]").unwrap_or(text.len());
    let lines = text[..tests].lines();
    let bare = lines.map(|line| line.split("//").next().unwrap_or_default());
    bare.collect::<Vec<_>>().join("\n")
}

/// The name that a path begins with.
fn first(path: &str) -> &str {
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
    &path[..end.unwrap_or(path.len())]
}

/// The names that follow each `prefix` in the code: one name, or each of those in braces.
fn named_after<'t>(code: &'t str, prefix: &str) -> Vec<&'t str> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.push(first(rest));
            continue;
        };
        let mut depth = 0;
        let mut begins = true;
        for (i, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if begins && !c.is_whitespace() => {
                    names.push(first(&list[i..]));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    names
}

/// The file or folder, directly in this folder, that a path leads to or through.
fn node(folder: &Path, file: &Path) -> String {
    let inner = file.strip_prefix(folder).expect("it lies in the folder");
    let name = inner.iter().next().expect("it has a name");
    let name = name.to_string_lossy().replace(".rs", "");
    if name == "lib" { TOP.into() } else { name }
}

/// Who names whom in a folder. `prefixes` are those of paths that begin there, for a file that lies there directly.
fn graph(folder: &Path, prefixes: &[&str]) -> Graph {
    let files = files(folder);
    let nodes: BTreeSet<String> = files.iter().map(|file| node(folder, file)).collect();
    let mut graph = Graph::new();
    for file in &files {
        let from = node(folder, file);
        let code = code(file);
        let mut named: Vec<&str> = Vec::new();
        for &prefix in prefixes {
            // `super` means another folder in files of `mod.rs` and below.
            let direct = file.parent() == Some(folder) && from != TOP;
            if prefix != "super::" || direct {
                named.extend(named_after(&code, prefix));
            }
        }
        if from == TOP {
            named.extend(named_after(&code, "mod "));
        }
        let all = graph.entry(from.clone()).or_default();
        for name in named {
            // A name of no file is defined in the file that stands for the folder.
            let to = if nodes.contains(name) { name } else { TOP };
            if to != from {
                all.insert(to.to_string());
            }
        }
    }
    graph
}

/// A circle, if there is one.
fn circle(graph: &Graph) -> Option<Vec<&str>> {
    fn walk<'g>(graph: &'g Graph, path: &mut Vec<&'g str>, done: &mut BTreeSet<&'g str>) -> bool {
        let last = path[path.len() - 1];
        for next in graph.get(last).into_iter().flatten() {
            if path.contains(&next.as_str()) {
                path.push(next);
                return true;
            }
            if !done.contains(next.as_str()) {
                path.push(next);
                if walk(graph, path, done) {
                    return true;
                }
                path.pop();
            }
        }
        done.insert(last);
        false
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|node| {
        let mut path = vec![node.as_str()];
        walk(graph, &mut path, &mut done).then_some(path)
    })
}

#[test]
fn the_files_of_a_folder_form_no_circle() {
    for folder in ["plan", "draw", "draw/mistakes", "encode", "shrink"] {
        let own = format!("crate::{}::", folder.replace('/', "::"));
        let graph = graph(&sources().join(folder), &["super::", &own]);
        assert!(graph[TOP].len() > 1, "{folder}: {graph:?}");
        assert_eq!(circle(&graph), None, "{folder}");
    }
}

#[test]
fn the_folders_form_no_circle_and_drawing_and_encoding_do_not_name_each_other() {
    let graph = graph(&sources(), &["crate::"]);
    assert_eq!(circle(&graph), None, "{graph:?}");
    assert!(graph["draw"].contains("plan"), "{graph:?}");
    assert!(!graph["draw"].contains("encode"), "{graph:?}");
    assert!(!graph["encode"].contains("draw"), "{graph:?}");
}

#[test]
fn a_circle_is_found_where_there_is_one() {
    let text = "use super::{a::{self, B}, c};\nuse crate::d::E;\nlet x = super::f::g();";
    assert_eq!(named_after(text, "super::"), ["a", "c", "f"]);
    assert_eq!(named_after(text, "crate::"), ["d"]);
    let edges = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")];
    let mut graph = Graph::new();
    for (from, to) in edges {
        graph.entry(from.into()).or_default().insert(to.into());
    }
    assert_eq!(circle(&graph), Some(vec!["a", "b", "c", "d", "b"]));
    graph.remove("d");
    assert_eq!(circle(&graph), None);
}
