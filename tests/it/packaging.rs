//! What packages ship beside the program: completions, manual pages, and the words of the image and of the Debian
//! package, which are built elsewhere.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::site::{Process, output, skip};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the program prints.
fn printed(arguments: &[&str]) -> String {
    let output = output(&mut Process::command(arguments), "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The names under "Commands:" in a help, but for `help`.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    let names =
        lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn shells_can_complete_every_command() {
    let script = printed(&["completions", "bash"]);
    let mut bash = Command::new("bash");
    let checked = output(bash.arg("-n"), &script);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let commands = commands(&printed(&["--help"]));
    assert!(commands.len() > 3, "{commands:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}: {script}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    printed(&["man", pages.to_str().unwrap()]);
    let mut wanted = BTreeSet::from(["otklik.1".to_owned()]);
    for command in commands(&printed(&["--help"])) {
        let below = commands(&printed(&[&command, "--help"]));
        wanted.extend(below.iter().map(|below| format!("otklik-{command}-{below}.1")));
        wanted.insert(format!("otklik-{command}.1"));
    }
    let made =
        std::fs::read_dir(&pages).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(made.collect::<BTreeSet<_>>(), wanted);
    let page = std::fs::read_to_string(pages.join("otklik.1")).unwrap();
    assert!(page.contains("74  the disk failed") && page.contains("SIGHUP"), "{page}");
    if Command::new("groff").arg("--version").output().is_err() {
        return skip("every_command_has_a_manual_page", "there is no groff to check their form");
    }
    for page in wanted {
        let mut groff = Command::new("groff");
        let told = output(groff.args(["-man", "-ww", "-Tutf8", "-z"]).arg(pages.join(&page)), "");
        assert!(told.stderr.is_empty(), "{page}: {}", String::from_utf8_lossy(&told.stderr));
    }
}

/// The texts in quotes that stand after a `key = ` at the beginning of a line.
fn quoted_after<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(key)?.trim().strip_prefix('='));
    lines.filter_map(|rest| rest.trim().strip_prefix('"')?.strip_suffix('"')).collect()
}

#[test]
fn the_image_copies_what_there_is_and_runs_as_nobody() {
    let text = read("packaging/Dockerfile").replace("\\\n", " ");
    let lines: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect();
    let known = [
        "COPY",
        "CMD",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "RUN",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ];
    assert!(lines.iter().all(|line| known.contains(&line[0])), "{lines:#?}");
    let copied: Vec<&str> = lines
        .iter()
        .filter(|line| line[0] == "COPY" && !line[1].starts_with("--from"))
        .flat_map(|line| &line[1..line.len() - 1])
        .copied()
        .collect();
    for path in &copied {
        assert!(root().join(path).exists(), "{path} is not there to be copied");
    }
    // cargo takes no manifest that names a file which is not there.
    let manifest = read("Cargo.toml");
    for path in quoted_after(&manifest, "path") {
        assert!(copied.iter().any(|copied| path.starts_with(copied)), "{path} is not copied");
    }
    let last = |word: &str| lines.iter().rfind(|line| line[0] == word).map(|line| line[1]);
    let user = last("USER").and_then(|user| user.split(':').next()?.parse::<u32>().ok());
    assert!(user.is_some_and(|user| user > 0), "root runs it: {user:?}");
    assert_eq!(last("EXPOSE"), Some("5678"), "the port of config.toml");
    assert!(last("ENTRYPOINT").is_some_and(|first| first.starts_with('[')), "a shell would swallow SIGTERM");
}

#[test]
fn the_debian_package_ships_what_there_is() {
    let manifest = read("Cargo.toml");
    let (_, assets) = manifest.split_once("assets = [\n").unwrap();
    let (assets, _) = assets.split_once("\n]").unwrap();
    let script = read("packaging/build-deb");
    for asset in assets.lines() {
        let source = asset.split('"').nth(1).unwrap();
        if let Some(made) = source.strip_prefix("target/") {
            let folder = made.rsplit_once('/').unwrap().0.rsplit('/').next().unwrap();
            assert!(script.contains(folder), "{source} is made by nobody");
        } else {
            let there = source.split('*').next().unwrap();
            assert!(root().join(there).exists(), "{source} is not there to be shipped");
        }
    }
    let output = output(Command::new("bash").arg("-n").arg(root().join("packaging/build-deb")), "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
