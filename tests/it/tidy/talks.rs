//! The contract quotes the conversations that are run against the server, as they are.

use std::collections::BTreeMap;

use super::source::{File, files_of};
use super::{hold, told};

/// What stands before a quotation: a line with the talk's name, then the fenced block.
const MARK: &str = "<!-- talk: ";

#[test]
fn the_contract_quotes_every_talk_as_it_is() {
    let document = files_of("docs", "md").into_iter().find(|file| file.name() == "protocol.md");
    let document = document.unwrap_or_else(|| File::sample("docs/protocol.md", ""));
    hold("a quoted talk is the one that is run", &faults(&document.text, &files_of("tests/talk", "txt")));
}

#[test]
fn a_changed_talk_is_told() {
    let talks = [File::sample("tests/talk/hello.txt", "> hi\n< ho\n")];
    let quote = |inside: &str| format!("{MARK}hello.txt -->\n```text\n{inside}```\n");
    hold("the same is good", &faults(&quote("> hi\n< ho\n"), &talks));
    told(&faults(&quote("> hi\n"), &talks), "docs/protocol.md:1: hello.txt is not quoted as it is");
    told(&faults("", &talks), "hello.txt is not quoted");
    told(&faults(&quote("> hi\n< ho\n"), &[]), "there is no tests/talk/hello.txt");
}

fn faults(document: &str, talks: &[File]) -> Vec<String> {
    let quoted = quoted(document);
    let mut faults = Vec::new();
    for (name, (line, inside)) in &quoted {
        let place = format!("docs/protocol.md:{line}");
        match talks.iter().find(|talk| talk.name() == name) {
            None => faults.push(format!("{place}: there is no tests/talk/{name}")),
            Some(talk) if talk.text != *inside => {
                faults.push(format!("{place}: {name} is not quoted as it is; run tests/quote-talks"));
            }
            Some(_) => {}
        }
    }
    let missing = talks.iter().filter(|talk| !quoted.contains_key(talk.name()));
    faults.extend(
        missing.map(|talk| format!("{}:1: {} is not quoted; run tests/quote-talks", talk.path, talk.name())),
    );
    faults
}

/// The quotations by name, each with its line and the inside of its block.
fn quoted(document: &str) -> BTreeMap<String, (usize, String)> {
    let mut quoted = BTreeMap::new();
    let mut lines = (1_usize..).zip(document.lines());
    while let Some((number, line)) = lines.next() {
        let Some(name) = line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(" -->")) else { continue };
        let inside = lines.by_ref().skip_while(|(_, line)| !line.starts_with("```")).skip(1);
        let inside = inside.take_while(|(_, line)| !line.starts_with("```"));
        quoted.insert(name.to_owned(), (number, inside.flat_map(|(_, line)| [line, "\n"]).collect()));
    }
    quoted
}
