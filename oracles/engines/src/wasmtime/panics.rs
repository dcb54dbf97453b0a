//! Catching a panic of the engine, with its message and its place.
//!
//! The hook that notes the place is installed once and stays silent only for a panic that [`catch`] is about to catch;
//! every other panic goes to the hook that was there before.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside [`catch`].
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    /// The file, line and column of the last panic that happened inside [`catch`].
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Runs `f`. A panic comes back as an error: its message and place, on one line.
pub(super) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // A thread that is being torn down has no thread-locals any more, and does not catch either.
            if CATCHING.try_with(Cell::get).unwrap_or(false) {
                let place = info
                    .location()
                    .map(|place| without_registry(&place.to_string()));
                let first = PLACE.with(|slot| slot.borrow_mut().take());
                if let Some(first) = &first {
                    // A panic while unwinding from another: most often the end of the process, and these are its last words.
                    let text = one_line(text(info.payload()));
                    eprintln!("panic at {first}, and while unwinding from it: {text}");
                }
                PLACE.with(|slot| *slot.borrow_mut() = first.or(place));
            } else {
                previous(info);
            }
        }));
    });

    let outer = CATCHING.replace(true);
    PLACE.with(|place| place.borrow_mut().take());
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    CATCHING.set(outer);
    result.map_err(|payload| {
        let place = PLACE
            .with(RefCell::take)
            .unwrap_or_else(|| "unknown place".to_string());
        let message = one_line(text(&*payload));
        // Dropping a payload may panic as well; it is a string in all but the strangest cases.
        std::mem::forget(payload);
        format!("panic at {place}: {message}")
    })
}

fn text(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "payload is not a string"
    }
}

/// The text on one line: each line break, and any other run of white space, is made one space.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text, with the path of each file of a dependency cut so that it starts with the name of the crate. Reports so say the same
/// on every machine.
pub(super) fn without_registry(text: &str) -> String {
    const REGISTRY: &str = "/registry/src/";
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        let file = word
            .split_once(REGISTRY)
            .and_then(|(_, rest)| rest.split_once('/'));
        words.push(file.map_or(word, |(_, file)| file));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_with_message_and_place() {
        let number = 3;
        let message = catch::<()>(|| panic!("number\n{number}")).unwrap_err();
        assert!(message.ends_with(": number 3"), "{message}");
        assert!(message.contains("panics.rs:"), "{message}");
        assert_eq!(catch(|| 4), Ok(4));
    }

    #[test]
    fn a_place_in_a_dependency_is_the_same_on_every_machine() {
        assert_eq!(
            without_registry(
                "BUG: at /home/me/.cargo/registry/src/index-1/wasmtime-48.0.8/src/a.rs:7 x"
            ),
            "BUG: at wasmtime-48.0.8/src/a.rs:7 x"
        );
        assert_eq!(
            without_registry("oracles/src/a.rs:7:1"),
            "oracles/src/a.rs:7:1"
        );
    }

    #[test]
    fn a_nested_catch_leaves_the_outer_one_in_place() {
        let outer = catch::<()>(|| {
            catch::<()>(|| panic!("inner")).unwrap_err();
            panic!("outer")
        });
        assert!(outer.unwrap_err().ends_with("outer"));
    }
}
