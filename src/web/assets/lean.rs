//! Modules as they are sent: without comments and room, and with short names for what is private to a class. What is
//! written stays what is run: no other name changes, no expression does, and a line ends where a statement may end there,
//! but between a brace and a word: were it no end, the two would be a fault that nobody can miss, and so would be a loop
//! whose empty body is left out with the semicolon before a brace.
//! Whoever wants to read them finds them as they were written, under the path that lasts.

use std::collections::HashMap;

use super::script::{Gap, Kind, Token, tokens};

/// The text without what browsers need not. A template after `/* css */` is taken for a style sheet that has no room within
/// quotes and no comments.
pub(super) fn lean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut names = HashMap::new();
    let mut last: Option<Token<'_>> = None;
    let mut depth = 0_usize;
    for token in tokens(text) {
        match token.text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            // Another class's names are its own, and the shortest are used most.
            "class" if depth == 0 => names.clear(),
            _ => {}
        }
        if token.text == "}" && out.ends_with(';') {
            out.pop();
        }
        out.push_str(last.map_or("", |last| between(last, token)));
        match token.kind {
            Kind::Word | Kind::Mark | Kind::Text => out.push_str(token.text),
            Kind::Styles => out.push_str(&lean_styles(token.text)),
            Kind::Private => {
                let count = names.len();
                out.push_str(names.entry(token.text).or_insert_with(|| short(count)));
            }
        }
        last = Some(token);
    }
    out.push('\n');
    out
}

/// What two tokens need between them: some room, so that they stay two, or an end of line where a statement may end.
fn between(last: Token<'_>, next: Token<'_>) -> &'static str {
    let sign = |token: Token<'_>| if token.kind == Kind::Mark { token.text.chars().next() } else { None };
    let (before, after) = (sign(last), sign(next));
    let ends = before.is_none_or(|sign| ")]}+-".contains(sign)) && !last.text.ends_with("${");
    let apart = before == Some('}') && next.kind == Kind::Word;
    let goes_on =
        apart || after.is_some_and(|sign| ")]},;.?:=&|<>%".contains(sign)) || next.text.starts_with('}');
    // `a b`, `#a in b`, `a - -b`, `a / /b/`: closer together they were something else.
    let grow_together = match before {
        None => next.kind == Kind::Word && !last.text.ends_with("${"),
        Some(sign) => "+-/".contains(sign) && next.text.starts_with(sign),
    };
    if next.gap == Gap::Line && ends && !goes_on {
        "\n"
    } else if next.gap > Gap::Nothing && grow_together {
        " "
    } else {
        ""
    }
}

/// `#a`, …, `#z`, `#a1`, …
fn short(count: usize) -> String {
    let letters = "abcdefghijklmnopqrstuvwxyz";
    let letter = letters.chars().nth(count % letters.len()).unwrap_or_default();
    let round = count / letters.len();
    if round == 0 { format!("#{letter}") } else { format!("#{letter}{round}") }
}

/// A style sheet without the room that says nothing.
fn lean_styles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut room = false;
    for sign in text.chars() {
        if sign.is_whitespace() {
            room = true;
            continue;
        }
        if room && !out.ends_with(['`', '{', '}', ';', ',', '>', ':']) && !"`{},>!".contains(sign) {
            out.push(' ');
        }
        if sign == '}' && out.ends_with(';') {
            out.pop();
        }
        room = false;
        out.push(sign);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_room_go() {
        let text = "// Why.\nconst a = 1; // one\n\n/** Says\n * more. */\nconst b = `\n  x`;\n\
                    return /x */.test(a) ? a - -b : async (c) => { d } ;\n";
        assert_eq!(lean(text), "const a=1;const b=`\n  x`;return/x */.test(a)?a- -b:async(c)=>{d};\n");
        assert_eq!(
            lean("class A { b = 1; c() { d(); }\n e() {} }\nf();\n"),
            "class A{b=1;c(){d()}e(){}}f();\n"
        );
    }

    #[test]
    fn a_line_ends_where_a_statement_may() {
        assert_eq!(lean("a\nb\n(c)\n[d]\n++e\n"), "a\nb\n(c)\n[d]\n++e\n");
        assert_eq!(lean("a\n  .b\n  ?? c\n}\n{\n  d,\n  e\n"), "a.b??c}\n{d,e\n");
        assert_eq!(lean("return\n`${\n  a\n}`\n`b`"), "return\n`${a}`\n`b`\n");
    }

    #[test]
    fn private_names_are_short_everywhere() {
        let text = "class A { #one = \"#two\"; #two() { return `#one ${this.#one}` + this.#two(); } }";
        assert_eq!(lean(text), "class A{#a=\"#two\";#b(){return`#one ${this.#a}`+this.#b()}}\n");
        let classes = "class A { #one; a = class { #two; } }\nclass B { #two; }";
        assert_eq!(lean(classes), "class A{#a;a=class{#b}}class B{#a}\n");
        assert_eq!(lean("#one in two; /a/ in b; static #one;"), "#a in two;/a/ in b;static#a;\n");
        assert_eq!([0, 25, 26, 51, 52].map(short), ["#a", "#z", "#a1", "#z1", "#a2"]);
    }

    #[test]
    fn styles_lose_their_room() {
        let text = "x = /* css */ `\n.a > .b,\n.c :not(.d)::after { --e: 1px; margin: calc(1px - 2px) 0 !important; }\n\
                    @media (f) and (g: h) { i { j: \"\"; } }\n`;";
        assert_eq!(
            lean(text),
            "x=`.a>.b,.c :not(.d)::after{--e:1px;margin:calc(1px - 2px) 0!important}@media (f) and (g:h){i{j:\"\"}}`;\n"
        );
    }
}
