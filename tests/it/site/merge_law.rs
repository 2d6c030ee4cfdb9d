//! The merge law's own tests: any order, any repetition, the same state.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, proptest};
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::State;

fn record(id: i64, text: &str, (like, rev): (i64, i64)) -> Value {
    json!({"comment_id": id, "parent": null, "user_id": 1, "username": "alice", "img": "/img/alice.svg",
        "comment": text, "like": like, "dislike": 0, "date": super::START, "edited": null, "state": "shown",
        "replies": 0, "rev": rev})
}

fn update(from: i64, rev: i64, comments: &[Value], tallies: &[Value]) -> Value {
    json!({"push": "update", "page": "/a", "from": from, "rev": rev, "comments": comments, "tallies": tallies,
        "total": 1, "viewers": 1})
}

#[test]
fn the_highest_revision_is_kept() {
    let mut state = State::default();
    state.apply(&update(0, 2, &[record(7, "new", (0, 2))], &[])).unwrap();
    state.apply(&update(0, 1, &[record(7, "old", (0, 1))], &[])).unwrap();
    state.apply(&update(2, 4, &[], &[json!([7, 3, 0, 4])])).unwrap();
    state.apply(&update(2, 3, &[], &[json!([7, 2, 0, 3])])).unwrap();
    assert_eq!((state.rev, state.counts(7)), (4, Some((3, 0))));
    assert_eq!(state.seen()[&7]["comment"], "new");
}

#[test]
fn an_update_that_leaves_a_gap_is_told() {
    let mut state = State::default();
    state.apply(&update(0, 3, &[], &[])).unwrap();
    assert!(state.in_step(&update(3, 4, &[], &[])).is_ok());
    assert!(state.in_step(&update(0, 3, &[], &[])).is_ok(), "what spans more is no gap");
    assert!(state.in_step(&update(4, 5, &[], &[])).unwrap_err().contains("from 4 is above"));
    assert!(state.in_step(&update(1, 2, &[], &[])).unwrap_err().contains("rev 2 is below"));
}

#[test]
fn two_of_one_revision_must_agree() {
    let mut state = State::default();
    state.learn(&json!({"comments": [record(7, "a", (1, 2))]})).unwrap();
    assert!(state.learn(&json!({"comments": [record(7, "b", (1, 2))]})).is_err());
    assert!(state.learn(&json!({"tallies": [[7, 2, 0, 2]]})).is_err());
    assert!(state.learn(&json!({"comments": [record(7, "a", (1, 2))], "tallies": [[7, 1, 0, 2]]})).is_ok());
}

#[test]
fn a_tombstone_is_seen_while_something_is_shown_under_it() {
    let mut state = State::default();
    let mut tombstone = record(1, "", (0, 3));
    tombstone["state"] = json!("deleted");
    let mut reply = record(2, "under it", (0, 2));
    reply["parent"] = json!(1);
    state.learn(&json!({"comments": [tombstone, reply]})).unwrap();
    assert_eq!(state.seen().into_keys().collect::<Vec<_>>(), [1, 2]);
    reply["state"] = json!("deleted");
    reply["rev"] = json!(4);
    state.learn(&json!({"comments": [reply]})).unwrap();
    assert!(state.seen().is_empty());
}

/// One act on one of four comments: its text changes, or its tally.
fn acts() -> impl Strategy<Value = Vec<(i64, bool)>> {
    vec((1..=4_i64, any::<bool>()), 1..24)
}

/// The updates that a server sends for some acts, `gathered` revisions in each.
fn updates(acts: &[(i64, bool)], gathered: usize) -> Vec<Value> {
    // Of each comment: the text's revision, the tally's revision, the likes.
    let mut page: std::collections::BTreeMap<i64, (i64, i64, i64)> = std::collections::BTreeMap::new();
    let (mut rev, mut sent, mut updates) = (0, 0, Vec::new());
    for acts in acts.chunks(gathered) {
        for (id, text) in acts {
            rev += 1;
            let comment = page.entry(*id).or_insert((rev, rev, 0));
            if *text {
                comment.0 = rev;
            } else if comment.1 < rev {
                comment.2 += 1;
            }
            comment.1 = rev;
        }
        let since = |at: i64| at > sent;
        let comments = page.iter().filter(|(_, (text_rev, ..))| since(*text_rev));
        let comments: Vec<_> = comments
            .map(|(id, (text_rev, rev, like))| record(*id, &format!("text {text_rev}"), (*like, *rev)))
            .collect();
        let tallies = page.iter().filter(|(_, (text_rev, rev, _))| since(*rev) && !since(*text_rev));
        let tallies: Vec<_> = tallies.map(|(id, (_, rev, like))| json!([id, like, 0, rev])).collect();
        updates.push(update(sent, rev, &comments, &tallies));
        sent = rev;
    }
    updates
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_give_the_same_state(
        acts in acts(),
        (gathered, other) in (1..5_usize, 1..5_usize),
        order in vec(any::<proptest::sample::Index>(), 0..40),
    ) {
        let fail = |fault: String| TestCaseError::fail(fault);
        let in_order = updates(&acts, gathered);
        let mut whole = State::default();
        for update in &in_order {
            whole.in_step(update).map_err(fail)?;
            whole.apply(update).map_err(fail)?;
        }
        // The same life told in other portions, mixed with these, in any order; then each at least once.
        let all = [in_order, updates(&acts, other)].concat();
        let mut mixed = State::default();
        for index in order {
            mixed.apply(index.get(&all)).map_err(fail)?;
        }
        for update in all.iter().rev() {
            mixed.apply(update).map_err(fail)?;
        }
        proptest::prop_assert_eq!(&mixed.seen(), &whole.seen());
        proptest::prop_assert_eq!((mixed.rev, mixed.total), (whole.rev, whole.total));
        let before = mixed.clone();
        for update in &all {
            mixed.apply(update).map_err(fail)?;
        }
        proptest::prop_assert_eq!(mixed, before);
    }
}
