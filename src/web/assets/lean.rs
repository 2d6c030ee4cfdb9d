//! Modules without their comments, as browsers need none: lines that are nothing but a comment go, and every other line
//! stays as it was written, so that what is served can still be read.

/// The text without lines that are comments alone, and without empty lines.
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
            out.push_str(line);
            out.push('\n');
        }
    }
    out
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
        assert_eq!(
            lean,
            "const a = 1; // one\nconst b = `\n  x`;\n/** @type {X} */ const c = 2;\nreturn /x*/.test(a);\n"
        );
    }
}
