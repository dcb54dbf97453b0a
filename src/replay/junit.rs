//! `spawndiff replay --junit FILE`: what was replayed, as the XML that CI systems show: a suite for each engine, a test for each
//! file.

use super::scores::{Replayed, Score};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The report.
pub fn report(replayed: &Replayed) -> Report {
    let mut report = Report::new("spawndiff replay");
    for (engine, files) in replayed.by_engine() {
        let mut suite = TestSuite::new(engine);
        suite.add_test_cases(files.map(|(file, score)| {
            let mut test = TestCase::new(file, status(score));
            if score.failed == 0 && score.unsupported > 0 {
                test.set_system_out(score.failures().join("\n"));
            }
            test
        }));
        report.add_test_suite(suite);
    }
    let mut more = |name: &str, kind: NonSuccessKind, tests: Vec<(&str, String)>| {
        if tests.is_empty() {
            return;
        }
        let mut suite = TestSuite::new(name);
        for (file, message) in tests {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(message);
            suite.add_test_case(TestCase::new(file, status));
        }
        report.add_test_suite(suite);
    };
    let diverged = replayed.diverged.iter();
    let diverged = diverged.map(|(file, verdicts)| (file.as_str(), verdicts.join("; ")));
    more(
        "against the reference",
        NonSuccessKind::Failure,
        diverged.collect(),
    );
    let unreadable = replayed.unreadable.iter();
    let unreadable = unreadable.map(|line| (line.split(':').next().unwrap_or(line), line.clone()));
    more("unreadable", NonSuccessKind::Error, unreadable.collect());
    report
}

/// The status of a file on an engine. A file of which the engine supports nothing is skipped.
fn status(score: &Score) -> TestCaseStatus {
    let failures = score.failures();
    let mut status = if score.failed > 0 {
        TestCaseStatus::non_success(NonSuccessKind::Failure)
    } else if score.unsupported > 0 && score.unsupported == score.directives {
        TestCaseStatus::skipped()
    } else {
        return TestCaseStatus::success();
    };
    if let Some(first) = failures.first() {
        status.set_message(first.as_str());
    }
    status.set_description(failures.join("\n"));
    status
}
