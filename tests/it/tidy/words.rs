//! Words that must not stand in certain places, and those that must.

use super::lexer::{Kind, text, tokens};
use super::source::{File, files, files_of};
use super::{hold, told};

/// Ways by which text becomes markup or code in a browser.
const SINKS: &[&str] = &[
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function(",
    "createContextualFragment",
    "setHTMLUnsafe",
    "srcdoc",
];

/// What the glossary says another word for, and that word.
const GLOSSARY: &[(&str, &str)] = &[
    ("vote", "reaction"),
    ("votes", "tally"),
    ("upvote", "like"),
    ("downvote", "dislike"),
    ("score", "tally"),
    ("scores", "tally"),
    ("topic", "page"),
    ("topics", "page"),
    ("commenter", "user"),
    ("commenters", "user"),
    ("account", "user"),
    ("accounts", "user"),
    ("login", "token"),
    ("logout", "sign out"),
    ("lagged", "behind"),
];

/// The glossary's words that no sentence of the documents needs in another sense.
const NOT_IN_DOCUMENTS: &[&str] =
    &["vote", "votes", "upvote", "downvote", "topic", "topics", "commenter", "commenters"];

#[test]
fn every_room_says_what_lives_there() {
    let faults: Vec<_> = files_of("src", "rs").iter().filter_map(mute).collect();
    hold("a room begins with what lives there", &faults);
}

#[test]
fn a_mute_room_is_told() {
    told(&Vec::from_iter(mute(&File::sample("src/web/mod.rs", "mod routes;"))), "src/web/mod.rs:1");
    told(&Vec::from_iter(mute(&File::sample("src/server.rs", "//!\nuse std::io;"))), "src/server.rs:1");
    assert_eq!(mute(&File::sample("src/web/mod.rs", "//! HTTP: routes and the upgrade.\n")), None);
}

#[test]
fn nothing_is_ignored_or_allowed() {
    let rust = ["src", "tests", "benches"].iter().flat_map(|folder| files_of(folder, "rs"));
    let faults: Vec<_> = rust.flat_map(|file| waved_through(&file)).collect();
    hold("a test runs, and a lint is expected with its reason", &faults);
}

#[test]
fn an_ignored_test_is_told() {
    let faults_in = |text| waved_through(&File::sample("a.rs", text));
    told(&faults_in("\n#[ignore = \"slow\"]"), "a.rs:2");
    told(&faults_in("#![allow(dead_code)]"), "a.rs:1");
    told(&faults_in("#[cfg_attr(test, allow(dead_code))]"), "a.rs:1");
    hold("a call is no attribute", &faults_in("allow(x); y.ignore(); // #[ignore]"));
}

#[test]
fn no_path_of_one_machine_stands_anywhere() {
    let faults: Vec<_> = files("").iter().flat_map(machine_paths).collect();
    hold("no file names a folder of one machine", &faults);
}

#[test]
fn a_machine_path_is_told() {
    let sample = File::sample("a.md", concat!("a\nsee (/wo", "rk/main)\n"));
    told(&machine_paths(&sample), "a.md:2");
    hold("a relative path is anybody's", &machine_paths(&File::sample("a.md", concat!("net/wo", "rk/x"))));
}

#[test]
fn nothing_in_the_browser_parses_markup() {
    let scripts = files("static").into_iter().filter(|file| file.is("js") || file.is("mjs"));
    let faults: Vec<_> = scripts.flat_map(|file| sinks(&file)).collect();
    hold("what people wrote becomes text nodes alone", &faults);
}

#[test]
fn a_sink_is_told() {
    told(&sinks(&File::sample("a.js", "\nnode.innerHTML = text;")), "a.js:2: innerHTML");
    told(&sinks(&File::sample("a.js", "x = eval(y)")), "eval(");
    hold("part of a word is another word", &sinks(&File::sample("a.js", "retrieval(x)")));
}

#[test]
fn the_glossary_holds() {
    let mut faults: Vec<_> = files_of("src", "rs").iter().flat_map(other_words).collect();
    faults.extend(files("sql").iter().flat_map(other_words));
    let documents =
        files("docs").into_iter().chain(files("").into_iter().filter(|file| !file.path.contains('/')));
    faults.extend(documents.filter(|file| file.is("md")).flat_map(|file| loose_words(&file)));
    hold("one word, one meaning", &faults);
}

#[test]
fn another_word_is_told() {
    told(&other_words(&File::sample("a.rs", "\nlet up_votes = 1;")), "a.rs:2: up_votes: say tally");
    told(&other_words(&File::sample("a.rs", "struct UserAccount;")), "UserAccount: say user");
    hold("underscore has no score", &other_words(&File::sample("a.rs", "underscore, \"vote\" // vote")));
    told(&loose_words(&File::sample("a.md", "One\nUpvote it.")), "a.md:2");
}

/// A `mod.rs`, or a room of one file, that does not begin with its purpose.
fn mute(file: &File) -> Option<String> {
    let room = file.name() == "mod.rs" || file.path.matches('/').count() == 1;
    let first = file.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//! ").is_some_and(|words| words.trim().len() > 10);
    (room && !says).then(|| format!("{}:1: begin with `//!` and what lives there", file.path))
}

/// `#[ignore]` and `#[allow(…)]`, inside `cfg_attr` as well.
fn waved_through(file: &File) -> Vec<String> {
    let tokens = tokens(file);
    let mut faults = Vec::new();
    let mut attribute_ends = 0;
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind != Kind::Text) {
        let after = |ahead: usize| text(&tokens, Some(at + ahead));
        if token.text == "#" && (after(1) == "[" || (after(1), after(2)) == ("!", "[")) {
            let open = if after(1) == "[" { at + 1 } else { at + 2 };
            attribute_ends = super::lexer::closing(&tokens, open).unwrap_or(at);
        }
        let ignored = token.text == "ignore" && matches!(after(1), "]" | "=" | ")" | ",");
        let allowed = token.text == "allow" && after(1) == "(";
        if at < attribute_ends && (ignored || allowed) {
            let what =
                if ignored { "a test that does not run" } else { "`#[expect(…, reason = …)]` instead" };
            faults.push(format!("{}:{}: {}: {what}", file.path, token.line, token.text));
        }
    }
    faults
}

