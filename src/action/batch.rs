//! A batch: all the writes that wait, in one transaction, each behind its own savepoint; then the revisions; then,
//! after the commit, what to answer and what to publish.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::{Caller, Context, Notice, Outcome, Reply, Touch, Trail, Write, react, write};
use crate::domain::{CommentId, PageId, PageKey, Rev, Tally, UserId};
use crate::error::{Fault, Refusal, Stop};
use crate::protocol::{Answer, Change, Posted};
use crate::store::{Batch, Delta, Trouble, Tx, Writer, trouble};

/// What a committed batch comes to.
#[derive(Debug)]
pub struct Done {
    /// An answer a write, in their order.
    pub answers: Vec<Result<Answer, Refusal>>,
    /// What changed, a page each.
    pub publications: Vec<Publication>,
    /// What concerns sessions by who they are, in the order written, each with its page's key where it has one.
    pub notices: Vec<(Notice, Option<PageKey>)>,
    /// What went wrong in single writes, each under the id that its caller was told, and whose it was.
    pub faults: Vec<(String, Trail, Fault)>,
    /// The [monotonic](crate::clock::Clock::monotonic) time at which it began,
    pub begun_at: Duration,
    /// at which all was written and the commit began,
    pub worked_at: Duration,
    /// and at which the commit was done.
    pub committed_at: Duration,
}

/// One page's step from a revision to the next.
#[derive(Debug)]
pub struct Publication {
    /// The page.
    pub page: PageKey,
    /// Its revision now; before it was one less.
    pub rev: Rev,
    /// Shown comments at all depths.
    pub total: i64,
    /// What changed.
    pub changes: Vec<Change>,
}

/// Runs and commits a batch.
///
/// # Errors
/// A fault of the transaction itself: then none of the writes was done, but for
/// [`Trouble::Broken`], after which nobody can know.
pub fn run(writer: &mut Writer, context: &Context, batch: &[(&Caller, &Write)]) -> Result<Done, Fault> {
    run_with(writer, context, batch, write)
}

/// What runs one write: [`write`], or a test's.
type Run = fn(Tx<'_>, &Context, &Caller, &Write) -> Result<Outcome, Stop>;

fn run_with(
    writer: &mut Writer,
    context: &Context,
    batch: &[(&Caller, &Write)],
    run: Run,
) -> Result<Done, Fault> {
    let clock = &context.clock;
    let (begun_at, mut worked_at) = (clock.monotonic(), Duration::ZERO);
    let mut rates = Vec::new();
    let done = writer.batch(|transaction| {
        let mut work = Work::new(context, run);
        for chunk in batch.chunk_by(|(_, a), (_, b)| is_reaction(a) && is_reaction(b)) {
            match chunk {
                [(caller, write)] => work.one(transaction, caller, write)?,
                reactions => work.reactions(transaction, reactions)?,
            }
        }
        rates = context.rates.pending();
        for (user, act, whole_at_ms) in &rates {
            transaction.tx().user_rate_set(*user, *act, *whole_at_ms)?;
        }
        let done = work.finish(transaction.tx());
        worked_at = clock.monotonic();
        done
    });
    if done.is_err() {
        context.rates.put_back(rates);
    }
    let committed_at = clock.monotonic();
    done.map(|done| Done { begun_at, worked_at, committed_at, ..done })
}

fn is_reaction(write: &Write) -> bool {
    matches!(write, Write::React(..))
}

/// A batch under way.
struct Work<'w> {
    context: &'w Context,
    run: Run,
    replies: Vec<(Result<Reply, Refusal>, Option<UserId>)>,
    touches: Vec<Touch>,
    notices: Vec<Notice>,
    faults: Vec<(String, Trail, Fault)>,
}

impl<'w> Work<'w> {
    fn new(context: &'w Context, run: Run) -> Self {
        let (replies, touches, notices, faults) = Default::default();
        Self { context, run, replies, touches, notices, faults }
    }

    /// Runs one write. A refusal, a fault or a panic in it undoes it alone; trouble with the file ends the batch.
    fn one(&mut self, batch: &mut Batch<'_>, caller: &Caller, write: &Write) -> Result<(), Fault> {
        let (context, run) = (self.context, self.run);
        let reply = match guarded(|| batch.attempt(|tx| run(tx, context, caller, write))) {
            Ok(outcome) => {
                self.touches.extend(outcome.touches);
                self.notices.extend(outcome.notices);
                Ok(outcome.reply)
            }
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(Stop::Failed(fault)) if trouble(&fault) != Trouble::Other => return Err(fault),
            Err(Stop::Failed(fault)) => {
                let id = self.context.fault_id();
                self.faults.push((id.clone(), caller.trail(), fault));
                Err(Refusal::fault(id))
            }
        };
        self.replies.push((reply, caller.user.as_ref().map(|signed| signed.id)));
        Ok(())
    }

