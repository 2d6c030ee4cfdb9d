//! The Pusher protocol, version 7, as Sockudo speaks it: who posts does so by a client event, which the server passes on
//! to all others of a private channel. Nothing is kept, and nothing is answered.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::dialect::{Dialect, Said};
use super::payload;

/// The application's key and secret in the server's config.
pub const KEY: &str = "bench-key";
pub const SECRET: &str = "bench-secret";

/// Pusher's channels, by client events.
pub const PUSHER: &dyn Dialect = &Pusher;

/// What stands for an answer where the protocol has one.
const DONE: &[u8] = br#"{"id":0,"status":"success"}"#;

struct Pusher;

impl Dialect for Pusher {
    fn path(&self) -> &'static str {
        "/app/bench-key?protocol=7&client=bench&version=1"
    }

    fn is_ready_at_once(&self) -> bool {
        false
    }

    fn tells_the_author(&self) -> bool {
        false
    }

    fn wrap(&self, query: &str, socket_id: &str, out: &mut String) {
        let text = |mark| payload::text(query.as_bytes(), mark).unwrap_or_default();
        // A channel's name has no slashes.
        let channel = format!("private{}", text(payload::PAGE).replace('/', "-"));
        let message = match text(payload::TYPE_QUERY) {
            "subscribe" => {
                let signature = sign(SECRET, &format!("{socket_id}:{channel}"));
                format!(
                    r#"{{"event":"pusher:subscribe","data":{{"channel":"{channel}","auth":"{KEY}:{signature}"}}}}"#
                )
            }
            "postComment" => {
                let update = payload::update(text(payload::PAGE), text(payload::COMMENT), 1, 1);
                format!(r#"{{"event":"client-update","channel":"{channel}","data":{update}}}"#)
            }
            // There is nobody to sign up with; what is answered stands for it.
            _ => r#"{"event":"pusher:ping","data":{}}"#.to_owned(),
        };
        out.push_str(&message);
    }

    fn understand<'m>(&self, text: &'m [u8]) -> Said<'m> {
        match payload::text(text, r#""event":""#) {
            Some("client-update") => Said::Push(text),
            Some("pusher:connection_established") => Said::Ready(socket_id(text).unwrap_or_default()),
            Some("pusher_internal:subscription_succeeded" | "pusher:pong") => Said::Answer(DONE),
            Some("pusher:ping") => Said::Prompt(r#"{"event":"pusher:pong","data":{}}"#),
            Some("pusher:error" | "pusher:subscription_error") => Said::Answer(text),
            _ => Said::Other,
        }
    }
}

/// Two numbers and a dot, in a string inside a string.
fn socket_id(text: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(text).ok()?;
    let (_, rest) = text.split_once("socket_id")?;
    let rest = &rest[rest.find(|c: char| c.is_ascii_digit())?..];
    rest.split(|c: char| !c.is_ascii_digit() && c != '.').next()
}

fn sign(secret: &str, text: &str) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key has any length");
    hmac.update(text.as_bytes());
    let mut hex = String::new();
    for byte in hmac.finalize().into_bytes() {
        hex.extend([byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or('0')));
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_names_the_socket() {
        let text = br#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"12.34\",\"activity_timeout\":120}"}"#;
        assert_eq!(PUSHER.understand(text), Said::Ready("12.34"));
    }

    #[test]
    fn a_private_channel_is_signed_for() {
        let mut out = String::new();
        PUSHER.wrap(r#"{"type_query":"subscribe","id":2,"page":"/a"}"#, "12.34", &mut out);
        assert!(out.contains(r#""channel":"private-a","auth":"bench-key:"#), "{out}");
        // The example in Pusher's own manual.
        assert_eq!(
            sign("7ad3773142a6692b25b8", "1234.1234:private-foobar"),
            "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"
        );
    }
}
