//! A toy engine, as a program of its own: it runs cases on the reference, with a fault of its own, and answers over the wire.

use spawndiff_corpus::Case;
use spawndiff_engines::wasmtime::lower::{self, Needs};
use spawndiff_observation::{
    About, End, Engine, Family, Identity, Listed, MayMean, Observation, Outcome, RunObservation,
    Trap, wire,
};
use spawndiff_reference::schedules::Fixed;
use spawndiff_reference::{Coverage, Reference};
use std::io::Write;

/// Answers what is asked on the standard input, until there is no more.
pub fn serve() -> std::io::Result<()> {
    let (mut from, mut to) = (std::io::stdin().lock(), std::io::stdout().lock());
    wire::serve(&Toy, &mut from, &mut to)
}

/// The family. Its first release takes a start function of the wrong type for a null one.
struct Toy;

/// Its configurations: the name, the release, and what is different about it.
const ENGINES: [(&str, &str, &str); 4] = [
    (
        "toy",
        "1.0",
        "takes a start function of a wrong type for a null one",
    ),
    ("toy-dies", "1.0", "ends its process in place of that"),
    (
        "toy-babbles",
        "1.0",
        "writes what is no answer in place of that",
    ),
    ("toy-1.1", "1.1", "the fault is mended"),
];

impl Family for Toy {
    fn name(&self) -> &str {
        "toy"
    }

    fn title(&self) -> &str {
        "Toy"
    }

    fn versions(&self) -> Vec<String> {
        ["1.0", "1.1"].map(str::to_string).to_vec()
    }

    fn engines(&self) -> Vec<Listed> {
        let listed = ENGINES.map(|(configuration, version, what)| Listed {
            about: About {
                identity: Identity {
                    family: self.name().to_string(),
                    version: version.to_string(),
                    configuration: configuration.to_string(),
                },
                what: what.to_string(),
                lacks: vec!["cancellable".to_string()],
                may_mean: MayMean(vec![(Trap::WrongHandle, Trap::WrongEnd)]),
                to_reproduce: format!("Wind up Toy {version} and give it the file."),
            },
            missing: None,
        });
        listed.to_vec()
    }

    fn make(&self, configuration: &str) -> Result<Box<dyn Engine>, String> {
        let listed = self.engines().into_iter();
        let mut abouts = listed.map(|listed| listed.about);
        let about = abouts.find(|about| about.identity.configuration == configuration);
        let about = about.ok_or_else(|| format!("no toy is called {configuration}"))?;
        Ok(Box::new(ToyEngine(about)))
    }
}

struct ToyEngine(About);

impl Engine for ToyEngine {
    fn about(&self) -> &About {
        &self.0
    }

    fn observe(&self, case: &Case) -> Outcome {
        let text = wasmprinter::print_bytes(&case.component).unwrap_or_default();
        if text.contains("cancellable") {
            return Outcome::Unsupported("cancellable".to_string());
        }
        let reference = match Reference::new(case) {
            Ok(reference) => reference,
            Err(what) => return Outcome::Rejected(what.to_string()),
        };
        let mut observed = Observation::default();
        for run in &case.runs {
            let reached = &mut Coverage::default();
            match reference.run(run, &mut Fixed, &mut (), reached) {
                Ok(mut seen) => {
                    self.alter(&mut seen);
                    observed.runs.push(seen);
                }
                Err(_) => return Outcome::Rejected("it does not fit".to_string()),
            }
        }
        Outcome::Observed(observed)
    }

    fn lowers(&self) -> Vec<String> {
        vec!["thread.spawn-indirect".to_string()]
    }

    fn lower(&self, component: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let needs = Needs {
            spawn_ref: false,
            spawn_indirect: true,
            available_parallelism: false,
        };
        let lowered = lower::lower(component, needs).map_err(|error| error.to_string())?;
        Ok((*lowered != *component).then(|| lowered.into_owned()))
    }

    fn end_of(&self, error: &str) -> Option<End> {
        (error == "toy: nobody there").then_some(End::Trap(Trap::ThreadStartNull))
    }
}

impl ToyEngine {
    /// Alters a run by the fault of this release, and by a legal difference, which every release has.
    fn alter(&self, seen: &mut RunObservation) {
        for invocation in &mut seen.invocations {
            match invocation.end {
                End::Trap(Trap::WrongEnd) => invocation.end = End::Trap(Trap::WrongHandle),
                End::Trap(Trap::ThreadStartType) => match self.0.identity.configuration.as_str() {
                    "toy" => invocation.end = End::Trap(Trap::ThreadStartNull),
                    "toy-dies" => {
                        eprintln!("the spring is broken");
                        std::process::abort();
                    }
                    "toy-babbles" => {
                        let mut out = std::io::stdout();
                        let written = out.write_all(b"\x04\0\0\0dada");
                        written.and_then(|()| out.flush()).expect("it is read");
                        std::process::exit(0);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
}
