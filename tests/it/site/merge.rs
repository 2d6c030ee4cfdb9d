//! The client's merge law: for each comment what has the highest revision is kept; of the same revision all agree.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Client;

/// What a client holds of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// The life of the data.
    pub(crate) epoch: String,
    /// The revision that it holds.
    pub(crate) rev: i64,
    /// Shown comments at all depths, as of that revision.
    pub(crate) total: i64,
    records: BTreeMap<i64, Value>,
    tallies: BTreeMap<i64, Tally>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tally {
    rev: i64,
    like: i64,
    dislike: i64,
}

impl State {
    /// The state that the answer to `subscribe` begins, or goes on with from `before`.
    pub(crate) fn begin(before: Option<Self>, answer: &Value) -> Result<Self, String> {
        let mut state = before.filter(|_| answer["resumed"] == true).unwrap_or_default();
        answer["epoch"].as_str().ok_or("no epoch")?.clone_into(&mut state.epoch);
        state.apply(answer)?;
        Ok(state)
    }

    /// Whether an update follows what the client holds: `from` is never above its revision, `rev` never below.
    pub(crate) fn in_step(&self, update: &Value) -> Result<(), String> {
        let (from, rev) = (number(update, "from")?, number(update, "rev")?);
        if from > self.rev {
            return Err(format!("from {from} is above the revision {} that the client holds", self.rev));
        }
        if rev < self.rev {
            return Err(format!("rev {rev} is below the revision {} that the client holds", self.rev));
        }
        Ok(())
    }

    /// Merges an update, or the answer to a `subscribe`: they move the revision. Twice is as good as once, and any
    /// order as good as another.
    pub(crate) fn apply(&mut self, message: &Value) -> Result<(), String> {
        self.learn(message)?;
        let rev = number(message, "rev")?;
        if rev >= self.rev {
            self.rev = rev;
            self.total = number(message, "total")?;
        }
        Ok(())
    }

    /// Merges what any answer tells of comments; the page's revision stays where it is.
    pub(crate) fn learn(&mut self, message: &Value) -> Result<(), String> {
        for record in message["comments"].as_array().into_iter().flatten() {
            self.record(record)?;
        }
        for tally in message["tallies"].as_array().into_iter().flatten() {
            let row: [i64; 4] = serde_json::from_value(tally.clone()).map_err(|error| error.to_string())?;
            self.tally(row[0], Tally { rev: row[3], like: row[1], dislike: row[2] })?;
        }
        if message["comment"].is_object() {
            self.record(&message["comment"])?;
        }
        if message["reaction"].is_string() {
            let tally = Tally { rev: number(message, "rev")?, ..tally_of(message)? };
            self.tally(number(message, "comment_id")?, tally)?;
        }
        Ok(())
    }

    fn record(&mut self, record: &Value) -> Result<(), String> {
        let (id, rev) = (number(record, "comment_id")?, number(record, "rev")?);
        self.tally(id, Tally { rev, ..tally_of(record)? })?;
        let mut bare = record.clone();
        let members = bare.as_object_mut().ok_or("a record is an object")?;
        // The reader's own reaction and the author's picture are no part of what the revision tells.
        for member in ["mine", "img", "like", "dislike"] {
            members.remove(member);
        }
        match self.records.get(&id) {
            Some(held) if number(held, "rev")? > rev => Ok(()),
            Some(held) if number(held, "rev")? == rev && *held != bare => {
                Err(format!("two records of one revision differ: {held} and {bare}"))
            }
            _ => {
                self.records.insert(id, bare);
                Ok(())
            }
        }
    }

    fn tally(&mut self, id: i64, tally: Tally) -> Result<(), String> {
        match self.tallies.get(&id) {
            Some(held) if held.rev > tally.rev => Ok(()),
            Some(held) if held.rev == tally.rev && *held != tally => {
                Err(format!("two tallies of comment {id} of one revision differ: {held:?} and {tally:?}"))
            }
            _ => {
                self.tallies.insert(id, tally);
                Ok(())
            }
        }
    }

    /// Whether it holds the comment.
    pub(crate) fn holds(&self, id: i64) -> bool {
        self.records.contains_key(&id)
    }

    /// Likes and dislikes of a comment.
    pub(crate) fn counts(&self, id: i64) -> Option<(i64, i64)> {
        self.tallies.get(&id).map(|tally| (tally.like, tally.dislike))
    }

    /// What a reader sees: each comment that is shown, or a tombstone with something shown under it, without the
    /// revisions, as two clients may have learnt the same at different ones.
    pub(crate) fn seen(&self) -> BTreeMap<i64, Value> {
        let mut listed = BTreeSet::new();
        for (id, record) in self.records.iter().filter(|(_, record)| record["state"] == "shown") {
            let mut next = Some(*id);
            while let Some(id) = next.filter(|id| listed.insert(*id)) {
                next = self.records.get(&id).unwrap_or(record)["parent"].as_i64();
            }
        }
        listed.into_iter().map(|id| (id, self.view(id))).collect()
    }

    fn view(&self, id: i64) -> Value {
        let mut view = self.records.get(&id).cloned().unwrap_or(Value::Null);
        if let (Some(members), Some(tally)) = (view.as_object_mut(), self.tallies.get(&id)) {
            members.remove("rev");
            members.insert("like".to_owned(), json!(tally.like));
            members.insert("dislike".to_owned(), json!(tally.dislike));
        }
        view
    }
}

fn tally_of(message: &Value) -> Result<Tally, String> {
    Ok(Tally { rev: 0, like: number(message, "like")?, dislike: number(message, "dislike")? })
}

fn number(message: &Value, member: &str) -> Result<i64, String> {
    message[member].as_i64().ok_or_else(|| format!("no '{member}' in {message}"))
}

/// Loads all of a page, each list through its cursors; the client's own state learns it on the way.
pub(crate) async fn load_all(client: &mut Client, page: &str) -> State {
    let mut state = State::default();
    let mut parents = vec![Value::Null];
    while let Some(parent) = parents.pop() {
        let mut cursor = Value::Null;
        loop {
            let query = json!({"type_query": "loadComments", "page": page, "parent": parent, "sort": "oldest",
                "limit": 40, "replies": 2, "cursor": cursor});
            let list = client.does(query).await;
            state.learn(&list).unwrap_or_else(|fault| panic!("{fault}"));
            state.rev = state.rev.max(list["rev"].as_i64().expect("a revision"));
            let comments = list["comments"].as_array().expect("a list");
            let listed = comments.iter().filter(|comment| comment["parent"] == parent);
            parents.extend(listed.map(|comment| comment["comment_id"].clone()));
            cursor = list["next"].clone();
            if cursor.is_null() {
                break;
            }
        }
    }
    state
}
