//! Which crates may be named where.

use super::lexer::{Kind, Token, text, tokens};
use super::source::{File, files_of};
use super::{hold, told};

/// Crates, and the only places under `src` that name them.
const PLACES: &[(&[&str], &[&str])] = &[
    (&["rusqlite", "r2d2", "r2d2_sqlite"], &["store/"]),
    (&["bcrypt"], &["security/"]),
    (&["actix_web_actors"], &["actor/"]),
    (&["serde", "serde_json"], &["protocol/", "config/"]),
    (&["toml"], &["config/"]),
    (&["rustls"], &["tls/"]),
    (&["prometheus_client"], &["metrics/"]),
];

/// Where the process's arguments and environment are read.
const ENVIRONMENT: &[&str] = &["config/", "main.rs", "command.rs", "command/"];

#[test]
fn crates_are_named_in_their_rooms() {
    let files = files_of("src", "rs");
    let mut faults: Vec<_> = files.iter().flat_map(misplaced).collect();
    faults.extend(not_in_one_file(&files));
    hold("a crate is named in its room alone", &faults);
}

#[test]
fn a_crate_elsewhere_is_told() {
    let faults_in = |path, text| misplaced(&File::sample(path, text));
    told(&faults_in("src/action/react.rs", "\nuse rusqlite::Row;"), "src/action/react.rs:2: rusqlite");
    told(&faults_in("src/web/json.rs", "let x = serde_json::to_string(y);"), "serde_json");
    told(&faults_in("src/server.rs", "std::env::var(\"X\")"), "std::env");
    told(&faults_in("src/server.rs", "use std::{io, env};"), "std::env");
    hold("a word is no crate", &faults_in("src/server.rs", "let toml = a.bcrypt; env!(\"X\") // serde::de"));
    let twice = ["src/actor/a.rs", "src/actor/b.rs"];
    let twice = twice.map(|path| File::sample(path, "use actix_web_actors::ws;"));
    told(&Vec::from_iter(not_in_one_file(&twice)), "2 files");
}

fn misplaced(file: &File) -> Vec<String> {
    let tokens = tokens(file);
    let mut faults = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let (crate_name, places) = match PLACES.iter().find(|(names, _)| names.contains(&token.text.as_str()))
        {
            Some((_, places)) if names_crate(&tokens, at) => (token.text.as_str(), *places),
            _ if names_environment(&tokens, at) => ("std::env", ENVIRONMENT),
            _ => continue,
        };
        if !places
            .iter()
            .any(|place| file.path.strip_prefix("src/").is_some_and(|path| path.starts_with(place)))
        {
            let places = places.join(" and ");
            faults.push(format!("{}:{}: {crate_name} is for {places} alone", file.path, token.line));
        }
    }
    faults
}

/// `name::…` or `use name`, not `a::name` and not a variable.
fn names_crate(tokens: &[Token], at: usize) -> bool {
    let (before, after) = (text(tokens, at.checked_sub(1)), text(tokens, Some(at + 1)));
    !text(tokens, Some(at)).is_empty() && !matches!(before, "::" | ".") && (after == "::" || before == "use")
}

/// `std::env`, `env::…`, or `env` in a list that `use` begins.
fn names_environment(tokens: &[Token], at: usize) -> bool {
    if text(tokens, Some(at)) != "env" {
        return false;
    }
    let in_use = || {
        let earlier = tokens.iter().take(at).rev().take_while(|token| token.text != ";");
        earlier.into_iter().any(|token| token.kind == Kind::Word && token.text == "use")
    };
    match (text(tokens, at.checked_sub(1)), text(tokens, Some(at + 1))) {
        ("::", _) => text(tokens, at.checked_sub(2)) == "std",
        (_, "::") => true,
        ("{" | ",", _) => in_use(),
        _ => false,
    }
}

/// The crate that is deprecated upstream stays in one file, from where it can be replaced.
fn not_in_one_file(files: &[File]) -> Option<String> {
    let names = |file: &&File| {
        let tokens = tokens(file);
        (0..tokens.len()).any(|at| text(&tokens, Some(at)) == "actix_web_actors" && names_crate(&tokens, at))
    };
    let found: Vec<_> = files.iter().filter(names).map(|file| file.path.as_str()).collect();
    let list = found.join(", ");
    (found.len() != 1)
        .then(|| format!("actix_web_actors is named in {} files, not in one: {list}", found.len()))
}
