//! A client: it asks, waits for its own answer, and keeps what it was told meanwhile in order.
//!
//! Every client merges all that it hears as the protocol's merge law says, so that in every test a push that leaves a
//! gap, comes for a page that is not followed, or contradicts another of the same revision is a failure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use actix_web::rt::net::TcpStream;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::{DEADLINE, PASSWORD, State, within};

/// One push.
pub(crate) type Push = Value;

/// That the line ended, and the code that it was closed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Closed(Option<u16>);

/// One connection and what was heard on it.
#[derive(Debug)]
pub(crate) struct Client {
    /// Who it is meant to be.
    pub(crate) name: String,
    /// The last token that it was given.
    pub(crate) token: String,
    socket: WebSocketStream<TcpStream>,
    next_id: i64,
    asked: BTreeMap<i64, Value>,
    answers: BTreeMap<i64, Value>,
    pushes: VecDeque<Push>,
    following: BTreeSet<String>,
    states: BTreeMap<String, State>,
    /// The user's own reactions, by answers and pushes as they came.
    reactions: BTreeMap<i64, String>,
    /// The last messages, for who wonders what came instead.
    seen: VecDeque<String>,
    closed: Option<Closed>,
}

impl Client {
    /// Opens a socket.
    pub(crate) async fn connect(name: &str, address: SocketAddr) -> Self {
        Self::on(name, socket_of(address).await)
    }

    /// Opens a client on a socket that was made in another way.
    pub(crate) fn on(name: &str, socket: WebSocketStream<TcpStream>) -> Self {
        Self {
            name: name.to_owned(),
            token: String::new(),
            socket,
            next_id: 0,
            asked: BTreeMap::new(),
            answers: BTreeMap::new(),
            pushes: VecDeque::new(),
            following: BTreeSet::new(),
            states: BTreeMap::new(),
            reactions: BTreeMap::new(),
            seen: VecDeque::new(),
            closed: None,
        }
    }

    /// Opens another socket in place of this one, which is cut without a word, and signs in again where it was.
    /// What was held stays; what was followed is not followed any more.
    pub(crate) async fn reconnect(&mut self, address: SocketAddr) {
        self.socket = socket_of(address).await;
        self.asked.clear();
        self.answers.clear();
        self.pushes.clear();
        self.following.clear();
        self.closed = None;
        if !self.token.is_empty() {
            let token = self.token.clone();
            self.does(json!({"type_query": "signInWithToken", "token": token})).await;
        }
    }

    /// Asks and waits for the answer.
    pub(crate) async fn ask(&mut self, query: Value) -> Value {
        let id = self.send(query).await;
        self.answer(id).await
    }

    /// Asks and does not wait; gives the id to wait for.
    pub(crate) async fn send(&mut self, mut query: Value) -> i64 {
        self.next_id += 1;
        query["id"] = json!(self.next_id);
        let text = query.to_string();
        self.asked.insert(self.next_id, query);
        self.send_text(&text).await;
        self.next_id
    }

