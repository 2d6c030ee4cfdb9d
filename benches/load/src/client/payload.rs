//! What a bench reads in a message: found by its mark, without parsing the rest. A client that parsed all JSON of all
//! viewers would be slower than the servers it measures.

use memchr::memmem;

/// The mark of a query's or answer's number.
pub const ID: &str = r#""id":"#;
/// The mark of a page's revision: in answers and pushes the first one is the page's own.
pub const REV: &str = r#""rev":"#;
/// The mark of what a query asks for.
pub const TYPE_QUERY: &str = r#""type_query":""#;
/// The mark of the name of the data's life.
pub const EPOCH: &str = r#""epoch":""#;
/// The mark of a page's key.
pub const PAGE: &str = r#""page":""#;
/// The mark of a comment's text in a query.
pub const COMMENT: &str = r#""comment":""#;
/// The mark of a comment's number.
pub const COMMENT_ID: &str = r#""comment_id":"#;

/// What stands before the time in a comment's text.
const SENT: &str = "@sent:";

/// A comment's text of so many bytes that says when it was sent, and as the how manieth.
pub fn stamped((sent_us, number): (u64, u64), bytes: usize) -> String {
    const WORDS: &str = " The ferry was late again, but the light over the harbour made up for the waiting.";
    let mut text = format!("{SENT}{sent_us}#{number}");
    let stamp = text.len();
    while text.len() < bytes {
        text.push_str(WORDS);
    }
    text.truncate(bytes.max(stamp));
    text
}

/// What tells everybody of one new comment, as the service writes it.
pub fn update(page: &str, comment: &str, rev: u64, viewers: usize) -> String {
    format!(
        r#"{{"push":"update","page":"{page}","from":{},"rev":{rev},"comments":[{{"comment_id":{rev},"parent":null,"user_id":1,"username":"bench-0","img":"/img/bench-0.svg","comment":"{comment}","like":0,"dislike":0,"date":"2026-11-23T09:30:00.123Z","edited":null,"state":"shown","replies":0,"rev":{rev}}}],"tallies":[],"total":{rev},"viewers":{viewers}}}"#,
        rev.saturating_sub(1)
    )
}

/// The stamps in all comments of a message.
pub fn stamps(message: &[u8]) -> impl Iterator<Item = (u64, u64)> + '_ {
    memmem::find_iter(message, SENT).filter_map(|at| {
        let stamp = message.get(at + SENT.len()..)?;
        let number = stamp.get(memchr::memchr(b'#', stamp)? + 1..)?;
        Some((digits(stamp)?, digits(number)?))
    })
}

/// The number after the first `mark`.
pub fn number(message: &[u8], mark: &str) -> Option<u64> {
    digits(message.get(memmem::find(message, mark.as_bytes())? + mark.len()..)?)
}

/// The text after the first `mark`, up to its closing quotation mark.
pub fn text<'m>(message: &'m [u8], mark: &str) -> Option<&'m str> {
    let rest = message.get(memmem::find(message, mark.as_bytes())? + mark.len()..)?;
    std::str::from_utf8(rest.get(..memchr::memchr(b'"', rest)?)?).ok()
}

/// Whether an answer tells of success.
pub fn is_success(answer: &[u8]) -> bool {
    memmem::find(answer, br#""status":"success""#).is_some()
}

/// The rows of `tallies`: comment, likes, dislikes and revision each.
pub fn tallies(message: &[u8]) -> impl Iterator<Item = [u64; 4]> + '_ {
    const MARK: &[u8] = br#""tallies":["#;
    let begin = memmem::find(message, MARK).map_or(message.len(), |at| at + MARK.len());
    let mut rest = &message[begin..];
    std::iter::from_fn(move || {
        rest = rest.strip_prefix(b",").unwrap_or(rest).strip_prefix(b"[")?;
        let mut row = [0; 4];
        for value in &mut row {
            *value = digits(rest)?;
            let after = rest.iter().position(|byte| !byte.is_ascii_digit())?;
            rest = &rest[after + 1..];
        }
        Some(row)
    })
}

fn digits(bytes: &[u8]) -> Option<u64> {
    let mut digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).peekable();
    digits.peek()?;
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_travel_in_texts() {
        let text = stamped((1_234, 5), 100);
        assert_eq!(text.len(), 100);
        let message = format!("{text} and {}", stamped((99, 0), 0));
        assert_eq!(stamps(message.as_bytes()).collect::<Vec<_>>(), [(1_234, 5), (99, 0)]);
    }

    #[test]
    fn marks_are_found() {
        let push = br#"{"push":"update","page":"/a","from":57,"rev":58,"comments":[],"tallies":[[7,2,0,58],[8,10,3,57]],"total":1}"#;
        assert_eq!(number(push, REV), Some(58));
        assert_eq!(tallies(push).collect::<Vec<_>>(), [[7, 2, 0, 58], [8, 10, 3, 57]]);
        assert_eq!(tallies(br#"{"tallies":[],"total":1}"#).count(), 0);
        assert_eq!(tallies(br#"{"total":1}"#).count(), 0);
        let answer = br#"{"id":12,"type_query":"react","status":"success","comment_id":7}"#;
        assert_eq!((number(answer, ID), number(answer, COMMENT_ID)), (Some(12), Some(7)));
        assert_eq!(text(answer, TYPE_QUERY), Some("react"));
        assert!(is_success(answer));
    }
}
