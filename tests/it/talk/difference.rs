//! In what a message differs from what was wanted, in words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::line::{ANY, NAMED};

/// Lists every difference with its place; gives values to names that have none yet.
pub(super) fn difference(wanted: &Value, heard: &Value, bound: &mut BTreeMap<String, Value>) -> Vec<String> {
    let mut faults = Vec::new();
    compare("", wanted, heard, &mut Found { faults: &mut faults, bound });
    faults
}

struct Found<'f> {
    faults: &'f mut Vec<String>,
    bound: &'f mut BTreeMap<String, Value>,
}

fn compare(place: &str, wanted: &Value, heard: &Value, found: &mut Found<'_>) {
    match (wanted, heard) {
        (Value::String(any), _) if any == ANY => {}
        (Value::String(name), _) if name.starts_with(NAMED) => {
            let name = name.trim_start_matches(NAMED);
            let known = found.bound.entry(name.to_owned()).or_insert_with(|| heard.clone());
            if known != heard {
                found.faults.push(format!("{place}: ${name} is {known}, not {heard}"));
            }
        }
        (Value::Object(wanted), Value::Object(heard)) => {
            let names: BTreeSet<_> = wanted.keys().chain(heard.keys()).collect();
            for name in names {
                let place = format!("{place}.{name}");
                match (wanted.get(name), heard.get(name)) {
                    (Some(wanted), Some(heard)) => compare(&place, wanted, heard, found),
                    (Some(wanted), None) => found.faults.push(format!("{place}: {wanted} is missing")),
                    (None, heard) => found.faults.push(format!("{place}: {heard:?} is too much")),
                }
            }
        }
        (Value::Array(wanted), Value::Array(heard)) if wanted.len() == heard.len() => {
            for (at, (wanted, heard)) in wanted.iter().zip(heard).enumerate() {
                compare(&format!("{place}[{at}]"), wanted, heard, found);
            }
        }
        _ if wanted == heard => {}
        _ => found.faults.push(format!("{place}: wanted {wanted}, heard {heard}")),
    }
}

#[test]
fn differences_are_told_with_their_places() {
    let mut bound = BTreeMap::new();
    let wanted = super::line::wanted(r#"{"a":[1,2],"b":*,"c":$c,"d":$c,"e":1}"#).unwrap();
    let good = serde_json::json!({"a": [1, 2], "b": {}, "c": "x", "d": "x", "e": 1});
    assert_eq!(difference(&wanted, &good, &mut bound), Vec::<String>::new());
    let bad = serde_json::json!({"a": [1, 3], "b": 0, "c": "x", "d": "y", "f": 1});
    let faults = difference(&wanted, &bad, &mut bound);
    assert_eq!(faults.len(), 4, "{faults:#?}");
    assert_eq!(faults[0], ".a[1]: wanted 2, heard 3");
    assert!(faults[1].starts_with(".d: $c is \"x\", not \"y\""));
}