    /// Sends any text as one message.
    pub(crate) async fn send_text(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    /// Sends any message.
    pub(crate) async fn send_message(&mut self, message: Message) {
        let sent = within("sending a message", self.socket.send(message)).await;
        sent.unwrap_or_else(|error| panic!("{} cannot send: {error}; it saw {:#?}", self.name, self.seen));
    }

    /// Waits for the answer to what was sent under `id`.
    pub(crate) async fn answer(&mut self, id: i64) -> Value {
        self.wait(&format!("the answer to {id}"), |client| client.answers.remove(&id)).await
    }

    /// The same, where the line may end before it comes.
    pub(crate) async fn answer_or_end(&mut self, id: i64) -> Option<Value> {
        let seen = |client: &Self| client.answers.contains_key(&id) || client.closed.is_some();
        within("an answer or the end", async { while !seen(self) && self.read().await {} }).await;
        self.answers.remove(&id)
    }

    /// Asks what must succeed.
    pub(crate) async fn does(&mut self, query: Value) -> Value {
        let answer = self.ask(query.clone()).await;
        assert_eq!(answer["status"], "success", "{} asked {query} and was answered {answer}", self.name);
        answer
    }

    /// Asks what must be refused with `code`.
    pub(crate) async fn refused(&mut self, query: Value, code: &str) -> Value {
        let answer = self.ask(query.clone()).await;
        let told = (&answer["status"], &answer["code"]);
        assert_eq!(told, (&json!("failure"), &json!(code)), "{} asked {query}: {answer}", self.name);
        answer
    }

    /// Signs up with a strong password.
    pub(crate) async fn sign_up(&mut self, username: &str) -> Value {
        self.enter(json!({"type_query": "signUp", "username": username, "password": PASSWORD})).await
    }

    /// Signs in with that password.
    pub(crate) async fn sign_in(&mut self, username: &str) -> Value {
        self.enter(json!({"type_query": "signIn", "username": username, "password": PASSWORD})).await
    }

    async fn enter(&mut self, query: Value) -> Value {
        let answer = self.does(query).await;
        answer["token"].as_str().expect("a token").clone_into(&mut self.token);
        answer
    }

    /// Posts a comment; gives its record.
    pub(crate) async fn post(&mut self, page: &str, comment: &str) -> Value {
        self.does(json!({"type_query": "postComment", "page": page, "comment": comment})).await["comment"]
            .take()
    }

    /// Replies to a comment; gives the reply's record.
    pub(crate) async fn reply(&mut self, page: &str, parent: &Value, comment: &str) -> Value {
        let query = json!({"type_query": "postComment", "page": page, "comment": comment,
            "parent": parent["comment_id"]});
        self.does(query).await["comment"].take()
    }

    /// Edits a comment; gives its record.
    pub(crate) async fn edit(&mut self, comment: &Value, text: &str) -> Value {
        let query =
            json!({"type_query": "editComment", "comment_id": comment["comment_id"], "comment": text});
        self.does(query).await["comment"].take()
    }

    /// Deletes a comment; gives the answer.
    pub(crate) async fn delete(&mut self, comment: &Value) -> Value {
        self.does(json!({"type_query": "deleteComment", "comment_id": comment["comment_id"]})).await
    }

    /// Reacts to a comment; gives the answer.
    pub(crate) async fn react(&mut self, comment: &Value, reaction: &str) -> Value {
        let query = json!({"type_query": "react", "comment_id": comment["comment_id"], "reaction": reaction});
        self.does(query).await
    }

    /// Follows a page from its first screen; gives the answer.
    pub(crate) async fn subscribe(&mut self, page: &str) -> Value {
        self.does(json!({"type_query": "subscribe", "page": page})).await
    }

    /// Follows a page from where the client stands; gives the answer.
    pub(crate) async fn resume(&mut self, page: &str) -> Value {
        let state = self.state(page);
        let (since, epoch) = (state.rev, state.epoch.clone());
        self.does(json!({"type_query": "subscribe", "page": page, "since": since, "epoch": epoch})).await
    }

    /// Lists a page's comments, or what else `more` says; gives the answer.
    pub(crate) async fn list(&mut self, page: &str, more: Value) -> Value {
        let mut query = json!({"type_query": "loadComments", "page": page});
        let Value::Object(more) = more else { panic!("members are an object") };
        query.as_object_mut().expect("an object").extend(more);
        self.does(query).await
    }

    /// What it holds of a page.
    pub(crate) fn state(&self, page: &str) -> &State {
        self.states.get(page).unwrap_or_else(|| panic!("{} holds nothing of {page}", self.name))
    }

    /// Whether it was subscribed to the page in this or an earlier connection.
    pub(crate) fn knows(&self, page: &str) -> bool {
        self.states.contains_key(page)
    }

    /// Whether it is subscribed to the page now.
    pub(crate) fn follows(&self, page: &str) -> bool {
        self.following.contains(page)
    }

    /// Whether the line has ended, as far as was read.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// The user's own reaction to a comment, by what came last.
    pub(crate) fn reaction(&self, id: i64) -> Option<&str> {
        self.reactions.get(&id).map(String::as_str)
    }

    /// Waits for a push that is what is wanted; those before it are forgotten.
    pub(crate) async fn hears(&mut self, wanted: impl Fn(&Push) -> bool) -> Push {
        self.wait("a push", |client| {
            let at = client.pushes.iter().position(&wanted)?;
            client.pushes.drain(..=at).next_back()
        })
        .await
    }

    /// Waits until what it holds of a page is what is wanted.
    pub(crate) async fn comes_to(&mut self, page: &str, wanted: impl Fn(&State) -> bool) {
        let what = format!("another state of {page}");
        self.wait(&what, |client| client.states.get(page).is_some_and(&wanted).then_some(())).await;
    }

    /// The pushes that wait, but for those about viewers, which come when they like; they are forgotten.
    pub(crate) fn heard(&mut self) -> Vec<Push> {
        self.pushes.drain(..).filter(|push| push["push"] != "viewers").collect()
    }

    /// Checks that nothing was pushed, by a barrier on the same way: another client posts to a page that both follow,
    /// and nothing may come before that.
    pub(crate) async fn hears_nothing(&mut self, other: &mut Self, page: &str) {
        let text = format!("nothing before this, {}", self.next_id);
        let posted = other.post(page, &text).await;
        let id = posted["comment_id"].as_i64();
        self.wait("the barrier", |client| {
            let told = |push: &Push| push["comments"][0]["comment_id"].as_i64() == id;
            client.pushes.iter().any(told).then_some(())
        })
        .await;
        let heard = self.heard();
        assert_eq!(heard.len(), 1, "{} should have heard nothing but the barrier: {heard:#?}", self.name);
        assert_eq!(heard[0]["comments"].as_array().map(Vec::len), Some(1), "{heard:#?}");
        assert_eq!(heard[0]["tallies"], json!([]), "{heard:#?}");
    }

    /// Waits for the close and checks its code; `None`: the line was cut without one.
    pub(crate) async fn closed_with(&mut self, code: Option<u16>) {
        self.until_closed().await;
        assert_eq!(
            self.closed,
            Some(Closed(code)),
            "{} was closed otherwise; it saw {:#?}",
            self.name,
            self.seen
        );
    }

    /// Reads all that still comes, until the line is closed or cut; gives the answers that came at any time and were
    /// not waited for.
    pub(crate) async fn until_closed(&mut self) -> BTreeMap<i64, Value> {
        let all = async { while self.read().await {} };
        let done = tokio::time::timeout(DEADLINE, all).await;
        assert!(done.is_ok(), "{} waited in vain to be closed; it saw {:#?}", self.name, self.seen);
        std::mem::take(&mut self.answers)
    }

    /// Closes the socket as it should be, and waits for the other side.
    pub(crate) async fn close(mut self) {
        // The server may have closed first.
        drop(within("closing", self.socket.close(None)).await);
        self.until_closed().await;
    }

    async fn wait<T>(&mut self, what: &str, mut ready: impl FnMut(&mut Self) -> Option<T>) -> T {
        let done = tokio::time::timeout(DEADLINE, async {
            loop {
                if let Some(done) = ready(self) {
                    return Some(done);
                }
                if !self.read().await {
                    return None;
                }
            }
        });
        let done = done.await;
        let (name, seen) = (&self.name, &self.seen);
        match done {
            Ok(Some(done)) => done,
            Ok(None) => panic!("{name} was closed ({:?}) before {what} came; it saw {seen:#?}", self.closed),
            Err(elapsed) => {
                panic!("{name} waited {DEADLINE:?} in vain for {what}: {elapsed}; it saw {seen:#?}")
            }
        }
    }

    /// Reads and files one message; `false` once the line is closed or cut.
    async fn read(&mut self) -> bool {
        if self.closed.is_some() {
            return false;
        }
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => {
                self.remember(&text);
                let message = serde_json::from_str(&text).expect("the server speaks JSON");
                self.file(message);
                true
            }
            Some(Ok(Message::Close(frame))) => {
                self.closed = Some(Closed(frame.map(|frame| frame.code.into())));
                true
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => true,
            Some(Ok(other)) => panic!("the server sent {other:?}"),
            Some(Err(_)) | None => {
                self.closed = Some(Closed(None));
                false
            }
        }
    }

    fn remember(&mut self, text: &str) {
        if self.seen.len() == 20 {
            self.seen.pop_front();
        }
        self.seen.push_back(text.chars().take(2_000).collect());
    }

    fn file(&mut self, message: Value) {
        if let (Some(id), Some(reaction)) = (message["comment_id"].as_i64(), message["reaction"].as_str()) {
            self.reactions.insert(id, reaction.to_owned());
        }
        if message["push"].is_string() {
            let told = self.merge(&message);
            told.unwrap_or_else(|fault| panic!("{}: {fault}; it saw {:#?}", self.name, self.seen));
            self.pushes.push_back(message);
            return;
        }
        let id = message["id"].as_i64().unwrap_or(0);
        if let Some(query) = self.asked.remove(&id).filter(|_| message["status"] == "success") {
            let learnt = self.learn(&query, &message);
            learnt.unwrap_or_else(|fault| panic!("{}: {fault}; it saw {:#?}", self.name, self.seen));
        }
        self.answers.insert(id, message);
    }

    fn merge(&mut self, push: &Push) -> Result<(), String> {
        let Some(page) = push["page"].as_str() else { return Ok(()) };
        if matches!(push["push"].as_str(), Some("update" | "reset")) && !self.following.contains(page) {
            return Err(format!("a push for {page}, which is not followed"));
        }
        match push["push"].as_str() {
            Some("update") => {
                let state = self.states.get_mut(page).ok_or("followed, but nothing is held")?;
                state.in_step(push)?;
                state.apply(push)
            }
            Some("reset") => {
                self.following.remove(page);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn learn(&mut self, query: &Value, answer: &Value) -> Result<(), String> {
        let page = query["page"].as_str().unwrap_or_default();
        match query["type_query"].as_str() {
            Some("subscribe") => {
                let state = State::begin(self.states.remove(page), answer)?;
                self.states.insert(page.to_owned(), state);
                self.following.insert(page.to_owned());
            }
            Some("unsubscribe") => {
                self.following.remove(page);
            }
            Some("loadComments" | "postComment") => {
                if let Some(state) = self.states.get_mut(page) {
                    state.learn(answer)?;
                }
            }
            Some("editComment" | "react") => {
                let id = query["comment_id"].as_i64().unwrap_or_default();
                if let Some(state) = self.states.values_mut().find(|state| state.holds(id)) {
                    state.learn(answer)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether a push is an update of the page.
pub(crate) fn is_update(push: &Push, page: &str) -> bool {
    push["push"] == "update" && push["page"] == page
}

/// A WebSocket to the service.
pub(crate) async fn socket_of(address: SocketAddr) -> WebSocketStream<TcpStream> {
    let stream = within("a connection", TcpStream::connect(address)).await.expect("a connection");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    upgrade(stream).await
}

/// The same on a connection that was made in another way.
pub(crate) async fn upgrade(stream: TcpStream) -> WebSocketStream<TcpStream> {
    let address = stream.peer_addr().expect("a connected socket");
    let handshake = tokio_tungstenite::client_async(format!("ws://{address}/"), stream);
    within("a handshake", handshake).await.expect("a handshake").0
}
