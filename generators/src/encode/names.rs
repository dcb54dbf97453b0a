//! The names under which the core modules of an instance export things, and import them from each other.

/// The instance of `store`.
pub(super) const STORE: &str = "s";
/// How the names of the functions begin through which `main` calls the definitions that start threads; each has the number of its
/// definition after it.
pub(super) const START: &str = "s";
/// The core functions that canonical definitions make, by number.
pub(super) const FUNCTIONS: &str = "f";
/// The instance of `main`, for the module that wasm-smith makes.
pub(super) const MAIN: &str = "m";
/// How the names of the program functions begin that `main` exports for that module; each has its place among them after it.
pub(super) const HELPER: &str = "h";
/// The instance of that module, for the one that joins it to the others.
pub(super) const SMITH: &str = "w";
/// The function that logs, for those two.
pub(super) const LOG: &str = "log";
/// `thread.index`, for the module that wasm-smith makes.
pub(super) const INDEX: &str = "index";
