//! Modules without what browsers need not: lines that are nothing but a comment, the types in the others, and the room
//! before each line. The rest stays as it was written, so that what is served can still be read.

/// The text without comments that stand alone, types, and empty lines. No text within a module's quotes may begin a line
/// with room that counts, or have a type's comment in it.
pub(super) fn lean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        let words = line.trim();
        if inside {
            inside = !words.ends_with("*/");
            continue;
        }
        if words.starts_with("/*") && !words.contains("*/") {
            inside = true;
        } else if !(words.is_empty() || words.starts_with("//") || is_comment(words)) {
            push_without_types(&mut out, words);
            out.push('\n');
        }
    }
    out
}

/// Leaves `/** @… */` out, by which types are told within a line.
fn push_without_types(out: &mut String, mut words: &str) {
    while let Some((before, rest)) = words.split_once("/** @") {
        let Some((_, after)) = rest.split_once("*/") else { break };
        out.push_str(before);
        words = after.trim_start();
    }
    out.push_str(words);
}

/// Whether the line is one comment from its first sign to its last.
fn is_comment(words: &str) -> bool {
    words.starts_with("/*") && words.find("*/").is_some_and(|end| end + 2 == words.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comments_go() {
        let text = "// Why.\nconst a = 1; // one\n\n/** Says\n * more. */\n  /* short */\nconst b = `\n  x`;\n\
                    /** @type {X} */ const c = 2;\nreturn /x*/.test(a);\n";
        let lean = lean(text);
        assert_eq!(lean, "const a = 1; // one\nconst b = `\nx`;\nconst c = 2;\nreturn /x*/.test(a);\n");
    }
}
