//! Two results side by side: `otklik-load compare OLD NEW` says what has changed by more than a tenth.
//!
//! On a shared machine a time alone says little; a ratio to the floor or to a peer, both of the same run, says more.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

/// The columns that say what was done; the others say how it went.
const LOADS: &[&str] = &[
    "server",
    "viewers",
    "posts/s",
    "wanted/s",
    "connections",
    "comments in all",
    "on the page",
    "operation",
    "database",
    "sign-ins waiting",
    "sessions",
];

/// The columns that say how steady the machine was.
const STEADINESS: &[&str] = &["spread", "late p99 ms"];

/// What is worth telling.
const CHANGE_MIN: f64 = 0.1;

type Row = Map<String, Value>;

/// Prints what has changed.
pub fn run(old: &str, new: &str) -> Result<()> {
    let (old, new) = (rows(old)?, rows(new)?);
    let mut told = 0;
    for (name, row) in &new {
        let Some((_, before)) = old.iter().find(|(other, _)| other == name) else {
            println!("{name}: new");
            continue;
        };
        let is_figure = |column: &str| !LOADS.contains(&column) && !STEADINESS.contains(&column);
        for (column, value) in row.iter().filter(|(column, _)| is_figure(column)) {
            if let Some(line) = change(&before[column], value) {
                println!("{name}: {column}: {line}");
                told += 1;
            }
        }
    }
    for (name, _) in old.iter().filter(|(name, _)| !new.iter().any(|(other, _)| other == name)) {
        println!("{name}: not measured any more");
    }
    println!("{told} figures of {} rows have changed by more than {:.0} %", new.len(), CHANGE_MIN * 100.0);
    Ok(())
}

/// What changed, if it is worth telling.
fn change(before: &Value, now: &Value) -> Option<String> {
    match (before.as_f64(), now.as_f64()) {
        (Some(before), Some(now)) if before.abs() > 0.0 => {
            let times = now / before;
            ((times - 1.0).abs() > CHANGE_MIN).then(|| format!("{before:.2} -> {now:.2} ({times:.2} times)"))
        }
        (Some(_), Some(_)) => None,
        _ if before == now => None,
        _ => Some(format!("{before} -> {now}")),
    }
}

/// Every row of a result, by what was done.
fn rows(file: &str) -> Result<Vec<(String, Row)>> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
    let results: Value = serde_json::from_str(&text).with_context(|| format!("reading {file}"))?;
    let mut rows = Vec::new();
    for bench in results["benches"].as_array().context("no benches")? {
        for row in bench["rows"].as_array().into_iter().flatten().filter_map(Value::as_object) {
            rows.push((format!("{}, {}", bench["bench"].as_str().unwrap_or("?"), load(row)), row.clone()));
        }
    }
    Ok(rows)
}

fn load(row: &Row) -> String {
    let said = row.iter().filter(|(column, _)| LOADS.contains(&column.as_str()));
    let said = said.map(|(column, value)| match value.as_str() {
        Some(text) => text.to_owned(),
        None => format!("{value} {column}"),
    });
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_worth_it_is_told() {
        assert_eq!(change(&json!(100), &json!(105)), None);
        assert_eq!(change(&json!(100), &json!(50)).unwrap(), "100.00 -> 50.00 (0.50 times)");
        assert_eq!(change(&json!("yes"), &json!("no")).unwrap(), "\"yes\" -> \"no\"");
        assert_eq!(change(&json!(null), &json!(null)), None);
    }
}
