//! JavaScript cut into tokens: enough to know what is code, what is text, and what stood between two of them.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword, (part of) a number.
    Word,
    /// `#name`.
    Private,
    /// One sign.
    Mark,
    /// A string, a pattern, or a template's text up to the next code in it, each with its quotes.
    Text,
    /// A template's text after `/* css */`.
    Styles,
}

/// What stood before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    Nothing,
    Room,
    Line,
}

/// A piece of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    pub(super) gap: Gap,
}

/// The tokens of a module, without its comments.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { rest: text, open: Vec::new(), tokens: Vec::new() };
    while lexer.token().is_some() {}
    lexer.tokens
}

struct Lexer<'t> {
    rest: &'t str,
    /// What braces are open: whether each is a template's.
    open: Vec<bool>,
    tokens: Vec<Token<'t>>,
}

impl Lexer<'_> {
    fn token(&mut self) -> Option<()> {
        let (gap, css) = self.gap();
        let first = self.rest.chars().next()?;
        let inside = first == '}' && self.open.pop() == Some(true);
        let (kind, bytes) = match first {
            '`' => (if css { Kind::Styles } else { Kind::Text }, self.template()),
            '}' if inside => (Kind::Text, self.template()),
            '"' | '\'' => (Kind::Text, quoted(self.rest, first)),
            '/' if self.pattern_may_begin() => (Kind::Text, pattern(self.rest)),
            '#' => (Kind::Private, 1 + word(self.rest.get(1..)?)),
            _ if is_word(first) => (Kind::Word, word(self.rest)),
            _ => (Kind::Mark, first.len_utf8()),
        };
        if first == '{' {
            self.open.push(false);
        }
        let (text, rest) = self.rest.split_at_checked(bytes)?;
        self.tokens.push(Token { kind, text, gap });
        self.rest = rest;
        Some(())
    }

    /// Steps over room and comments; says what there was, and whether the last comment announced styles.
    fn gap(&mut self) -> (Gap, bool) {
        let (mut gap, mut css) = (Gap::Nothing, false);
        loop {
            let words = self.rest.trim_start();
            let comment = if words.starts_with("//") {
                words.find('\n').unwrap_or(words.len())
            } else if words.starts_with("/*") {
                words.find("*/").map_or(words.len(), |end| end + 2)
            } else {
                0
            };
            let stepped = self.rest.len() - words.len() + comment;
            let Some((over, rest)) = self.rest.split_at_checked(stepped).filter(|_| stepped > 0) else {
                return (gap, css);
            };
            gap = gap.max(if over.contains('\n') { Gap::Line } else { Gap::Room });
            css = over.ends_with("/* css */") || css && comment == 0;
            self.rest = rest;
        }
    }

    /// Where a value may begin, a slash begins a pattern; where one has ended, it divides.
    fn pattern_may_begin(&self) -> bool {
        self.tokens.last().is_none_or(|last| match last.kind {
            Kind::Mark => !matches!(last.text, ")" | "]" | "}"),
            Kind::Word => matches!(last.text, "return" | "typeof" | "case" | "in" | "of" | "await"),
            Kind::Text => last.text.ends_with("${"),
            Kind::Private | Kind::Styles => false,
        })
    }

    /// How long a template's text is, from its quote or its brace to the next ones.
    fn template(&mut self) -> usize {
        let mut signs = self.rest.char_indices().skip(1).peekable();
        while let Some((at, sign)) = signs.next() {
            match sign {
                '\\' => {
                    signs.next();
                }
                '`' => return at + 1,
                '$' if signs.peek().is_some_and(|(_, next)| *next == '{') => {
                    self.open.push(true);
                    return at + 2;
                }
                _ => {}
            }
        }
        self.rest.len()
    }
}

/// How long the string is that `text` begins with.
fn quoted(text: &str, quote: char) -> usize {
    let mut signs = text.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        if sign == '\\' {
            signs.next();
        } else if sign == quote {
            return at + 1;
        }
    }
    text.len()
}

/// How long the pattern is that `text` begins with. Its flags are the next word.
fn pattern(text: &str) -> usize {
    let mut in_class = false;
    let mut signs = text.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' => {
                signs.next();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// How long the word is that `text` begins with.
fn word(text: &str) -> usize {
    text.find(|sign| !is_word(sign)).unwrap_or(text.len())
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_' || sign == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(Kind, &str)> {
        tokens(text).iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn text_is_no_code() {
        use Kind::{Mark, Private, Text, Word};
        assert_eq!(
            texts("a/b; // c\nx = /[/\"]'\\//g; /* \" */ '\\'{'"),
            [
                (Word, "a"),
                (Mark, "/"),
                (Word, "b"),
                (Mark, ";"),
                (Word, "x"),
                (Mark, "="),
                (Text, "/[/\"]'\\//"),
                (Word, "g"),
                (Mark, ";"),
                (Text, "'\\'{'")
            ]
        );
        assert_eq!(
            texts("`a\\`${ {b:`}`}.#c }${/`/}`"),
            [
                (Text, "`a\\`${"),
                (Mark, "{"),
                (Word, "b"),
                (Mark, ":"),
                (Text, "`}`"),
                (Mark, "}"),
                (Mark, "."),
                (Private, "#c"),
                (Text, "}${"),
                (Text, "/`/"),
                (Text, "}`")
            ]
        );
        assert_eq!(texts("x = /* css */ `a { }`"), [(Word, "x"), (Mark, "="), (Kind::Styles, "`a { }`")]);
    }

    #[test]
    fn what_stood_between() {
        let gaps: Vec<_> = tokens("a/* x\n */b c//\nd;").iter().map(|token| token.gap).collect();
        assert_eq!(gaps, [Gap::Nothing, Gap::Line, Gap::Room, Gap::Line, Gap::Nothing]);
    }
}
