//! The element's first modules as one: fewer round trips, and packed together they are a fifth smaller. They share one
//! scope; what is loaded later imports from it. What asks for one of them by its own path still finds it.
//!
//! It takes modules as this house writes them: an import or an export is one line, nothing is renamed by it, and no two
//! modules declare the same. Where one is not so, there is no joining, and each is served by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{relative, resolve};

/// What a module says of others, and what is left of it.
struct Module<'m> {
    imports: Vec<Import<'m>>,
    exports: Vec<&'m str>,
    /// All that it declares for the whole of itself.
    declares: Vec<&'m str>,
    body: String,
}

/// The names, and the module by its path.
type Import<'m> = (Vec<&'m str>, String);

/// The text of `entry` with all of `modules` in it, each after those that it imports, and what stands in place of the
/// others by their paths. The entry exports everything, but for what the joined alone load: a page that has it still finds
/// its way when a later version's modules are what it is given.
pub(super) fn join(entry: &str, modules: &[(String, String)]) -> Option<BTreeMap<String, String>> {
    let index = |path: &str| modules.iter().position(|(known, _)| known == path);
    let read = modules.iter().map(|(path, text)| Module::read(path, text)).collect::<Option<Vec<_>>>()?;
    let wanted: BTreeSet<_> = modules.iter().flat_map(|(path, text)| loaded_later(path, text)).collect();
    let mut declared = BTreeSet::new();
    let (mut joined, mut files) = (String::new(), BTreeMap::new());
    let mut exports: Vec<&str> = Vec::new();
    for (at, (module, (path, _))) in read.iter().zip(modules).enumerate() {
        for (names, from) in &module.imports {
            let from = read.get(index(from).filter(|from| *from < at)?)?;
            names.iter().all(|name| from.exports.contains(name)).then_some(())?;
        }
        module.declares.iter().all(|name| declared.insert((*name).to_owned())).then_some(())?;
        joined.push_str(&moved(&module.body, path, entry, &index));
        let names = module.exports.join(",");
        if wanted.contains(path) {
            declared.insert(whole(at)).then_some(())?;
            joined.extend(["const ", &whole(at), "={", &names, "};\n"]);
            continue;
        }
        if path != entry {
            files.insert(path.clone(), format!("export{{{names}}}from\"{}\";\n", relative(path, entry)));
        }
        exports.extend(&module.exports);
    }
    joined.extend(["export{", &exports.join(","), "};\n"]);
    files.insert(entry.to_owned(), joined);
    Some(files)
}

/// The module at `path`, which is not joined, importing from `entry` what is: not a file more to wait for.
pub(super) fn aim(text: &str, path: &str, entry: &str, joined: &[String]) -> String {
    let aimed = |line: &str| {
        let (names, from) = line.strip_prefix("import ")?.split_once(" from \"")?;
        let from = resolve(path, from.strip_suffix("\";")?);
        joined.contains(&from).then(|| format!("import {names} from \"{}\";", relative(path, entry)))
    };
    text.lines().map(|line| aimed(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

/// What all that the module at `at` exports is called, where another one loads it later.
fn whole(at: usize) -> String {
    format!("m{at}")
}

impl<'m> Module<'m> {
    fn read(path: &str, text: &'m str) -> Option<Self> {
        let imports = Self::imports(path, text)?;
        let mut module = Self { imports, exports: Vec::new(), declares: Vec::new(), body: String::new() };
        for line in text.lines().filter(|line| !line.starts_with("import ")) {
            let export = line.strip_prefix("export ");
            let words = export.unwrap_or(line);
            if export.is_some() {
                module.exports.push(declared(words)?);
            }
            module.declares.extend(declared(words));
            module.body.push_str(words);
            module.body.push('\n');
        }
        Some(module)
    }

    /// Every `import { a, b } from "./x.js";`.
    fn imports(path: &str, text: &'m str) -> Option<Vec<Import<'m>>> {
        let import = |line: &'m str| {
            let (names, from) = line.strip_prefix("{ ")?.split_once(" } from \"")?;
            let from = from.strip_suffix("\";")?;
            Some((names.split(", ").collect(), resolve(path, from)))
        };
        text.lines().filter_map(|line| line.strip_prefix("import ")).map(import).collect()
    }
}

/// What a line declares, where it begins a declaration.
fn declared(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let name = ["class ", "const ", "function ", "let "].iter().find_map(|kind| line.strip_prefix(kind))?;
    name.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .next()
        .filter(|name| !name.is_empty())
}

const LOAD: &str = "import(\"";

/// What the module at `path` loads when it is needed.
fn loaded_later(path: &str, text: &str) -> Vec<String> {
    let targets = text.split(LOAD).skip(1).filter_map(|part| part.split('"').next());
    targets.map(|target| resolve(path, target)).collect()
}

/// The text of a module at `path` as it must be at `entry`: what it loads later lies elsewhere from there, or is there.
fn moved(text: &str, path: &str, entry: &str, index: &impl Fn(&str) -> Option<usize>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split(LOAD);
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (target, rest) = part.split_once('"').unwrap_or((part, ""));
        let target = resolve(path, target);
        match index(&target) {
            Some(at) => out.extend(["Promise.resolve(", &whole(at), rest]),
            None => out.extend([LOAD, &relative(entry, &target), "\"", rest]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn modules_become_one() {
        let modules = owned(&[
            (
                "a.js",
                "const n = 1;\nexport class A {}\nexport const late = () => import(\"./b.js\") ?? import(\"./c.js\");\n",
            ),
            ("b.js", "import { A } from \"./a.js\";\nexport const b = A;\nexport function d() {}\n"),
            ("e/e.js", "import { A, late } from \"../a.js\";\nexport async function e() {}\nlate(A);\n"),
        ]);
        let files = join("e/e.js", &modules).unwrap();
        assert_eq!(
            files["e/e.js"],
            "const n = 1;\nclass A {}\nconst late = () => Promise.resolve(m1) ?? import(\"../c.js\");\n\
             const b = A;\nfunction d() {}\nconst m1={b,d};\n\
             async function e() {}\nlate(A);\nexport{A,late,e};\n"
        );
        assert_eq!(files["a.js"], "export{A,late}from\"./e/e.js\";\n");
        assert_eq!(files.len(), 2);
    }

    #[test]
    fn what_is_loaded_later_imports_from_the_entry() {
        let text =
            "// Why.\nimport { a } from \"../a.js\";\nimport { b } from \"./b.js\";\nimport(\"../a.js\");\n";
        let aimed = aim(text, "e/late.js", "e/e.js", &["a.js".to_owned(), "e/e.js".to_owned()]);
        assert_eq!(aimed, text.replacen("../a.js", "../e/e.js", 1));
    }

    #[test]
    fn what_is_written_in_another_way_is_not_joined() {
        for odd in [
            "import x from \"./a.js\";\n",
            "import {\n  a,\n} from \"./a.js\";\n",
            "import { a as b } from \"./a.js\";\n",
            "import { c } from \"./a.js\";\n",
            "const a = 2;\n",
            "export default 1;\n",
            "export { a };\n",
        ] {
            let modules = owned(&[("a.js", "export const a = 1;\n"), ("e.js", odd)]);
            assert_eq!(join("e.js", &modules), None, "{odd}");
        }
        // What comes first cannot need what comes after it.
        let modules =
            owned(&[("e.js", "import { a } from \"./a.js\";\n"), ("a.js", "export const a = 1;\n")]);
        assert_eq!(join("e.js", &modules), None);
    }
}
