//! Conversations as text: `tests/talk/*.txt`, said to a real server line by line.
//!
//! | line | does |
//! |---|---|
//! | `# …` | says what is shown |
//! | `alice> …` | alice sends this as one message, whatever it is |
//! | `alice< {…}` | the next message to alice is this; `*` is any value, `$name` any value once and the same ever after |
//! | `(with limits.posts_per_min = 2)` | another config, before anything is said |
//! | `(10 s later)`, `(16 days later)` | the server's clock moves |
//! | `(carol becomes moderator)`, `(/a is locked)` | the operator acts |
//! | `alice closes`, `alice connects` | another connection of the same name |
//! | `alice is closed with 4429` | the server closes |
//!
//! A name is connected when it first speaks. Pushes about viewers, the status and roles come when they like: they are
//! passed over, unless one is expected. At the end nobody may have been told anything that does not stand in the text.

mod difference;
mod line;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use self::difference::difference;
use self::line::{Line, Unit};
use crate::site::{DEADLINE, Site, socket_of, test_config};

/// Declares a test for each conversation.
macro_rules! talks {
    ($($name:ident)+) => {
        const TALKS: &[&str] = &[$(stringify!($name),)+];

        $(#[actix_web::test]
        async fn $name() {
            run(stringify!($name)).await;
        })+
    };
}

talks! {
    accounts
    bad_queries
    editing_and_deleting
    limits
    lists_and_cursors
    other_pushes
    posting_and_replies
    reacting
    subscribing_and_resuming
    the_first_dialect
    watching
}

/// A conversation under way.
struct Talk {
    site: Site,
    /// The file, for faults.
    file: String,
    sockets: BTreeMap<String, WebSocketStream<TcpStream>>,
    bound: BTreeMap<String, Value>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/talk")
}

fn read(name: &str) -> Vec<(usize, Line)> {
    let text = std::fs::read_to_string(folder().join(format!("{name}.txt"))).expect("a conversation");
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(at, text)| {
            let line = Line::parse(text).unwrap_or_else(|fault| panic!("{name}.txt:{}: {fault}", at + 1));
            line.map(|line| (at + 1, line))
        })
        .collect()
}

async fn run(name: &str) {
    let lines = read(name);
    let mut overrides = Vec::new();
    for (_, line) in &lines {
        if let Line::With { key, value } = line {
            let variable = format!("OTKLIK_{}", key.replace('.', "_").to_uppercase());
            overrides.push((variable, value.clone()));
        }
    }
    let chosen = test_config(&overrides);
    let site = Site::with(|config| {
        let path = std::mem::take(&mut config.database.path);
        *config = chosen;
        config.database.path = path;
    })
    .await;
    let mut talk =
        Talk { site, file: format!("{name}.txt"), sockets: BTreeMap::new(), bound: BTreeMap::new() };
    for (at, line) in lines {
        talk.step(at, line).await;
    }
    talk.end().await;
}

impl Talk {
    async fn step(&mut self, at: usize, line: Line) {
        match line {
            Line::With { .. } => {}
            Line::Later { count, unit } => self.site.clock.advance(later(count, unit)),
            Line::Becomes { name, role } => self.site.give_role(&name, &role),
            Line::Locked { page } => {
                let changed =
                    self.site.database().execute("update page set locked = 1 where key = ?1", [page]);
                assert_eq!(changed.expect("the page is locked"), 1);
            }
            Line::Connects { name } => {
                let socket = socket_of(self.site.address).await;
                let before = self.sockets.insert(name, socket);
                assert!(before.is_none(), "{}:{at}: connected already", self.file);
            }
            Line::Closes { name } => {
                let mut socket = self.sockets.remove(&name).expect("connected");
                socket.close(None).await.expect("closed");
                let rest = async { while let Some(Ok(_)) = socket.next().await {} };
                tokio::time::timeout(DEADLINE, rest).await.expect("closed from both sides");
            }
            Line::Closed { name, code } => {
                let closed = self.next(at, &name, |_| true).await.expect_err("a close");
                assert_eq!(closed, Some(code), "{}:{at}", self.file);
                self.sockets.remove(&name);
            }
            Line::Says { name, text } => {
                let text = self.fill(&text);
                let socket = self.socket(&name).await;
                socket.send(Message::text(text)).await.expect("it is sent");
            }
            Line::Hears { name, text } => self.hears(at, &name, &text).await,
        }
    }

