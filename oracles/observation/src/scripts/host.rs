//! The functions, types and modules that the suites of the field expect from the host that runs them.
//!
//! A component imports them from the instance `host`, or from the root:
//!
//! ```wit
//! package suites:runner;
//!
//! interface host {                        // imported by the plain name `host`
//!   return-three: func() -> u32;          // 3
//!   // and an instance `nested` with return-four: func() -> u32;    4
//!   // and a core module `simple-module`: SIMPLE_MODULE
//!   return-hi: func() -> string;          // "hi"
//!   never-return: async func();           // stays pending for ever
//!   return-two-slowly: async func() -> s32;         // 2, after it was pending once
//!   echo-slowly: async func(x: u32) -> u32;         // x, after it was pending once
//!
//!   resource resource1 {
//!     constructor(rep: u32);              // the number is the resource
//!     assert: static func(r: resource1, rep: u32);  // drops it; fails where the numbers differ
//!     last-drop: static func() -> u32;    // the number of the one dropped last by its destructor
//!     drops: static func() -> u32;        // how often the destructor ran, over the whole script
//!     simple: func(rep: u32);             // fails where the numbers differ
//!     take-borrow: func(b: borrow<resource1>);
//!     take-own: func(b: resource1);
//!     never-return: async func();
//!   }
//!   resource resource2;                   // no function gives one
//!   type resource1-again = resource1;     // the same type under another name
//! }
//!
//! world script {
//!   import host-echo-u32: async func(x: u32) -> u32;
//!   import host-return-two: func() -> u32;
//!   import wasmtime: interface {          // in the files of Wasmtime
//!     set-max-table-capacity: func(handles: u32);   // of the table of what is concurrent in this store
//!     gc: func();                         // collects the garbage of the store
//!   }
//! }
//! ```
//!
//! The types alone say `async` here; the suites import some of these functions without it, as Wasmtime lets them. Core
//! modules import `spectest`, the host of the core test suite; no component suite does, so it is not there.
//!
//! Source: the runner of Wasmtime's `wast` files, whose names these are. Each engine brings its own implementation.

/// The name of the instance that files of Wasmtime's suite import beside the host's.
pub const OF_THE_STORE: &str = "wasmtime";

/// The text of the core module `simple-module` of the instance `host`.
pub const SIMPLE_MODULE: &str = r#"
(module
  (global (export "g") i32 (i32.const 100))
  (func (export "f") (result i32) (i32.const 101)))
"#;

/// [`SIMPLE_MODULE`] in the binary format.
pub fn simple_module() -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(SIMPLE_MODULE);
    let encoded = buffer.and_then(|buffer| wast::parser::parse::<wast::Wat<'_>>(&buffer)?.encode());
    encoded.expect("the text is a constant, and a test encodes it")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_simple_module_validates() {
        wasmparser::validate(&super::simple_module()).expect("it is valid");
    }
}
