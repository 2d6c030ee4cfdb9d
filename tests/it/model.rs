//! Random lives of several clients against a small model.
//!
//! Whatever happened, a client that came back holds what a fresh one loads, and both hold what the model says.

use std::collections::BTreeMap;
use std::env::VarError;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::site::{Client, Random, Site, is_long, load_all};

const NAMES: [&str; 3] = ["alice", "bob", "carol"];
const PAGES: [&str; 2] = ["/a", "/b"];
const STEPS: usize = 120;

/// One comment as it should be.
#[derive(Debug, Clone)]
struct Expected {
    page: &'static str,
    parent: Option<i64>,
    author: usize,
    text: String,
    edited: bool,
    deleted: bool,
    reactions: BTreeMap<usize, bool>,
}

struct World {
    random: Random,
    site: Site,
    clients: Vec<Client>,
    comments: BTreeMap<i64, Expected>,
    steps: usize,
}

impl World {
    async fn begin(seed: u64) -> Self {
        let site = Site::with(|config| config.limits.resume_comments_max = 12).await;
        let mut clients = Vec::new();
        for name in NAMES {
            clients.push(site.user(name).await);
        }
        Self { random: Random::seeded(seed), site, clients, comments: BTreeMap::new(), steps: 0 }
    }

    async fn step(&mut self) {
        self.steps += 1;
        let who = self.random.below(NAMES.len());
        let page = self.random.pick(&PAGES);
        match self.random.below(100) {
            0..25 => self.post(who, page).await,
            25..35 => self.edit(who).await,
            35..45 => self.delete(who).await,
            45..70 => self.react(who).await,
            70..80 => self.follow(who, page).await,
            80..86 => drop(self.clients[who].list(page, json!({"limit": 3, "replies": 1})).await),
            86..92 => self.clients[who].reconnect(self.site.address).await,
            92..97 => self.race().await,
            97..99 if self.clients[who].follows(page) => {
                self.clients[who].does(json!({"type_query": "unsubscribe", "page": page})).await;
            }
            99 => self.restart().await,
            _ => {}
        }
    }

    fn any_comment(&mut self) -> Option<i64> {
        let ids: Vec<_> = self.comments.keys().copied().collect();
        (!ids.is_empty()).then(|| self.random.pick(&ids))
    }

    async fn post(&mut self, who: usize, page: &'static str) {
        let parent = self.any_comment().filter(|_| self.random.below(2) == 0);
        let text = format!("{} {}", NAMES[who], self.steps);
        let query = json!({"type_query": "postComment", "page": page, "comment": text, "parent": parent});
        let possible = parent.is_none_or(|id| self.comments[&id].page == page && !self.comments[&id].deleted);
        if !possible {
            self.clients[who].refused(query, "not_found").await;
            return;
        }
        let id = self.clients[who].does(query).await["comment"]["comment_id"].as_i64().unwrap();
        let (edited, deleted, reactions) = (false, false, BTreeMap::new());
        let expected = Expected { page, parent, author: who, text, edited, deleted, reactions };
        assert!(self.comments.insert(id, expected).is_none(), "number {id} was given twice");
    }

    async fn edit(&mut self, who: usize) {
        let Some(id) = self.any_comment() else { return };
        let text = format!("edited {}", self.steps);
        let query = json!({"type_query": "editComment", "comment_id": id, "comment": text});
        let expected = self.comments.get_mut(&id).unwrap();
        if let Some(code) = refusal(expected, who) {
            self.clients[who].refused(query, code).await;
            return;
        }
        (expected.text, expected.edited) = (text, true);
        self.clients[who].does(query).await;
    }

    async fn delete(&mut self, who: usize) {
        let Some(id) = self.any_comment() else { return };
        let query = json!({"type_query": "deleteComment", "comment_id": id});
        let expected = self.comments.get_mut(&id).unwrap();
        if expected.author != who {
            self.clients[who].refused(query, "forbidden").await;
            return;
        }
        expected.deleted = true;
        self.clients[who].does(query).await;
    }

    async fn react(&mut self, who: usize) {
        let Some(id) = self.any_comment() else { return };
        let reaction = self.random.pick(&["like", "dislike", "none"]);
        let query = json!({"type_query": "react", "comment_id": id, "reaction": reaction});
        if self.comments[&id].deleted {
            self.clients[who].refused(query, "not_found").await;
            return;
        }
        self.expect_reaction(who, id, reaction);
        let answer = self.clients[who].does(query).await;
        let (like, dislike) = counts(&self.comments[&id]);
        assert_eq!((&answer["like"], &answer["dislike"]), (&json!(like), &json!(dislike)));
    }

    fn expect_reaction(&mut self, who: usize, id: i64, reaction: &str) {
        let reactions = &mut self.comments.get_mut(&id).unwrap().reactions;
        if reaction == "none" {
            reactions.remove(&who);
        } else {
            reactions.insert(who, reaction == "like");
        }
    }

    async fn follow(&mut self, who: usize, page: &'static str) {
        let client = &mut self.clients[who];
        if client.knows(page) && self.random.below(3) > 0 {
            client.resume(page).await;
        } else {
            client.does(json!({"type_query": "subscribe", "page": page, "limit": 2, "replies": 1})).await;
        }
    }

