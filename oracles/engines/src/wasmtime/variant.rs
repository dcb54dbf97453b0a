//! The ways in which Wasmtime runs a case: those of the default release, and the other releases. The former differ in how code
//! is compiled, where instances live, and when a thread is interrupted; none of that may make a difference.

use super::Release;
use super::traps::may_mean;
use spawndiff_observation::{About, Identity};
use std::fmt;

/// A way to run a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// Cranelift, optimising for speed.
    #[default]
    Cranelift,
    /// Cranelift without optimisation, and with one pass of register allocation.
    CraneliftNone,
    /// The baseline compiler.
    Winch,
    /// The interpreter of Cranelift's portable bytecode.
    Pulley,
    /// The pooling allocator, with small limits.
    Pooling,
    /// Tables are filled when they are made, and not entry by entry when one is asked for.
    EagerTables,
    /// Interruption by epochs: a thread yields to the embedder after each event that it logs.
    Epoch,
    /// Cranelift, optimising for speed, of another release.
    Other(Release),
}

impl Variant {
    /// Every variant of the default release.
    pub const ALL: &'static [Variant] = &[
        Variant::Cranelift,
        Variant::CraneliftNone,
        Variant::Winch,
        Variant::Pulley,
        Variant::Pooling,
        Variant::EagerTables,
        Variant::Epoch,
    ];

    /// Every variant: those of the default release, and the other releases, whether this build has them or not.
    pub fn all() -> impl Iterator<Item = Variant> {
        let others = Release::ALL.iter().filter(|it| **it != Release::DEFAULT);
        let others = others.copied().map(Variant::Other);
        Variant::ALL.iter().copied().chain(others)
    }

    /// The release that this variant runs.
    pub fn release(self) -> Release {
        match self {
            Variant::Other(release) => release,
            _ => Release::DEFAULT,
        }
    }

    /// The identity of the engine of this variant.
    pub fn identity(self) -> Identity {
        Identity {
            family: super::FAMILY.to_string(),
            version: self.release().version().to_string(),
            configuration: self.name().to_string(),
        }
    }

    /// The name of the variant on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Cranelift => "cranelift",
            Variant::CraneliftNone => "cranelift-none",
            Variant::Winch => "winch",
            Variant::Pulley => "pulley",
            Variant::Pooling => "pooling",
            Variant::EagerTables => "eager-tables",
            Variant::Epoch => "epoch",
            Variant::Other(release) => release.name(),
        }
    }

    /// A few words on what is different about this variant.
    pub fn what(self) -> &'static str {
        match self {
            Variant::Cranelift => "optimising for speed",
            Variant::CraneliftNone => "without optimisation, single-pass register allocation",
            Variant::Winch => "the baseline compiler",
            Variant::Pulley => "the portable interpreter",
            Variant::Pooling => "the pooling allocator with small limits",
            Variant::EagerTables => "no lazy initialisation of tables",
            Variant::Epoch => "yields to the embedder after each event, by epochs",
            Variant::Other(_) => "another release",
        }
    }

    /// The names of what cases use and this variant lacks.
    pub fn lacks(self) -> Vec<&'static str> {
        match self {
            Variant::Winch => vec![
                "externref",
                "typed function references",
                "types with subtypes and in recursive groups",
                "exceptions",
                "tail calls",
            ],
            Variant::Pulley => vec!["atomics", "shared memories"],
            Variant::Pooling => vec!["room for large modules"],
            Variant::Other(release) => release.lacks(),
            _ => Vec::new(),
        }
    }

    /// The names of what this variant lacks, as one text, if that is why it refuses a component with this message; `None`
    /// otherwise.
    pub(super) fn lacking(self, message: &str) -> Option<String> {
        let words: &[&str] = match self {
            Variant::Winch => &[
                "function references",
                "gc types are disallowed",
                "gc proposal must be enabled",
                "rec group usage requires",
                "exceptions proposal not enabled",
                "tail calls support is not enabled",
            ],
            Variant::Pulley => &["threads support is not enabled"],
            Variant::Pooling => &["does not fit in pooling allocator requirements"],
            _ => &[],
        };
        let of_it = words.iter().any(|word| message.contains(word));
        of_it.then(|| self.lacks().join(", "))
    }

    /// The description of the engine of this variant.
    pub fn about(self) -> About {
        let lacks = self.lacks().into_iter();
        About {
            identity: self.identity(),
            what: self.what().to_string(),
            lacks: lacks.map(str::to_string).collect(),
            may_mean: may_mean(),
            to_reproduce: self.release().to_reproduce(),
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
