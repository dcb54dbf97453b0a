//! The releases of Wasmtime, and the dialect of components that each of them speaks.
//!
//! Cases are written in the dialect of [`Release::DEFAULT`], which is that of the specification of 2026-08-21. Definitions of
//! another dialect are as long as ours, byte for byte, so a component is translated in place.

use super::Release;
use std::borrow::Cow;
use wasmparser::{Parser, Payload};

/// Declares the releases by a table: each row has everything that is said of one release.
macro_rules! releases {
    ($($(#[$built:meta])* $release:ident $module:ident $name:literal $version:literal $dialect:ident,)*) => {
        /// A release of Wasmtime. Each is pinned exactly, because patch releases carry the fixes of bugs back.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Release {
            $(#[doc = concat!("Wasmtime ", $version, ".")] $release,)*
        }

        impl Release {
            /// Every release, the oldest first.
            pub const ALL: &'static [Release] = &[$(Release::$release,)*];

            /// The name of the release on the command line, which is also the name of the feature that builds the release in.
            pub fn name(self) -> &'static str {
                match self {
                    $(Release::$release => $name,)*
                }
            }

            /// The version of the release, such as `48.0.8`.
            pub fn version(self) -> &'static str {
                // The workspace pins each release exactly; the crate does not tell its own version.
                match self {
                    $(Release::$release => $version,)*
                }
            }

            fn dialect(self) -> &'static $crate::wasmtime::release::Dialect {
                match self {
                    $(Release::$release => &$crate::wasmtime::release::$dialect,)*
                }
            }

            /// The function that makes an engine of this release; `None` where this build does not have the release.
            fn make(self) -> Option<fn(Config) -> Box<dyn Adapter>> {
                match self {
                    $($(#[$built])* Release::$release => Some(|config| Box::new($module::Adapter::new(config))),)*
                    // This arm can be reached unless every release is built in.
                    #[allow(unreachable_patterns)]
                    _ => None,
                }
            }
        }
    };
}

/// The name of the immediate of canonical definitions that some releases do not have.
const CANCELLABLE: &str = "cancellable";

/// How the binary format of a release differs from ours.
pub(super) struct Dialect {
    /// The opcodes of canonical definitions that are not the same: first ours, then that of the release.
    opcodes: &'static [(u8, u8)],
    /// The canonical definitions that the release does not have: our opcodes, with the names.
    lacking: &'static [(u8, &'static str)],
    /// Whether the release has definitions that are `cancellable`.
    cancellable: bool,
}

/// The dialect of the tools until their version 0.252. The built-ins `thread.suspend-to-suspended`, `thread.unsuspend`,
/// `thread.yield-to-suspended` and `thread.suspend-to` of this dialect are those that became `thread.suspend-then-resume`,
/// `thread.resume-later`, `thread.yield-then-resume` and `thread.suspend-then-promote`.
pub(super) const UNSUSPEND: Dialect = Dialect {
    opcodes: &[(0x28, 0x2a), (0x2a, 0x28)],
    lacking: &[(0x2d, "thread.yield-then-promote")],
    cancellable: true,
};
/// The dialect of version 0.254 of the tools.
pub(super) const PROMOTE: Dialect = Dialect {
    opcodes: &[],
    lacking: &[],
    cancellable: true,
};
/// The dialect of version 0.261 of the tools.
pub(super) const NOT_CANCELLABLE: Dialect = Dialect {
    cancellable: false,
    ..PROMOTE
};

impl Release {
    /// The release that the variants run.
    pub const DEFAULT: Release = Release::V48;

    /// Whether this build has the release.
    pub fn is_built(self) -> bool {
        self.make().is_some()
    }