    /// Everybody reacts at once, several times.
    async fn race(&mut self) {
        let shown: Vec<_> = self.comments.iter().filter(|(_, one)| !one.deleted).map(|(id, _)| *id).collect();
        if shown.is_empty() {
            return;
        }
        let mut plans = vec![Vec::new(); NAMES.len()];
        for (who, plan) in plans.iter_mut().enumerate() {
            for _ in 0..6 {
                let (id, reaction) =
                    (self.random.pick(&shown), self.random.pick(&["like", "dislike", "none"]));
                self.expect_reaction(who, id, reaction);
                plan.push(json!({"type_query": "react", "comment_id": id, "reaction": reaction}));
            }
        }
        let race = self.clients.iter_mut().zip(plans).map(|(client, plan)| async move {
            let mut ids = Vec::new();
            for query in plan {
                ids.push(client.send(query).await);
            }
            for id in ids {
                assert_eq!(client.answer(id).await["status"], "success");
            }
        });
        join_all(race).await;
    }

    async fn restart(&mut self) {
        self.site.restart().await;
        for client in &mut self.clients {
            client.reconnect(self.site.address).await;
        }
    }

    /// Everybody comes back to everything, loads what they do not hold, and holds what is true.
    async fn end(mut self) {
        for page in PAGES {
            let mut fresh = self.site.guest().await;
            let truth = load_all(&mut fresh, page).await;
            let total = self.total(page);
            assert_eq!(truth.seen(), self.expected(page), "{page}: what is loaded is not what was done");
            for client in &mut self.clients {
                if client.knows(page) {
                    client.resume(page).await;
                } else {
                    client.subscribe(page).await;
                }
                load_all(client, page).await;
                client.comes_to(page, |state| state.rev >= truth.rev).await;
                assert_eq!(client.state(page).seen(), truth.seen(), "{page}, {}", client.name);
                assert_eq!(client.state(page).total, total, "{page}, {}", client.name);
            }
        }
    }

    fn total(&self, page: &str) -> i64 {
        let shown = self.comments.values().filter(|one| one.page == page && !one.deleted);
        i64::try_from(shown.count()).unwrap()
    }

    fn expected(&self, page: &str) -> BTreeMap<i64, Value> {
        let listed = self.comments.iter().filter(|(id, one)| one.page == page && self.is_listed(**id));
        listed.map(|(id, one)| (*id, self.view(*id, one))).collect()
    }

    fn is_listed(&self, id: i64) -> bool {
        let mut under = self.comments.iter().filter(|(_, one)| one.parent == Some(id));
        !self.comments[&id].deleted || under.any(|(reply, _)| self.is_listed(*reply))
    }

    fn view(&self, id: i64, one: &Expected) -> Value {
        let shown = |value: Value| if one.deleted { Value::Null } else { value };
        let replies = self.comments.values().filter(|reply| reply.parent == Some(id) && !reply.deleted);
        let (like, dislike) = counts(one);
        json!({
            "comment_id": id, "parent": one.parent,
            "user_id": shown(json!(one.author + 1)), "username": shown(json!(NAMES[one.author])),
            "comment": if one.deleted { "" } else { &one.text },
            "like": like, "dislike": dislike, "date": crate::site::START,
            "edited": one.edited.then_some(crate::site::START),
            "state": if one.deleted { "deleted" } else { "shown" }, "replies": replies.count(),
        })
    }
}

fn refusal(one: &Expected, who: usize) -> Option<&'static str> {
    if one.deleted {
        Some("not_found")
    } else if one.author != who {
        Some("forbidden")
    } else {
        None
    }
}

fn counts(one: &Expected) -> (usize, usize) {
    let likes = one.reactions.values().filter(|liked| **liked).count();
    (likes, one.reactions.len() - likes)
}

/// Says how to run a life again when it failed.
struct Seed(u64);

impl Drop for Seed {
    #[expect(clippy::print_stderr, reason = "a failing seed must be seen")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("again: OTKLIK_SEED={} cargo test --test it model::one_more_life", self.0);
        }
    }
}

async fn live(seed: u64) {
    let seed = Seed(seed);
    let mut world = World::begin(seed.0).await;
    for _ in 0..STEPS {
        world.step().await;
    }
    world.end().await;
}

#[actix_web::test]
async fn the_first_ten_lives() {
    for seed in 1..=10 {
        live(seed).await;
    }
}

#[actix_web::test]
async fn the_next_ten_lives() {
    for seed in 11..=20 {
        live(seed).await;
    }
}

/// A life that nobody lived before, or the one of `OTKLIK_SEED`; in the long run 99 more.
#[actix_web::test]
#[expect(clippy::disallowed_methods, reason = "a failing seed comes back through the environment")]
#[expect(clippy::print_stderr, reason = "the seed is shown")]
async fn one_more_life() {
    let seed = match std::env::var("OTKLIK_SEED") {
        Ok(seed) => seed.parse().expect("a number"),
        Err(VarError::NotPresent) => getrandom::u64().expect("randomness"),
        Err(other) => panic!("OTKLIK_SEED: {other}"),
    };
    eprintln!("OTKLIK_SEED={seed}");
    for more in 0..if is_long() { 100 } else { 1 } {
        live(seed.wrapping_add(more)).await;
    }
}