    /// Runs reactions that follow one another as one list. If anything in it fails, each runs by itself, so that
    /// the fault meets its own caller alone.
    fn reactions(&mut self, batch: &mut Batch<'_>, writes: &[(&Caller, &Write)]) -> Result<(), Fault> {
        let wishes: Vec<_> = writes.iter().filter_map(|(caller, write)| wish(caller, write)).collect();
        let context = self.context;
        let done = guarded(|| batch.attempt(|tx| Ok(react::run(tx, context, &wishes)?)));
        let done = match done {
            Ok(done) => done,
            Err(Stop::Failed(fault)) if trouble(&fault) != Trouble::Other => return Err(fault),
            Err(_) => return writes.iter().try_for_each(|(caller, write)| self.one(batch, caller, write)),
        };
        self.touches.extend(done.touches);
        self.notices.extend(done.notices);
        self.replies.extend(done.replies.into_iter().map(|reply| (reply, None)));
        Ok(())
    }

    /// Gives every touched page its next revision, and every reply its answer as of then.
    fn finish(self, tx: Tx<'_>) -> Result<Done, Fault> {
        let mut stamps = Stamps::new(tx);
        let publications = stamps.stamp(&self.touches)?;
        let mut answers = Vec::with_capacity(self.replies.len());
        for (reply, user) in self.replies {
            answers.push(match reply {
                Ok(Reply::Refused(code)) => Err(code.into()),
                Ok(reply) => Ok(stamps.answer(reply, user)?),
                Err(refusal) => Err(refusal),
            });
        }
        let mut notices = Vec::with_capacity(self.notices.len());
        for notice in last_words(self.notices) {
            let page =
                if let Notice::Reacted { page, .. } = &notice { Some(stamps.key(*page)?) } else { None };
            notices.push((notice, page));
        }
        let (begun_at, worked_at, committed_at) = Default::default();
        Ok(Done { answers, publications, notices, faults: self.faults, begun_at, worked_at, committed_at })
    }
}

/// Of a user's reactions to one comment only the last is told: all answers are out before it, and an earlier one would
/// take a later one's answer back.
fn last_words(notices: Vec<Notice>) -> Vec<Notice> {
    let mut told = HashSet::new();
    let mut last: Vec<_> = notices
        .into_iter()
        .rev()
        .filter(|notice| match notice {
            Notice::Reacted { user, comment, .. } => told.insert((*user, *comment)),
            Notice::SignedIn { .. } | Notice::SignedOut { .. } | Notice::Role { .. } => true,
        })
        .collect();
    last.reverse();
    last
}

/// Gives every touched page its next revision, for what is written outside of a batch.
///
/// # Errors
/// Faults of the file.
pub(super) fn stamp(tx: Tx<'_>, touches: &[Touch]) -> Result<Vec<Publication>, Fault> {
    Stamps::new(tx).stamp(touches)
}

/// The revisions that the batch ended with.
struct Stamps<'t> {
    tx: Tx<'t>,
    revs: HashMap<PageId, Rev>,
    keys: HashMap<PageId, PageKey>,
    tallies: HashMap<CommentId, Tally>,
}

impl<'t> Stamps<'t> {
    fn new(tx: Tx<'t>) -> Self {
        Self { tx, revs: HashMap::new(), keys: HashMap::new(), tallies: HashMap::new() }
    }

    /// Puts each touched page one revision further and each touched comment at it.
    fn stamp(&mut self, touches: &[Touch]) -> Result<Vec<Publication>, Fault> {
        let mut pages: BTreeMap<PageId, (i64, BTreeMap<CommentId, Delta>)> = BTreeMap::new();
        for touch in touches {
            let (shown, comments) = pages.entry(touch.page).or_default();
            *shown += touch.shown;
            let delta = comments.entry(touch.comment).or_default();
            delta.text |= touch.delta.text;
            delta.likes += touch.delta.likes;
            delta.dislikes += touch.delta.dislikes;
        }
        let stamp = |(id, (shown, comments))| self.stamp_page(id, shown, comments);
        pages.into_iter().map(stamp).collect()
    }

