//! Nothing grows too long to be read at once.

use super::lexer::{Kind, Token, closing, text, tokens};
use super::source::{File, files, files_of};
use super::{hold, told};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// What has braces after parentheses and is no function.
const CONTROL: &[&str] = &["catch", "extends", "for", "if", "switch", "while", "with"];

#[test]
fn no_file_is_too_long() {
    let all = ["src", "tests", "benches", "static", "sql"].iter().flat_map(|folder| files(folder));
    // A lock file is a program's, not a reader's.
    let all = all.filter(|file| !["Cargo.lock", "package-lock.json"].contains(&file.name()));
    let faults: Vec<_> = all.filter_map(|file| too_long(&file)).collect();
    hold("a file has at most 500 lines", &faults);
}

#[test]
fn a_long_file_is_told() {
    told(&Vec::from_iter(too_long(&File::sample("a.sql", &"x\n".repeat(501)))), "a.sql:501");
    assert_eq!(too_long(&File::sample("a.sql", &"x\n".repeat(500))), None);
}

#[test]
fn no_function_is_too_long() {
    let rust = ["src", "tests", "benches"].iter().flat_map(|folder| files_of(folder, "rs"));
    let scripts = ["static", "tests"]
        .iter()
        .flat_map(|folder| files(folder).into_iter().filter(|file| file.is("js") || file.is("mjs")));
    let faults: Vec<_> = rust.chain(scripts).flat_map(|file| long_functions(&file)).collect();
    hold("a function has at most 70 lines", &faults);
}

#[test]
fn a_long_function_is_told() {
    let body = "x;\n".repeat(70);
    let faults = |path, head: &str| long_functions(&File::sample(path, &format!("\n{head} {{\n{body}}}\n")));
    told(&faults("a.rs", "fn long<T>(x: [u8; 3]) -> bool where T: Fn()"), "a.rs:2: long has 72 lines");
    told(&faults("a.js", "class A { run(x)"), "a.js:2: run");
    told(&faults("a.js", "const f = (x) =>"), "a.js:2");
    hold("a loop is no function", &faults("a.js", "for (const x of y)"));
    hold("a declaration has no body", &faults("a.rs", "trait A { fn long(); } impl B"));
}

fn too_long(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    let fault = || format!("{}:{lines}: {lines} lines; split it by what its parts are about", file.path);
    (lines > FILE_LINES_MAX).then(fault)
}

fn long_functions(file: &File) -> Vec<String> {
    let tokens = tokens(file);
    let find = if file.is("rs") { rust_function } else { script_function };
    let functions = (0..tokens.len()).filter_map(|at| find(&tokens, at));
    let mut faults = Vec::new();
    for (name, first, open) in functions {
        let last = closing(&tokens, open).and_then(|end| tokens.get(end)).map_or(first, |token| token.line);
        let lines = last + 1 - first;
        if lines > FUNCTION_LINES_MAX {
            faults.push(format!("{}:{first}: {name} has {lines} lines; give its parts names", file.path));
        }
    }
    faults
}

/// A function that begins at `at`: name, line, and where its body opens.
fn rust_function(tokens: &[Token], at: usize) -> Option<(&str, usize, usize)> {
    let (word, name) = (tokens.get(at)?, tokens.get(at + 1)?);
    if word.text != "fn" || word.kind != Kind::Word || name.kind != Kind::Word {
        return None;
    }
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(at + 2).filter(|(_, token)| token.kind == Kind::Mark)
    {
        match token.text.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            ";" if depth == 0 => return None,
            "{" if depth == 0 => return Some((&name.text, word.line, place)),
            _ => {}
        }
    }
    None
}

/// A function whose body opens at `at`.
fn script_function(tokens: &[Token], at: usize) -> Option<(&str, usize, usize)> {
    if text(tokens, Some(at)) != "{" {
        return None;
    }
    let line = tokens.get(at)?.line;
    let before = at.checked_sub(1)?;
    match text(tokens, Some(before)) {
        "=>" => Some(("a function", line, at)),
        ")" => {
            let open = (0..before)
                .rev()
                .find(|open| text(tokens, Some(*open)) == "(" && closing(tokens, *open) == Some(before))?;
            let name = text(tokens, open.checked_sub(1));
            (!CONTROL.contains(&name)).then_some((name, line, at))
        }
        _ => None,
    }
}
