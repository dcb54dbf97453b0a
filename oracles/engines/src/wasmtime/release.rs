//! The releases of Wasmtime that this build has, and the dialect of components that each of them speaks.
//!
//! Cases are written in the dialect of [`Release::DEFAULT`], which is that of the specification of 2026-08-21. Definitions of
//! another dialect are as long as ours, byte for byte, so a component is translated in place.

use std::borrow::Cow;
use wasmparser::{Parser, Payload};

/// A release of Wasmtime, pinned exactly: patch releases carry bugs' fixes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 44.0.0.
    V44,
    /// 45.0.0.
    V45,
    /// 46.0.0.
    V46,
    /// 47.0.0.
    V47,
    /// 48.0.8, for long-term support.
    V48,
    /// 50.0.1.
    V50,
}

/// The immediate of canonical definitions.
const CANCELLABLE: &str = "cancellable";

/// How the binary format of a release differs from ours.
struct Dialect {
    /// The opcodes of canonical definitions that are others: ours, and that of the release.
    opcodes: &'static [(u8, u8)],
    /// The opcodes, ours, of what the release does not have, with their names.
    lacking: &'static [(u8, &'static str)],
    /// Whether it has definitions that are `cancellable`.
    cancellable: bool,
}

/// Until 0.252 of the tools: `thread.suspend-to-suspended`, `thread.unsuspend`, `thread.yield-to-suspended` and
/// `thread.suspend-to` are what became `thread.suspend-then-resume`, `thread.resume-later`, `thread.yield-then-resume` and
/// `thread.suspend-then-promote`.
const UNSUSPEND: Dialect = Dialect {
    opcodes: &[(0x28, 0x2a), (0x2a, 0x28)],
    lacking: &[(0x2d, "thread.yield-then-promote")],
    cancellable: true,
};
/// 0.254.
const PROMOTE: Dialect = Dialect {
    opcodes: &[],
    lacking: &[],
    cancellable: true,
};
/// 0.261.
const NOT_CANCELLABLE: Dialect = Dialect {
    cancellable: false,
    ..PROMOTE
};

impl Release {
    /// The one that the variants run.
    pub const DEFAULT: Release = Release::V48;
    /// The others, the oldest first.
    pub const OTHERS: &'static [Release] = &[
        Release::V44,
        Release::V45,
        Release::V46,
        Release::V47,
        Release::V50,
    ];

    /// Every one, the oldest first.
    pub fn all() -> impl Iterator<Item = Release> {
        let mut all: Vec<Release> = Release::OTHERS.to_vec();
        all.push(Release::DEFAULT);
        all.sort();
        all.into_iter()
    }

    /// What the command line calls it; also the feature that builds it in.
    pub fn name(self) -> &'static str {
        match self {
            Release::V44 => "wasmtime-44",
            Release::V45 => "wasmtime-45",
            Release::V46 => "wasmtime-46",
            Release::V47 => "wasmtime-47",
            Release::V48 => "wasmtime-48",
            Release::V50 => "wasmtime-50",
        }
    }

    /// Whether this build has it.
    pub fn is_built(self) -> bool {
        match self {
            Release::V44 => cfg!(feature = "wasmtime-44"),
            Release::V45 => cfg!(feature = "wasmtime-45"),
            Release::V46 => cfg!(feature = "wasmtime-46"),
            Release::V47 => cfg!(feature = "wasmtime-47"),
            Release::V48 => true,
            Release::V50 => cfg!(feature = "wasmtime-50"),
        }
    }

    /// What it lacks of what cases use.
    pub(super) fn lacking(self) -> Option<&'static str> {
        let dialect = self.dialect();
        match dialect.lacking {
            [(_, name), ..] => Some(name),
            [] if dialect.cancellable => None,
            [] => Some(CANCELLABLE),
        }
    }

    /// Its version.
    pub fn version(self) -> &'static str {
        // The workspace pins each release exactly; the crate does not tell its own version.
        match self {
            Release::V44 => "44.0.0",
            Release::V45 => "45.0.0",
            Release::V46 => "46.0.0",
            Release::V47 => "47.0.0",
            Release::V48 => "48.0.8",
            Release::V50 => "50.0.1",
        }
    }

    /// Whether it has `thread.yield-then-promote`.
    pub fn has_yield_then_promote(self) -> bool {
        self.dialect().lacking.is_empty()
    }

    /// Whether built-ins of it can be `cancellable`.
    pub fn has_cancellable(self) -> bool {
        self.dialect().cancellable
    }

    fn dialect(self) -> &'static Dialect {
        match self {
            Release::V44 | Release::V45 | Release::V46 | Release::V47 => &UNSUSPEND,
            Release::V48 => &PROMOTE,
            Release::V50 => &NOT_CANCELLABLE,
        }
    }

    /// The component in the dialect of this release; the name of a built-in that it does not have.
    pub(super) fn translate<'a>(self, component: &'a [u8]) -> Result<Cow<'a, [u8]>, &'static str> {
        let dialect = self.dialect();
        let mut translated = Cow::Borrowed(component);
        // What is malformed is for the engine to say.
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