    fn stamp_page(
        &mut self,
        id: PageId,
        shown: i64,
        comments: BTreeMap<CommentId, Delta>,
    ) -> Result<Publication, Fault> {
        let more = comments.values().fold(Tally::default(), |sum, delta| Tally {
            likes: sum.likes + delta.likes,
            dislikes: sum.dislikes + delta.dislikes,
        });
        let (rev, total, page) = self.tx.page_stamp(id, shown, more)?;
        let mut changes = Vec::with_capacity(comments.len());
        for (comment, delta) in comments {
            let tally = self.tx.comment_stamp((id, comment), delta, rev)?;
            self.tallies.insert(comment, tally);
            changes.push(if delta.text {
                Change::Comment(Box::new(self.tx.comment_get(comment, None)?.0))
            } else {
                Change::Tally(comment, tally, rev)
            });
        }
        self.revs.insert(id, rev);
        self.keys.insert(id, page.clone());
        Ok(Publication { page, rev, total, changes })
    }

    /// The answer as of the end of the batch.
    fn answer(&mut self, reply: Reply, user: Option<UserId>) -> Result<Answer, Fault> {
        Ok(match reply {
            Reply::Ready(answer) => answer,
            // Turned into a refusal before it comes here.
            Reply::Refused(_) => Answer::Done,
            Reply::Comment(page, id) => {
                let (comment, mine) = self.tx.comment_get(id, user)?;
                Answer::Posted(Box::new(Posted { comment, mine, rev: self.rev(page)? }))
            }
            Reply::Deleted(page) => Answer::Deleted { rev: self.rev(page)? },
            Reply::Reacted(page, comment_id, reaction) => {
                let tally = match self.tallies.get(&comment_id) {
                    Some(tally) => *tally,
                    None => self.tx.comment_tally(comment_id)?,
                };
                Answer::Reacted { comment_id, tally, reaction, rev: self.rev(page)? }
            }
        })
    }

    fn key(&self, page: PageId) -> Result<PageKey, Fault> {
        // A page whose tallies came out as they were has no stamp.
        self.keys.get(&page).map_or_else(|| self.tx.page_key(page), |key| Ok(key.clone()))
    }

    fn rev(&mut self, page: PageId) -> Result<Rev, Fault> {
        if let Some(rev) = self.revs.get(&page) {
            return Ok(*rev);
        }
        let rev = self.tx.page_get(page)?.rev;
        self.revs.insert(page, rev);
        Ok(rev)
    }
}

fn wish<'w>(caller: &'w Caller, write: &Write) -> Option<react::Wish<'w>> {
    let Write::React(comment, reaction) = write else { return None };
    Some(react::Wish { caller, comment: *comment, reaction: *reaction })
}

/// Turns a panic into a fault: it harms the write that it is in, not the thread.
fn guarded<T>(work: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(Fault::new("a panic in a write", said).into())
    })
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::action::Signed;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::domain::{Role, SessionId, Username};
    use crate::error::Code;
    use crate::security::TokenDigest;
    use crate::store::Store;

    /// A test's way to run a write: a comment that says so panics after it is written.
    fn run_or_panic(tx: Tx<'_>, context: &Context, caller: &Caller, one: &Write) -> Result<Outcome, Stop> {
        let outcome = write(tx, context, caller, one)?;
        assert!(
            !matches!(one, Write::PostComment { comment, .. } if comment == "panic"),
            "as the test wished"
        );
        Ok(outcome)
    }

    #[test]
    fn a_refusal_or_a_panic_in_one_write_harms_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(1_000);
        let mut store = Store::open(&folder.path().join("otklik.db"), 1, &clock).unwrap();
        let mut config = Config::default();
        config.auth.bcrypt_cost = 4;
        let context = Context::new(config, clock, store.epoch.clone());
        let username = Username::parse("alice").unwrap();
        let user = store.writer.batch(|batch| {
            Ok(crate::action::add_user(batch.tx(), &username, "", (Role::User, 0)).ok().map(|user| user.id))
        });
        let user = Some(Signed { id: user.unwrap().unwrap(), token: TokenDigest([0; 32]) });
        let caller = Caller {
            session: Some(SessionId(1)),
            query: Some(1),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user,
        };
        let page = PageKey::parse("/a").unwrap();
        let post = |text: &str| {
            let comment = text.to_owned();
            Write::PostComment { page: page.clone(), comment, parent: None, key: None }
        };
        let writes = [post("one"), post("panic"), post("  "), post("two")];
        let writes: Vec<_> = writes.iter().map(|write| (&caller, write)).collect();
        let done = run_with(&mut store.writer, &context, &writes, run_or_panic).unwrap();
        let codes: Vec<_> =
            done.answers.iter().map(|answer| answer.as_ref().err().map(|no| no.code)).collect();
        assert_eq!(codes, [None, Some(Code::Internal), Some(Code::EmptyComment), None]);
        assert_eq!(done.faults.len(), 1);
        let [publication] = done.publications.as_slice() else { panic!("one page changed") };
        assert_eq!((publication.rev, publication.total, publication.changes.len()), (Rev(1), 2, 2));
    }
}
