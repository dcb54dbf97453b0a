//! Scripts of others on Wasmtime, each one small and written for one claim. What passes here passes under Wasmtime's own
//! runner too.

mod directives;
mod host;
mod limits;
mod on_reference;
mod starts;
mod values;

use spawndiff_engines::wasmtime::ScriptNative;
use spawndiff_judge::claims::Status;
use spawndiff_judge::scripts::{self, Checked, Script};
use std::sync::LazyLock;
use wasmtime_wast::{Async, WastContext};

static NATIVE: LazyLock<ScriptNative> = LazyLock::new(ScriptNative::default);

/// The status of each directive.
#[track_caller]
fn checked(text: &str) -> Vec<Checked> {
    let script = Script::parse(text);
    let script = script.unwrap_or_else(|error| panic!("{}: {error}\n{text}", error.line));
    let checked = scripts::run(&script, &mut NATIVE.session());
    assert_eq!(checked.len(), script.directives.len());
    checked
}

/// The line of each directive, and its status.
#[track_caller]
fn statuses(text: &str) -> Vec<(usize, Status)> {
    let lines = Script::parse(text)
        .expect("it was parsed before")
        .directives;
    let lines = lines.into_iter().map(|directive| directive.line);
    lines
        .zip(checked(text).into_iter().map(|checked| checked.status))
        .collect()
}

/// Every directive passes.
#[track_caller]
fn passes(text: &str) {
    for (line, status) in statuses(text) {
        assert_eq!(status, Status::Passed, "line {line} of\n{text}");
    }
}

/// Every directive passes, and so it does under Wasmtime's own runner.
#[track_caller]
fn passes_under_both(text: &str) {
    passes(text);
    let mut config = wasmtime_48::Config::new();
    config
        .wasm_component_model_async(true)
        .wasm_component_model_fixed_length_lists(true);
    let engine = wasmtime_48::Engine::new(&config).expect("the configuration is a constant");
    let mut context = WastContext::new(&engine, Async::Yes, |_| {});
    context
        .register_spectest(&wasmtime_wast::SpectestConfig {
            use_shared_memory: false,
            suppress_prints: true,
        })
        .expect("the names are distinct");
    context.register_wasmtime().expect("the names are distinct");
    context.ignore_error_messages(true);
    if let Err(error) = context.run_wast("script.wast", text.as_bytes()) {
        panic!("{error:?}\n{text}");
    }
}

/// All directives pass but the last, which fails with a message that contains this.
#[track_caller]
fn fails_at_the_end(text: &str, message: &str) {
    let mut statuses = statuses(text);
    let (line, last) = statuses.pop().expect("the script has a directive");
    for (line, status) in statuses {
        assert_eq!(status, Status::Passed, "line {line} of\n{text}");
    }
    match last {
        Status::Failed(text) if text.contains(message) => {}
        status => panic!("expected {message:?} at line {line}, got {status:?}\n{text}"),
    }
}

/// All directives pass but the last, which is not supported, for this reason.
#[track_caller]
fn is_not_supported_at_the_end(text: &str, what: &str) {
    let mut statuses = statuses(text);
    let (line, last) = statuses.pop().expect("the script has a directive");
    for (line, status) in statuses {
        assert_eq!(status, Status::Passed, "line {line} of\n{text}");
    }
    match last {
        Status::Unsupported(reason) if reason.starts_with(what) => {}
        status => panic!("expected {what:?} at line {line}, got {status:?}\n{text}"),
    }
}