    async fn hears(&mut self, at: usize, name: &str, text: &str) {
        let wanted = line::wanted(text).unwrap_or_else(|fault| panic!("{}:{at}: {fault}", self.file));
        let fits = |message: &Value| match message["push"].as_str() {
            Some("viewers") => *message == wanted,
            _ => message["push"] == wanted["push"],
        };
        let heard = self.next(at, name, fits).await;
        let heard = heard.unwrap_or_else(|code| panic!("{}:{at}: {name} is closed: {code:?}", self.file));
        let faults = difference(&wanted, &heard, &mut self.bound);
        assert!(
            faults.is_empty(),
            "{}:{at}: {name} hears something else:\n  {}\n  wanted {text}\n  heard  {heard}\n",
            self.file,
            faults.join("\n  ")
        );
    }

    /// The next message to somebody that is not passed over, or the code of the close.
    async fn next(
        &mut self,
        at: usize,
        name: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Value, Option<u16>> {
        let file = self.file.clone();
        let socket = self.socket(name).await;
        let next = tokio::time::timeout(DEADLINE, async {
            loop {
                let message = heard(socket).await?;
                if fits(&message) || !is_passed_over(&message) {
                    return Ok(message);
                }
            }
        });
        next.await.unwrap_or_else(|_| panic!("{file}:{at}: {name} hears nothing for {DEADLINE:?}"))
    }

    async fn socket(&mut self, name: &str) -> &mut WebSocketStream<TcpStream> {
        if !self.sockets.contains_key(name) {
            let socket = socket_of(self.site.address).await;
            self.sockets.insert(name.to_owned(), socket);
        }
        self.sockets.get_mut(name).expect("just connected")
    }

    /// Puts what was heard into what is said.
    fn fill(&self, text: &str) -> String {
        let names = self.bound.iter().rev();
        names.fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${name}"), &value.to_string())
        })
    }

    /// Everybody pings; nothing but the answer may come.
    async fn end(mut self) {
        let names: Vec<_> = self.sockets.keys().cloned().collect();
        for name in names {
            self.step(0, Line::Says { name: name.clone(), text: r#"{"type_query":"ping"}"#.to_owned() })
                .await;
            self.hears(0, &name, r#"{"type_query":"ping","status":"success","now":*}"#).await;
        }
    }
}

/// Whether it comes when it likes.
fn is_passed_over(message: &Value) -> bool {
    message["push"].as_str().is_some_and(|push| ["viewers", "status", "role"].contains(&push))
}

/// The next text message, or the code of the close.
async fn heard(socket: &mut WebSocketStream<TcpStream>) -> Result<Value, Option<u16>> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                return Ok(serde_json::from_str(&text).expect("the server speaks JSON"));
            }
            Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}

fn later(count: u64, unit: Unit) -> Duration {
    match unit {
        Unit::Milliseconds => Duration::from_millis(count),
        Unit::Seconds => Duration::from_secs(count),
        Unit::Minutes => Duration::from_secs(count * 60),
        Unit::Hours => Duration::from_secs(count * 3_600),
        Unit::Days => Duration::from_secs(count * 86_400),
    }
}

#[test]
fn every_conversation_is_run() {
    let files =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = files.map(|file| file.strip_suffix(".txt").unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, TALKS);
}

/// What the protocol's tables promise stands in some conversation.
#[test]
fn every_query_and_every_push_is_shown() {
    let texts: Vec<_> =
        TALKS.iter().map(|name| std::fs::read_to_string(folder().join(format!("{name}.txt")))).collect();
    let text = texts.into_iter().map(Result::unwrap).collect::<String>();
    let queries = [
        "hello",
        "ping",
        "signUp",
        "signIn",
        "signInWithToken",
        "signOut",
        "changePassword",
        "changeImg",
        "subscribe",
        "unsubscribe",
        "loadComments",
        "findComment",
        "loadReactions",
        "postComment",
        "editComment",
        "deleteComment",
        "react",
        "watchStatus",
        "unwatchStatus",
    ];
    for query in queries {
        let answered = format!(r#""type_query":"{query}","status":"success""#);
        assert!(text.contains(&answered), "{query} is never answered");
    }
    for push in ["update", "reacted", "signedOut", "viewers", "status"] {
        assert!(text.contains(&format!(r#"{{"push":"{push}""#)), "{push} is never pushed");
    }
    // These take a full disk, a full queue or a fault: they are for other tests.
    let elsewhere = ["busy", "unavailable", "internal", "sign_up_closed"];
    let codes = otklik::error::Code::ALL.iter().map(|code| code.as_str());
    for code in codes.filter(|code| !elsewhere.contains(code)) {
        assert!(text.contains(&format!(r#""code":"{code}""#)), "{code} is never told");
    }
}
