//! SQL stands in `.sql` files, and each file is used.

use std::collections::BTreeSet;

use super::lexer::{Kind, text, tokens};
use super::source::{File, files_of};
use super::{hold, told};

/// The macros of `src/store/statement.rs` that take a statement's name.
const MACROS: &[&str] = &["execute", "find", "get", "list", "sql"];

/// With what SQL begins, where more follows.
const KEYWORDS: &[&str] =
    &["alter", "create", "delete", "drop", "insert", "pragma", "savepoint", "select", "update", "vacuum"];

#[test]
fn every_statement_is_used_and_every_used_one_exists() {
    let faults = unpaired(&files_of("sql/statement", "sql"), &files_of("src/store", "rs"));
    hold("statements and their uses are the same names", &faults);
}

#[test]
fn an_unused_statement_is_told() {
    let statements =
        [File::sample("sql/statement/page_get.sql", ""), File::sample("sql/statement/old.sql", "")];
    let store =
        [File::sample("src/store/page.rs", "get!(self.x(), \"page_get\", {});\nsql!(\"gone\"); sql!($name)")];
    let faults = unpaired(&statements, &store);
    told(&faults, "sql/statement/old.sql:1");
    told(&faults, "src/store/page.rs:2: gone");
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn no_statement_is_inline() {
    let faults: Vec<_> = files_of("src", "rs").iter().flat_map(inline).collect();
    hold("SQL stands in sql/statement", &faults);
}

#[test]
fn an_inline_statement_is_told() {
    let faults_in = |text| inline(&File::sample("src/store/a.rs", text));
    told(&faults_in("\nlet x = \" SELECT 1\";"), "src/store/a.rs:2");
    told(&faults_in("let x = r#\"insert into \"a\" values (1)\"#;"), "src/store/a.rs:1");
    told(&faults_in("\"begin immediate\""), "src/store/a.rs:1");
    hold("a sentence is no statement", &faults_in("\"update\"; \"beginning a batch\"; // select 1"));
}

#[test]
fn statements_are_written_alike() {
    let statements = files_of("sql/statement", "sql");
    let mut faults: Vec<_> = statements.iter().flat_map(unlike).collect();
    faults.extend(statements.iter().filter_map(not_one));
    faults.extend(files_of("sql/migration", "sql").iter().flat_map(unlike));
    hold("SQL is lower case and begins with a comment that says what for", &faults);
}

#[test]
fn an_unlike_statement_is_told() {
    let faults_in = |text| unlike(&File::sample("a.sql", text));
    told(&faults_in("select 1;\n"), "a.sql:1: it begins without a comment");
    told(&faults_in("-- One.\nselect\n    A;\n"), "a.sql:3");
    hold("a comment and a string have any case", &faults_in("-- One.\nselect 'Shown'; -- SQL\n"));
    told(&Vec::from_iter(not_one(&File::sample("a.sql", "-- Two;\nselect 1;\nselect 2;\n"))), "a.sql");
    assert_eq!(not_one(&File::sample("a.sql", "-- One; one\nselect ';';\n")), None);
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let migrate = files_of("src/store", "rs").into_iter().map(|file| file.text).collect::<String>();
    hold("migrations are numbered and listed", &misnumbered(&files_of("sql/migration", "sql"), &migrate));
}

#[test]
fn a_gap_is_told() {
    let files = ["sql/migration/0001_a.sql", "sql/migration/0003_b.sql"].map(|path| File::sample(path, ""));
    told(&misnumbered(&files, "/0001_a.sql /0003_b.sql"), "0003_b.sql: it should begin with 0002_");
    told(&misnumbered(&files, "/0003_b.sql"), "0001_a.sql: src/store/migrate.rs does not name it");
}

fn unpaired(statements: &[File], store: &[File]) -> Vec<String> {
    let exists: BTreeSet<_> = statements.iter().filter_map(|file| file.name().strip_suffix(".sql")).collect();
    let used: Vec<_> = store.iter().flat_map(uses).collect();
    let unused = statements.iter().filter(|file| {
        let name = file.name().strip_suffix(".sql");
        !used.iter().any(|(used, _)| name == Some(used))
    });
    let unused = unused.map(|file| format!("{}:1: nothing in src/store uses it; delete it", file.path));
    let missing = used.iter().filter(|(name, _)| !exists.contains(name.as_str()));
    let missing = missing.map(|(name, place)| format!("{place}: {name}.sql is not in sql/statement"));
    unused.chain(missing).collect()
}

/// The names that a file gives to the macros, each with its place.
fn uses(file: &File) -> Vec<(String, String)> {
    let tokens = tokens(file);
    let mut uses = Vec::new();
    for at in 0..tokens.len() {
        let called = (text(&tokens, Some(at + 1)), text(&tokens, Some(at + 2))) == ("!", "(");
        if !called || !MACROS.contains(&text(&tokens, Some(at))) {
            continue;
        }
        // A macro's own definition passes on a `$name`.
        let mut rest =
            tokens.iter().skip(at + 3).take_while(|token| !matches!(token.text.as_str(), "$" | ";"));
        if let Some(name) = rest.find(|token| token.kind == Kind::Text) {
            uses.push((name.text.clone(), format!("{}:{}", file.path, name.line)));
        }
    }
    uses
}

fn inline(file: &File) -> Vec<String> {
    let tokens = tokens(file);
    let inline = tokens.iter().filter(|token| token.kind == Kind::Text && is_sql(&token.text));
    let tell =
        |line| format!("{}:{line}: a statement in a string; make it a file in sql/statement", file.path);
    inline.map(|token| tell(token.line)).collect()
}

fn is_sql(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut words = text.split(|c: char| c.is_ascii_whitespace() || c == ';').filter(|word| !word.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next());
    match first {
        "begin" | "commit" | "rollback" => {
            matches!(second, None | Some("deferred" | "exclusive" | "immediate" | "to" | "transaction"))
        }
        _ => second.is_some() && KEYWORDS.contains(&first),
    }
}

/// A line without its comment and without what stands in its strings.
fn bare(line: &str) -> String {
    let code = line.split("--").next().unwrap_or_default();
    code.split('\'').step_by(2).collect()
}

fn unlike(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    if !file.text.starts_with("-- ") {
        faults.push(format!("{}:1: it begins without a comment; say what it is for", file.path));
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        if bare(line).chars().any(char::is_uppercase) {
            faults.push(format!("{}:{number}: upper case; SQL is lower case here", file.path));
        }
    }
    faults
}

fn not_one(file: &File) -> Option<String> {
    let code: String = file.text.lines().map(bare).collect();
    let one = code.matches(';').count() == 1 && code.trim_end().ends_with(';');
    (!one).then(|| {
        format!("{}:1: it is not one statement that ends with a semicolon; one file each", file.path)
    })
}

fn misnumbered(files: &[File], migrate: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, file) in (1..).zip(files) {
        let prefix = format!("{number:04}_");
        if !file.name().starts_with(&prefix) {
            faults.push(format!("{}: it should begin with {prefix}", file.path));
        }
        if !migrate.contains(&format!("/{}", file.name())) {
            faults.push(format!("{}: src/store/migrate.rs does not name it", file.path));
        }
    }
    faults
}
