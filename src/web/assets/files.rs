//! Which files are served, and how the element's loader finds its modules.

use sha2::{Digest, Sha256};

/// The files of `static/` by their paths.
macro_rules! files {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/", $path)))),*]
    };
}

/// Every file that is served, with its text.
#[rustfmt::skip]
pub(super) const FILES: &[(&str, &str)] = files![
    "counts.js"
    "demo.css"
    "demo.js"
    "embed.js"
    "index.html"
    "sign-in.css"
    "sign-in.html"
    "status.css"
    "status.html"
    "status.js"
    "otklik/browser.js"
    "otklik/connection.js"
    "otklik/element/card.js"
    "otklik/element/composer.js"
    "otklik/element/dialog.js"
    "otklik/element/dom.js"
    "otklik/element/element.js"
    "otklik/element/enter.js"
    "otklik/element/form.js"
    "otklik/element/keys.js"
    "otklik/element/later.js"
    "otklik/element/link.js"
    "otklik/element/menu.js"
    "otklik/element/more-styles.js"
    "otklik/element/notices.js"
    "otklik/element/own.js"
    "otklik/element/popup.js"
    "otklik/element/sign-in-page.js"
    "otklik/element/styles.js"
    "otklik/element/view.js"
    "otklik/element/words.js"
    "otklik/index.js"
    "otklik/later.js"
    "otklik/locales/en.js"
    "otklik/locales/en.later.js"
    "otklik/locales/ru.js"
    "otklik/locales/ru.later.js"
    "otklik/outbox.js"
    "otklik/page.js"
    "otklik/session.js"
    "otklik/sign-in-window.js"
    "otklik/snapshot.js"
    "otklik/store.js"
    "otklik/thread.js"
];

/// What a page loads the element by.
pub(super) const LOADER: &str = "embed.js";

/// The module that the element begins with.
pub(super) const ENTRY: &str = "element/element.js";

/// What reacting and writing need. The element asks for it once comments are live; with what is there by then it packs a
/// third smaller than by itself.
const ACTS: &str = "later.js";

/// The folder's letters: so many of a digest in hexadecimal.
const FOLDER_LETTERS: usize = 16;

/// The modules, each by its path under `otklik/`.
pub(super) fn modules() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter_map(|(path, text)| Some((path.strip_prefix("otklik/")?, *text)))
}

/// A name for what all modules are together, as they are served.
pub(super) fn folder<'t>(served: impl Iterator<Item = (&'t str, &'t str)>) -> String {
    let mut hash = Sha256::new();
    for part in served.flat_map(|(path, text)| [path, text]) {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let first =
        digest.iter().take(FOLDER_LETTERS / 2).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{first:016x}")
}

/// Whether that may have been a [`folder`] once.
pub(super) fn is_folder(name: &str) -> bool {
    name.len() == FOLDER_LETTERS && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Puts the folder, and the modules that the element takes at first, where a file asks for them.
pub(super) fn fill_in(text: &str, folder: &str, first: &[String]) -> String {
    let modules: Vec<_> = first.iter().map(|path| format!("\"{path}\"")).collect();
    text.replace("__OTKLIK__", &format!("otklik/{folder}/"))
        .replace("__MODULES__", &format!("[{}]", modules.join(",")))
}

/// The modules that the entry imports, and theirs, each after those that it imports, the entry last, with what reading,
/// reacting and writing need; not what else is imported only when it is needed.
pub(super) fn first_modules() -> Vec<String> {
    let text_of = |path: &str| modules().find(|(known, _)| *known == path).map(|(_, text)| text);
    let mut needed = Vec::new();
    for root in [ACTS, ENTRY] {
        need(root, &text_of, &mut needed);
    }
    needed
}

fn need(path: &str, text_of: &impl Fn(&str) -> Option<&'static str>, needed: &mut Vec<String>) {
    let Some(text) = text_of(path) else { return };
    if !needed.iter().any(|known| known == path) {
        imports(text).for_each(|import| need(&resolve(path, import), text_of, needed));
        needed.push(path.to_owned());
    }
}

/// What a module imports as it begins: `import … from "./x.js"`, `export … from "./x.js"`, `import "./x.js"`.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let words = line.trim_start();
        let from = words.find(" from \"").map(|at| at + " from \"".len());
        let from = from.filter(|_| ["import ", "export ", "}"].iter().any(|start| words.starts_with(start)));
        let rest = words.get(from?..).or_else(|| words.strip_prefix("import \""))?;
        rest.split('"').next().filter(|path| path.starts_with('.'))
    })
}

/// `import`, which the module at `path` names, as a path from where that one counts.
pub(super) fn resolve(path: &str, import: &str) -> String {
    let mut parts: Vec<_> = path.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// How the module at `path` names the one at `target`.
pub(super) fn relative(path: &str, target: &str) -> String {
    let ups = path.matches('/').count();
    if ups == 0 { format!("./{target}") } else { format!("{}{target}", "../".repeat(ups)) }
}

/// Whether it is a page, which has an address of its own.
pub(super) fn is_page(path: &str) -> bool {
    content_type(path).starts_with("text/html")
}

/// What a browser takes a file for, by its name.
pub(super) fn content_type(path: &str) -> &'static str {
    let types = [
        (".html", "text/html; charset=utf-8"),
        (".css", "text/css; charset=utf-8"),
        (".js", "text/javascript; charset=utf-8"),
        (".svg", "image/svg+xml"),
    ];
    types.iter().find(|(end, _)| path.ends_with(end)).map_or("text/plain; charset=utf-8", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_followed() {
        let text_of = |path: &str| match path {
            "element/element.js" => Some(
                "import { a } from \"./a.js\";\nimport \"../b.js\";\nimport {\n  c,\n} from \"../c/d.js\";\n",
            ),
            "element/a.js" => {
                Some("export { x } from \"../b.js\";\nconst y = () => import(\"./late.js\");\n")
            }
            "b.js" => Some("// import { z } from \"./never.js\";\nconst s = \" from \\\"./no.js\";\n"),
            "c/d.js" => Some("import { a } from \"../element/a.js\";"),
            _ => None,
        };
        let mut needed = Vec::new();
        need("element/element.js", &text_of, &mut needed);
        assert_eq!(needed, ["b.js", "element/a.js", "c/d.js", "element/element.js"]);
        assert_eq!(relative("element/a.js", "b.js"), "../b.js");
        assert_eq!(relative("b.js", "element/a.js"), "./element/a.js");
    }

    #[test]
    fn a_folder_is_named_after_all_of_its_files() {
        let folder = |files: &[(&'static str, &'static str)]| folder(files.iter().copied());
        let one = folder(&[("a.js", "1"), ("b.js", "2")]);
        assert!(is_folder(&one), "{one}");
        assert_ne!(one, folder(&[("a.js", "12"), ("b.js", "")]));
        assert_ne!(one, folder(&[("a.js", "1")]));
        assert!(!is_folder("element") && !is_folder("0123456789abcdeg"));
    }
}
