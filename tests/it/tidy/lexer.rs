//! Rust and JavaScript cut into words, marks and strings, without comments: enough to count braces and to tell a
//! name in code from the same name in a sentence.

use super::source::File;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Mark,
    /// The inside of a string, as written.
    Text,
}

/// A piece of code.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) line: usize,
}

/// A file's tokens.
pub(super) fn tokens(file: &File) -> Vec<Token> {
    let rust = file.is("rs");
    let mut lexer = Lexer { chars: file.text.chars().collect(), at: 0, line: 1, rust, tokens: Vec::new() };
    lexer.code(false);
    lexer.tokens
}

/// The text of the token at `at`, unless it is a string's; "" beyond the end.
pub(super) fn text(tokens: &[Token], at: Option<usize>) -> &str {
    let token = at.and_then(|at| tokens.get(at)).filter(|token| token.kind != Kind::Text);
    token.map_or("", |token| &token.text)
}

/// Where the mark that closes the one at `open` stands.
pub(super) fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open).filter(|(_, token)| token.kind == Kind::Mark) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    rust: bool,
    tokens: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn next(&mut self) -> Option<char> {
        let next = self.chars.get(self.at).copied()?;
        self.at += 1;
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn skip(&mut self) {
        self.next();
    }

    fn push(&mut self, kind: Kind, text: String, line: usize) {
        self.tokens.push(Token { kind, text, line });
    }

    /// Reads on to the end, or, inside a template, to the brace that ends the code in it.
    fn code(&mut self, in_template: bool) {
        let mut depth = 0_usize;
        while self.at < self.chars.len() {
            match self.peek(0) {
                '}' if in_template && depth == 0 => {
                    self.at += 1;
                    return;
                }
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.token();
        }
    }

    fn token(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => {
                while !matches!(self.peek(0), '\n' | '\0') {
                    self.at += 1;
                }
            }
            ('/', '*') => self.block_comment(),
            ('/', _) if !self.rust && self.regex_may_begin() => self.regex(),
            ('"', _) => self.string('"'),
            ('\'', _) if self.rust => self.quote(),
            ('\'', _) => self.string('\''),
            ('`', _) => self.string('`'),
            (c, _) if is_word(c) => self.word(),
            (':', ':') | ('=', '>') => self.mark(2),
            (c, _) if c.is_whitespace() => self.skip(),
            _ => self.mark(1),
        }
    }

    fn mark(&mut self, chars: usize) {
        let line = self.line;
        let text = (0..chars).filter_map(|_| self.next()).collect();
        self.push(Kind::Mark, text, line);
    }

    fn word(&mut self) {
        let mut word = String::new();
        while is_word(self.peek(0)) {
            word.extend(self.next());
        }
        let raw = matches!(word.as_str(), "r" | "br" | "cr");
        let hashes = self.chars.iter().skip(self.at).take_while(|c| **c == '#').count();
        if self.rust && raw && self.peek(hashes) == '"' {
            return self.raw_string(hashes);
        }
        // b"…" and c"…" are their strings alone.
        if !(self.rust && matches!(word.as_str(), "b" | "c") && matches!(self.peek(0), '"' | '\'')) {
            self.push(Kind::Word, word, self.line);
        }
    }

    fn string(&mut self, end: char) {
        let (line, mut text) = (self.line, String::new());
        self.at += 1;
        while let Some(c) = self.next() {
            if c == end {
                break;
            }
            if end == '`' && c == '$' && self.peek(0) == '{' {
                self.at += 1;
                self.code(true);
                continue;
            }
            text.push(c);
            if c == '\\' {
                text.extend(self.next());
            }
        }
        self.push(Kind::Text, text, line);
    }

    fn raw_string(&mut self, hashes: usize) {
        let (line, mut text) = (self.line, String::new());
        self.at += hashes + 1;
        let ends = |lexer: &Self| (1..=hashes).all(|ahead| lexer.peek(ahead) == '#');
        while !(self.peek(0) == '"' && ends(self)) {
            let Some(c) = self.next() else { break };
            text.push(c);
        }
        self.at += hashes + 1;
        self.push(Kind::Text, text, line);
    }

    /// A character, or a lifetime, whose name follows as a word.
    fn quote(&mut self) {
        if self.peek(1) == '\\' {
            self.at += 3;
            while !matches!(self.next(), Some('\'') | None) {}
        } else if self.peek(2) == '\'' {
            self.at += 3;
        } else {
            self.at += 1;
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') if self.rust || depth == 0 => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    self.next();
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                return;
            }
        }
    }

    /// Where a value may begin, a slash begins a pattern; where one has ended, it divides.
    fn regex_may_begin(&self) -> bool {
        self.tokens.last().is_none_or(|last| match last.kind {
            Kind::Mark => !matches!(last.text.as_str(), ")" | "]" | "}"),
            Kind::Word => matches!(last.text.as_str(), "return" | "typeof" | "case" | "in" | "of"),
            Kind::Text => false,
        })
    }

    fn regex(&mut self) {
        let (line, mut in_class) = (self.line, false);
        self.at += 1;
        while let Some(c) = self.next() {
            match c {
                '\\' => self.skip(),
                '[' => in_class = true,
                ']' => in_class = false,
                '/' | '\n' if !in_class => break,
                _ => {}
            }
        }
        self.push(Kind::Text, String::new(), line);
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn comments_and_strings_are_no_code() {
    let rust = r##"a /* { /* { */ */ "{\"" r#"{"{"# '{' '\'' 'life b'{' // {
        b"##;
    let words = |path, text| {
        let tokens = tokens(&File::sample(path, text));
        tokens
            .into_iter()
            .filter(|token| token.kind != Kind::Text)
            .map(|token| token.text)
            .collect::<Vec<_>>()
    };
    assert_eq!(words("a.rs", rust), ["a", "life", "b"]);
    assert_eq!(
        words("a.js", "a / b; x = /[/{]'/; `{${c}{`; '{' // {"),
        ["a", "/", "b", ";", "x", "=", ";", "c", ";"]
    );
}