    /// The names of what cases use and this release lacks.
    pub(super) fn lacks(self) -> Vec<&'static str> {
        let dialect = self.dialect();
        let lacking = dialect.lacking.iter().map(|(_, name)| *name);
        let cancellable = (!dialect.cancellable).then_some(CANCELLABLE);
        lacking.chain(cancellable).collect()
    }

    /// Says how a finding on this release is reproduced without this program. Files are in the dialect of the default release,
    /// which older releases do not read.
    pub(super) fn to_reproduce(self) -> String {
        let runner = self.max(Release::DEFAULT).version();
        let older = match self < Release::DEFAULT {
            true => "\n(Older releases call some of the built-ins by other names.)",
            false => "",
        };
        format!(
            "The file needs nothing else. Run it with the `wast` runner of Wasmtime {runner}, with component-model-async, \
             its additional built-ins, stackful lifts and threading switched on: it claims what the specification asks for, and \
             fails.{older}"
        )
    }

    /// Translates a component into the dialect of this release. The error is the name of a built-in, or of an immediate
    /// (`cancellable`), that the component uses and the release does not have.
    pub(super) fn translate<'a>(self, component: &'a [u8]) -> Result<Cow<'a, [u8]>, &'static str> {
        let dialect = self.dialect();
        let mut translated = Cow::Borrowed(component);
        // Reading stops where the component is malformed: to say what is malformed is for the engine.
        for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
            let Payload::ComponentCanonicalSection(section) = payload else {
                continue;
            };
            for definition in section.into_iter_with_offsets().map_while(Result::ok) {
                let at = definition.0;
                let opcode = component[at];
                if let Some((_, name)) = dialect.lacking.iter().find(|(of, _)| *of == opcode) {
                    return Err(name);
                }
                if !dialect.cancellable && is_cancellable(&component[at..]) {
                    return Err(CANCELLABLE);
                }
                if let Some((_, other)) = dialect.opcodes.iter().find(|(of, _)| *of == opcode) {
                    translated.to_mut()[at] = *other;
                }
            }
        }
        Ok(translated)
    }
}

/// Whether a canonical definition says `cancellable`, by its bytes.
fn is_cancellable(definition: &[u8]) -> bool {
    matches!(
        definition,
        [0x0c | 0x20 | 0x21 | 0x29 | 0x2a | 0x2b | 0x2c | 0x2d, 1, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CanonicalFunctionSection, Component};

    fn component(define: impl Fn(&mut CanonicalFunctionSection)) -> Vec<u8> {
        let mut section = CanonicalFunctionSection::new();
        define(&mut section);
        let mut inner = Component::new();
        inner.section(&section);
        let mut outer = Component::new();
        outer.section(&wasm_encoder::NestedComponentSection(&inner));
        outer.finish()
    }

    #[test]
    fn the_built_ins_that_changed_places_are_exchanged_and_the_others_stay() {
        let ours = component(|section| {
            section.thread_resume_later();
            section.thread_suspend_then_resume(true);
            section.thread_suspend(false);
            section.thread_yield_then_resume(false);
        });
        let theirs = Release::V44.translate(&ours).unwrap();
        let changed: Vec<_> = (ours.iter().zip(&*theirs))
            .filter(|(a, b)| a != b)
            .collect();
        assert_eq!(changed, [(&0x28, &0x2a), (&0x2a, &0x28)]);
        assert!(matches!(Release::V48.translate(&ours), Ok(Cow::Borrowed(same)) if same == ours));
    }

    #[test]
    fn what_a_release_does_not_have_is_named() {
        let promotes = component(|section| {
            section.thread_yield_then_promote(false);
        });
        assert_eq!(
            Release::V47.translate(&promotes),
            Err("thread.yield-then-promote")
        );
        let cancellable = component(|section| {
            section.waitable_set_poll(true, 0);
        });
        assert_eq!(Release::V50.translate(&cancellable), Err("cancellable"));
        assert!(Release::V50.translate(&promotes).is_ok());
    }

    #[test]
    fn any_bytes_are_translated_without_a_panic() {
        let ours = component(|section| {
            section.thread_resume_later();
        });
        for cut in 0..ours.len() {
            assert!(Release::V44.translate(&ours[..cut]).is_ok());
        }
    }
}
