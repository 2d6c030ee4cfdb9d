//! One line of a conversation.

use serde_json::Value;

/// What any value is written as in what is wanted.
pub(super) const ANY: &str = "\u{1}any";

/// What a name for a value starts with in what is wanted.
pub(super) const NAMED: &str = "\u{1}$";

/// What a line says is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    With { key: String, value: String },
    Later { count: u64, unit: Unit },
    Becomes { name: String, role: String },
    Locked { page: String },
    Connects { name: String },
    Closes { name: String },
    Closed { name: String, code: u16 },
    Says { name: String, text: String },
    Hears { name: String, text: String },
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl Line {
    /// Reads a line; `None`: it says nothing.
    pub(super) fn parse(line: &str) -> Result<Option<Self>, String> {
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        if let Some(act) = line.strip_prefix('(').and_then(|line| line.strip_suffix(')')) {
            return aside(act).map(Some).ok_or_else(|| format!("nobody knows how to do this: {line}"));
        }
        let named = |end: usize| {
            let name = line.get(..end).filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric()));
            (name.map(str::to_owned), line.get(end + 1..).unwrap_or_default().trim_start().to_owned())
        };
        if let Some(end) = line.find(['>', '<', ' '])
            && let (Some(name), text) = named(end)
        {
            let words: Vec<_> = text.split(' ').collect();
            match (line.as_bytes()[end], words.as_slice()) {
                (b'>', _) => return Ok(Some(Self::Says { name, text })),
                (b'<', _) => return Ok(Some(Self::Hears { name, text })),
                (_, ["connects"]) => return Ok(Some(Self::Connects { name })),
                (_, ["closes"]) => return Ok(Some(Self::Closes { name })),
                (_, ["is", "closed", "with", code]) => {
                    let code = code.parse().map_err(|fault| format!("no code: {code}: {fault}"))?;
                    return Ok(Some(Self::Closed { name, code }));
                }
                _ => {}
            }
        }
        Err(format!("nobody understands this: {line}"))
    }
}

fn aside(act: &str) -> Option<Line> {
    let words: Vec<_> = act.split(' ').collect();
    match words.as_slice() {
        ["with", key, "=", value] => Some(Line::With { key: (*key).to_owned(), value: (*value).to_owned() }),
        [count, unit, "later"] => Some(Line::Later { count: count.parse().ok()?, unit: unit_of(unit)? }),
        [name, "becomes", role] => Some(Line::Becomes { name: (*name).to_owned(), role: (*role).to_owned() }),
        [page, "is", "locked"] => Some(Line::Locked { page: (*page).to_owned() }),
        _ => None,
    }
}

fn unit_of(word: &str) -> Option<Unit> {
    match word {
        "ms" => Some(Unit::Milliseconds),
        "s" => Some(Unit::Seconds),
        "min" => Some(Unit::Minutes),
        "h" => Some(Unit::Hours),
        "day" | "days" => Some(Unit::Days),
        _ => None,
    }
}

/// What is wanted as a value: JSON, with `*` and `$name` where any value may stand.
pub(super) fn wanted(text: &str) -> Result<Value, String> {
    let mut json = String::with_capacity(text.len());
    let (mut in_string, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '\\' if in_string => json.extend([Some(c), chars.next()].into_iter().flatten()),
            '*' if !in_string => json.push_str(r#""\u0001any""#),
            '$' if !in_string => {
                json.push_str(r#""\u0001$"#);
                while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    json.push(c);
                }
                json.push('"');
            }
            _ => {
                in_string ^= c == '"';
                json.push(c);
            }
        }
    }
    serde_json::from_str(&json).map_err(|error| format!("this is no JSON: {error}: {text}"))
}

#[test]
fn lines_are_understood() {
    let says = |text: &str| Line::Says { name: "alice".to_owned(), text: text.to_owned() };
    assert_eq!(Line::parse("# hello"), Ok(None));
    assert_eq!(Line::parse("alice> {}"), Ok(Some(says("{}"))));
    assert_eq!(Line::parse("alice>  <b>"), Ok(Some(says("<b>"))));
    assert_eq!(Line::parse("(10 s later)"), Ok(Some(Line::Later { count: 10, unit: Unit::Seconds })));
    assert_eq!(
        Line::parse("bob is closed with 4429").unwrap().unwrap(),
        Line::Closed { name: "bob".to_owned(), code: 4429 }
    );
    assert!(Line::parse("bob yawns").is_err());
    let wanted = wanted(r#"{"a*\"$":*,"b":$b}"#).unwrap();
    assert_eq!(wanted, serde_json::json!({"a*\"$": ANY, "b": format!("{NAMED}b")}));
}
