//! The house rules, held by reading the source as text: layers, sizes, crates by room, statements, words.
//!
//! Each rule is a function from text to faults, so that a sample that breaks it can be tried beside the real source:
//! a rule that cannot fail would hold nothing. A fault names file and line, and says what to do.

mod crates;
mod layers;
mod lexer;
mod plans;
mod sizes;
mod source;
mod statements;
mod talks;
mod words;

/// Fails with every fault, a line each.
#[track_caller]
fn hold(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}\n  {}\n", faults.join("\n  "));
}

/// Fails unless the rule found something in a sample that breaks it.
#[track_caller]
fn told(faults: &[String], part: &str) {
    assert!(faults.iter().any(|fault| fault.contains(part)), "not told: {part}; told: {faults:?}");
}
