//! The command line: what it prints and how it ends.

use std::process::Output;

use serde_json::json;

use crate::site::{PASSWORD, Process, output};

/// Runs the binary in a folder with this config.
fn run(config: &str, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    told(&output(Process::command(arguments).current_dir(folder.path()), input))
}

fn told(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.clone(), output.stderr.clone()].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_good_config_is_good() {
    let (code, text) = run("[limits]\nping_s = 20\n", &["check"], "");
    assert_eq!(code, Some(0), "{text}");
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml");
    let (code, text) = run("", &["check", "--config", shipped], "");
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn every_fault_is_told_with_its_place() {
    let config = "[limits]\nping_s = 0\nqueries = 3\n[sever]\n";
    let (code, text) = run(config, &["check"], "");
    assert_eq!(code, Some(1), "{text}");
    for place in ["config.toml:2:10: limits.ping_s is 0", "config.toml:3:1: ", "config.toml:4:2: "] {
        assert!(text.contains(place), "{place} is not in {text}");
    }
    let (code, served) = run(config, &["serve"], "");
    assert_eq!(code, Some(1), "{served}");
    assert!(served.contains("config.toml:2:10: limits.ping_s is 0"), "{served}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let (code, text) = run("", &["check", "--config", "none.toml"], "");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("none.toml"), "{text}");
}

#[test]
fn wrong_usage_ends_with_2_and_help_with_0() {
    for arguments in [&["dance"][..], &["user", "add"], &["user", "add", "eve", "--role", "queen"]] {
        let (code, text) = run("", arguments, "");
        assert_eq!(code, Some(2), "{text}");
        assert!(!text.is_empty());
    }
    let (code, text) = run("", &["--help"], "");
    assert_eq!(code, Some(0));
    assert!(["serve", "check", "user"].iter().all(|command| text.contains(command)), "{text}");
}

#[test]
fn a_foreign_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "[server]\nbind = \"127.0.0.1:0\"\n").unwrap();
    std::fs::write(folder.path().join("otklik.db"), "not a database, but precious").unwrap();
    let (code, text) = told(&output(Process::command(&["serve"]).current_dir(folder.path()), ""));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("otklik.db"), "{text}");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("otklik.db")).unwrap(),
        "not a database, but precious"
    );
}

#[test]
fn users_of_no_database_are_told_so_and_none_is_made() {
    for arguments in [
        &["user", "list"][..],
        &["user", "password", "alice"],
        &["user", "role", "alice", "admin"],
        &["user", "ban", "alice"],
        &["user", "unban", "alice"],
        &["user", "delete", "alice", "--yes"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let run = || told(&output(Process::command(arguments).current_dir(folder.path()), PASSWORD));
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        let (code, text) = run();
        assert_eq!((code, names()), (Some(1), 0), "{text}");
        assert!(text.contains("there is no database otklik.db") && text.contains("database.path"), "{text}");
        std::fs::write(folder.path().join("otklik.db"), "").unwrap();
        let (code, text) = run();
        assert_eq!((code, names()), (Some(1), 1), "{text}");
    }
}

#[actix_web::test]
async fn users_are_added_while_it_runs() {
    let process = Process::start("auth.sign_up = \"closed\"").await;
    let (code, text) = told(&process.also(&["user", "add", "root", "--role", "admin"], PASSWORD));
    assert_eq!(code, Some(0), "{text}");
    let mut root = process.guest("root").await;
    assert_eq!(root.sign_in("root").await["role"], "admin");
    let sign_up = json!({"type_query": "signUp", "username": "eve", "password": PASSWORD});
    root.refused(sign_up, "sign_up_closed").await;
    for (name, password) in [("ROOT", PASSWORD), ("a/b", PASSWORD), ("weak", "password2024")] {
        let (code, text) = told(&process.also(&["user", "add", name], password));
        assert_eq!(code, Some(1), "{text}");
        assert!(!text.contains(password), "a password is never printed: {text}");
    }
}