fn machine_paths(file: &File) -> Vec<String> {
    // In pieces, so that this file may be read as well.
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/tm", "p/wt")];
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        for folder in folders {
            let absolute = line.match_indices(folder).any(|(at, _)| {
                let before = line.get(..at).and_then(|before| before.chars().next_back());
                before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '_' | '-'))
            });
            if absolute {
                faults.push(format!(
                    "{}:{number}: {folder}… is one machine's; name no absolute path",
                    file.path
                ));
            }
        }
    }
    faults
}

fn sinks(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        for sink in SINKS {
            let whole = line.match_indices(sink).any(|(at, _)| {
                let before = line.get(..at).and_then(|before| before.chars().next_back());
                before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
            });
            if whole {
                faults.push(format!(
                    "{}:{number}: {sink} makes markup or code of text; build nodes",
                    file.path
                ));
            }
        }
    }
    faults
}

/// Names in code that have a part which the glossary says another word for. SQL is cut as Rust is.
fn other_words(file: &File) -> Vec<String> {
    let code = File::sample("a.rs", &file.text.replace("--", "//"));
    let code = if file.is("sql") { tokens(&code) } else { tokens(file) };
    let mut faults = Vec::new();
    for token in code.iter().filter(|token| token.kind == Kind::Word) {
        let parts = parts(&token.text);
        if let Some((_, better)) = GLOSSARY.iter().find(|(word, _)| parts.iter().any(|part| part == word)) {
            faults.push(format!("{}:{}: {}: say {better}", file.path, token.line, token.text));
        }
    }
    faults
}

/// The words in a name: `up_votes` and `UpVotes` alike.
fn parts(name: &str) -> Vec<String> {
    let (mut parts, mut small_before) = (vec![String::new()], false);
    for c in name.chars() {
        if c == '_' || c.is_uppercase() && small_before {
            parts.push(String::new());
        }
        small_before = c.is_lowercase();
        if let Some(part) = parts.last_mut().filter(|_| c != '_') {
            part.extend(c.to_lowercase());
        }
    }
    parts
}

fn loose_words(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let line = line.to_lowercase();
        for word in line.split(|c: char| !c.is_alphanumeric()) {
            if NOT_IN_DOCUMENTS.contains(&word) {
                faults.push(format!("{}:{number}: {word}: the glossary has another word for it", file.path));
            }
        }
    }
    faults
}
