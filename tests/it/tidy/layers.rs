//! Imports run one way.

use super::lexer::{Kind, Token, closing, text, tokens};
use super::source::{File, files_of};
use super::{hold, told};

/// The rooms, lowest layer first. A room imports only rooms of lower layers.
const LAYERS: &[&[&str]] = &[
    &["clock", "error", "metrics"],
    &["domain", "tls"],
    &["config", "protocol"],
    &["security", "sockets", "store"],
    &["action"],
    &["actor"],
    &["web"],
    &["server"],
    &["command", "lib", "main"],
];

/// What the layers would allow, but the rooms do without.
const NEVER: &[(&str, &str)] = &[("store", "config"), ("store", "protocol"), ("security", "protocol")];

#[test]
fn imports_run_one_way() {
    let faults: Vec<_> = files_of("src", "rs").iter().flat_map(faults).collect();
    hold("a room imports only rooms below it", &faults);
}

#[test]
fn an_import_from_above_is_told() {
    let faults_in = |path, text| faults(&File::sample(path, text));
    told(&faults_in("src/store/page.rs", "\nuse crate::action::Context;"), "src/store/page.rs:2");
    told(&faults_in("src/domain/text.rs", "use crate::{error::Code, store::{Tx, config}};"), "`store`");
    told(&faults_in("src/config/mod.rs", "fn f() { crate::protocol::decode() }"), "`protocol`");
    told(&faults_in("src/store/page.rs", "use crate::config::Config;"), "`config`");
    told(&faults_in("src/store/page.rs", "use super::super::web;"), "`web`");
    told(&faults_in("src/store/page.rs", "mod tests { use super::super::super::web; }"), "`web`");
    told(&faults_in("src/attic.rs", ""), "`attic`");
    let good =
        "//! crate::web\nuse crate::error::{Code, web};\nmod tests { use super::super::tx; } \"crate::web\"";
    hold("what is below may be imported", &faults_in("src/store/page.rs", good));
}

fn faults(file: &File) -> Vec<String> {
    let room = room_of(&file.path);
    let Some(own) = layer(room) else {
        return vec![format!(
            "{}: `{room}` stands in no layer; give it one in tests/it/tidy/layers.rs",
            file.path
        )];
    };
    let tokens = tokens(file);
    let mut imports = by_crate(&tokens);
    imports.extend(by_super(&tokens, depth_of(&file.path)));
    let allowed = |other: &str| {
        let below = layer(other).is_some_and(|other| other < own);
        other == room || below && !NEVER.contains(&(room, other))
    };
    let tell = |(other, line): (&str, usize)| {
        format!("{}:{line}: `{room}` imports `{other}`; move what both need to a room below", file.path)
    };
    imports.into_iter().filter(|(other, _)| !allowed(other)).map(tell).collect()
}

fn layer(room: &str) -> Option<usize> {
    LAYERS.iter().position(|rooms| rooms.contains(&room))
}

/// The folder under `src`, or the file that is a room by itself.
fn room_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let first = inside.split('/').next().unwrap_or_default();
    first.strip_suffix(".rs").unwrap_or(first)
}

/// How many modules deep a file is: 0 for the crate's own.
fn depth_of(path: &str) -> usize {
    let folders = path.matches('/').count();
    let own = !matches!(path.rsplit('/').next(), Some("mod.rs" | "lib.rs" | "main.rs"));
    folders - 1 + usize::from(own)
}

/// `crate::room`, and each room of `crate::{…}`.
fn by_crate(tokens: &[Token]) -> Vec<(&str, usize)> {
    let starts =
        tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word && token.text == "crate");
    let starts = starts.filter(|(at, _)| text(tokens, Some(at + 1)) == "::");
    starts.flat_map(|(at, _)| first_words(tokens, at + 2)).collect()
}

/// The word at `at`, or the first words of the list there.
fn first_words(tokens: &[Token], at: usize) -> Vec<(&str, usize)> {
    let end = if text(tokens, Some(at)) == "{" { closing(tokens, at).unwrap_or(at) } else { at };
    let (mut depth, mut words) = (0_usize, Vec::new());
    for (place, token) in tokens.iter().enumerate().take(end + 1).skip(at) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        let begins = place == at || depth == 1 && matches!(text(tokens, place.checked_sub(1)), "{" | ",");
        if begins && token.kind == Kind::Word {
            words.push((token.text.as_str(), token.line));
        }
    }
    words
}

/// `super::super::room` where that leads out of the room.
fn by_super(tokens: &[Token], depth: usize) -> Vec<(&str, usize)> {
    let (mut ends, mut supers, mut found) = (Vec::new(), 0_usize, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        ends.retain(|end| *end > at);
        if text(tokens, Some(at)) == "mod" && text(tokens, Some(at + 2)) == "{" {
            ends.extend(closing(tokens, at + 2));
        }
        match (token.text.as_str(), text(tokens, Some(at + 1))) {
            ("super", "::") => supers += 1,
            ("::", "super") if supers > 0 => {}
            ("::", _) if supers > 0 => {
                if supers >= depth + ends.len() {
                    found.extend(first_words(tokens, at + 1));
                }
                supers = 0;
            }
            _ => supers = 0,
        }
    }
    found
}
