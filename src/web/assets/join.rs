//! The element's first modules as one: fewer round trips, and packed together they are a fifth smaller. Each keeps a scope
//! of its own; what is loaded later imports from them by their own paths, as before.
//!
//! It takes modules as this house writes them: an import or an export is one line. Where one is not, there is no joining,
//! and each is served by itself.

use std::collections::BTreeMap;

use super::files::{relative, resolve};

/// What a module says of others, and what is left of it.
struct Module<'m> {
    imports: Vec<Import<'m>>,
    /// The names outside and inside.
    exports: Vec<(&'m str, &'m str)>,
    body: String,
}

/// The text of `entry` with all of `modules` in it, each after those that it imports, and what stands in place of the
/// others by their paths. Everything is exported under a name that comes of its module's path: a page that has this entry
/// still finds its way when a later version's modules are what it is given.
pub(super) fn join(entry: &str, modules: &[(String, String)]) -> Option<BTreeMap<String, String>> {
    let index = |path: &str| modules.iter().position(|(known, _)| known == path);
    let mut joined = String::new();
    for (at, (path, text)) in modules.iter().enumerate() {
        let module = Module::read(path, text)?;
        joined.extend(["const m", &at.to_string(), "=(()=>{\n"]);
        for (names, from) in &module.imports {
            let from = index(from).filter(|from| *from < at)?;
            joined.extend(["const {", &pairs(names), "}=m", &from.to_string(), ";\n"]);
        }
        joined.push_str(&moved(&module.body, path, entry));
        joined.extend(["return{", &pairs(&module.exports), "};\n})();\n"]);
    }
    let mut files = BTreeMap::new();
    for (at, (path, text)) in modules.iter().enumerate().filter(|(_, (path, _))| path != entry) {
        let whole =
            |name: &str| format!("{}_{name}", path.trim_end_matches(".js").replace(['/', '-', '.'], "_"));
        let names: Vec<_> =
            Module::read(path, text)?.exports.iter().map(|(name, _)| (*name, whole(name))).collect();
        let (out, from): (Vec<_>, Vec<_>) = names
            .iter()
            .map(|(name, whole)| (format!("{name}:{whole}"), format!("{whole} as {name}")))
            .unzip();
        joined.extend(["export const {", &out.join(","), "}=m", &at.to_string(), ";\n"]);
        let shim = format!("export {{{}}} from \"{}\";\n", from.join(","), relative(path, entry));
        files.insert(path.clone(), shim);
    }
    files.insert(entry.to_owned(), joined);
    Some(files)
}

/// The names there and here, and the module by its path.
type Import<'m> = (Vec<(&'m str, &'m str)>, String);

impl<'m> Module<'m> {
    fn read(path: &str, text: &'m str) -> Option<Self> {
        let imports = Self::imports(path, text)?;
        let mut module = Self { imports, exports: Vec::new(), body: String::new() };
        for line in text.lines().filter(|line| !line.starts_with("import ")) {
            if let Some(export) = line.strip_prefix("export ") {
                module.export(export)?;
            } else {
                module.body.push_str(line);
                module.body.push('\n');
            }
        }
        Some(module)
    }

    /// Every `import { a, b as c } from "./x.js";`.
    fn imports(path: &str, text: &'m str) -> Option<Vec<Import<'m>>> {
        let import = |line: &'m str| {
            let (names, from) = line.strip_prefix("{ ")?.split_once(" } from \"")?;
            let from = from.strip_suffix("\";")?;
            Some((names.split(", ").map(as_pair).collect(), resolve(path, from)))
        };
        text.lines().filter_map(|line| line.strip_prefix("import ")).map(import).collect()
    }

    /// `{ a as b };`, or a declaration.
    fn export(&mut self, export: &'m str) -> Option<()> {
        if let Some(names) = export.strip_prefix("{ ") {
            let names = names.strip_suffix(" };")?;
            self.exports.extend(names.split(", ").map(as_pair).map(|(inside, outside)| (outside, inside)));
            return Some(());
        }
        let declared = export.strip_prefix("async ").unwrap_or(export);
        let name = ["class ", "const ", "function "].iter().find_map(|kind| declared.strip_prefix(kind))?;
        let name = name.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next()?;
        self.exports.push((name, name));
        self.body.push_str(export);
        self.body.push('\n');
        Some(())
    }
}

/// `a as b`, or `a` alone.
fn as_pair(name: &str) -> (&str, &str) {
    name.split_once(" as ").unwrap_or((name, name))
}

/// `a` and `b:c`, as an object's members.
fn pairs(names: &[(&str, &str)]) -> String {
    let pair = |(there, here): &(&str, &str)| {
        if there == here { (*there).to_owned() } else { format!("{there}:{here}") }
    };
    names.iter().map(pair).collect::<Vec<_>>().join(",")
}

/// The text of a module at `path` as it must be at `entry`: what it loads later lies elsewhere from there.
fn moved(text: &str, path: &str, entry: &str) -> String {
    const LOAD: &str = "import(\"";
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split(LOAD);
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (target, rest) = part.split_once('"').unwrap_or((part, ""));
        out.extend([LOAD, &relative(entry, &resolve(path, target)), "\"", rest]);
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
    fn modules_become_one_and_keep_their_scopes() {
        let modules = owned(&[
            ("a.js", "const n = 1;\nexport class A {}\nexport const late = () => import(\"./b.js\");\n"),
            (
                "e/e.js",
                "import { A, late as l } from \"../a.js\";\nconst n = 2;\nexport { n as m };\nl(A);\n",
            ),
        ]);
        let files = join("e/e.js", &modules).unwrap();
        assert_eq!(
            files["e/e.js"],
            "const m0=(()=>{\nconst n = 1;\nclass A {}\nconst late = () => import(\"../b.js\");\nreturn{A,late};\n})();\n\
             const m1=(()=>{\nconst {A,late:l}=m0;\nconst n = 2;\nl(A);\nreturn{m:n};\n})();\n\
             export const {A:a_A,late:a_late}=m0;\n"
        );
        assert_eq!(files["a.js"], "export {a_A as A,a_late as late} from \"./e/e.js\";\n");
        assert_eq!(files.len(), 2);
    }

    #[test]
    fn what_is_written_in_another_way_is_not_joined() {
        for odd in
            ["import x from \"./a.js\";\n", "import {\n  a,\n} from \"./a.js\";\n", "export default 1;\n"]
        {
            assert_eq!(join("e.js", &owned(&[("e.js", odd)])), None, "{odd}");
        }
        // What comes first cannot need what comes after it.
        assert_eq!(join("e.js", &owned(&[("e.js", "import { a } from \"./a.js\";\n"), ("a.js", "")])), None);
    }
}
