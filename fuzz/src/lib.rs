//! What the fuzz targets share: the judge of the process, and the panic that libFuzzer takes for a crash.

#![warn(missing_docs)]

use spawndiff_corpus::Case;
use spawndiff_oracles::claims::record;
use spawndiff_oracles::native::{Config, Native};
use spawndiff_oracles::{Judge, Judgement, Verdict};
use std::sync::LazyLock;

static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(Native::new(Config::default())));

/// Judges a case.
///
/// # Panics
///
/// On a divergence that is not known, or a crash of the engine: with the verdict and the case as a `.wast` file.
pub fn expect_agreement(case: &Case) {
    let judgement = JUDGE.judge(case);
    match &judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => {}
        verdict @ (Verdict::Divergence(_) | Verdict::Crash { .. }) => {
            panic!("{verdict}\n{}", text(case, &judgement))
        }
    }
}

/// The case as a `.wast` file, or why there is none.
fn text(case: &Case, judgement: &Judgement) -> String {
    let stored = record(
        vec![judgement.verdict.to_string()],
        case,
        &judgement.reference,
    );
    stored
        .to_wast()
        .unwrap_or_else(|error| format!("(no text: {error})"))
}
