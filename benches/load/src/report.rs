//! What a bench found: a table for people, JSON for later runs, and the goals, held or not.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use serde_json::{Map, Value, json};

use crate::server::{BARE, OTKLIK};

/// One bench's result.
#[derive(Debug)]
pub struct Report {
    bench: &'static str,
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    notes: Vec<String>,
    goals: Vec<(String, bool)>,
    failures: Vec<String>,
}

/// What stands in a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A name or a remark.
    Text(String),
    /// A number, and how many decimals are worth showing.
    Number(f64, usize),
    /// Nothing that was or could be measured.
    Nothing,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number as f64, 0)
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Number(number as f64, 0)
    }
}

impl From<(f64, usize)> for Cell {
    fn from((number, decimals): (f64, usize)) -> Self {
        if number.is_finite() { Self::Number(number, decimals) } else { Self::Nothing }
    }
}

impl From<Option<(f64, usize)>> for Cell {
    fn from(number: Option<(f64, usize)>) -> Self {
        number.map_or(Self::Nothing, Self::from)
    }
}

impl Cell {
    fn show(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number, decimals) => grouped(*number, *decimals),
            Self::Nothing => "–".to_owned(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number, _) => json!(number),
            Self::Nothing => Value::Null,
        }
    }
}

impl Report {
    /// An empty table; the first column is the server's name.
    pub fn new(bench: &'static str, title: String, columns: &[&'static str]) -> Self {
        let columns = std::iter::once("server").chain(columns.iter().copied()).collect();
        Self {
            bench,
            title,
            columns,
            rows: Vec::new(),
            notes: Vec::new(),
            goals: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, server: &str, cells: Vec<Cell>) {
        assert_eq!(cells.len() + 1, self.columns.len(), "a cell a column");
        self.rows.push(std::iter::once(Cell::from(server)).chain(cells).collect());
    }

    /// Says something under the table.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Says that something that must be measured was not: the run has failed.
    pub fn fail(&mut self, what: String) {
        self.failures.push(what);
    }

    /// Says why a server was not measured. Ours and the floors must be; a peer is left out.
    pub fn left_out(&mut self, server: &str, error: &anyhow::Error) {
        let what = format!("{server}: {error:#}");
        if [OTKLIK.name, BARE.name].iter().any(|must| server.starts_with(must)) {
            self.fail(what);
        } else {
            self.note(what);
        }
    }

    /// Whether something is missing that must be there.
    pub fn has_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Says whether a goal is met.
    pub fn goal(&mut self, what: String, met: bool) {
        self.goals.push((what, met));
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut rows = vec![self.columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>()];
        rows.extend(self.rows.iter().map(|row| row.iter().map(Cell::show).collect()));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..self.columns.len()).map(width).collect();
        let mut text = format!("\n{}: {}\n", self.bench, self.title);
        for row in rows {
            let _ = write!(text, "{:<1$}", row[0], widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                let _ = write!(text, "  {cell:>width$}");
            }
            text.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        for (goal, met) in &self.goals {
            let _ = writeln!(text, "  {} {goal}", if *met { "[met]    " } else { "[NOT MET]" });
        }
        for failure in &self.failures {
            let _ = writeln!(text, "  [FAILED]  {failure}");
        }
        text
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let row = |row: &Vec<Cell>| -> Map<String, Value> {
            self.columns.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), cell.json())).collect()
        };
        let goals: Vec<_> = self.goals.iter().map(|(goal, met)| json!({"goal": goal, "met": met})).collect();
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        json!({
            "bench": self.bench, "title": self.title, "rows": rows, "notes": self.notes, "goals": goals,
            "failures": self.failures,
        })
    }
}

/// A number with its thousands apart.
fn grouped(number: f64, decimals: usize) -> String {
    let plain = format!("{number:.decimals$}");
    let (whole, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// Says what is being done: on a terminal in one line, else a line each.
pub fn progress(what: &str) {
    let mut error = std::io::stderr();
    let done = if error.is_terminal() { write!(error, "\r\x1b[K{what}") } else { writeln!(error, "{what}") };
    // Who does not listen misses nothing that counts.
    drop(done.and_then(|()| error.flush()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(1_234_567.0, 0), "1,234,567");
        assert_eq!(grouped(999.25, 1), "999.2");
        assert_eq!(grouped(-1_000.0, 0), "-1,000");
    }
}
