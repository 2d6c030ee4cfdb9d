// Random lives: several clients act on one page of a model server that answers, pushes, cuts, resets and restores as
// chance has it. Whatever happened: once all has gone through, each client shows what the server has, and every comment
// that was posted is there once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Model } from "./model.mjs";
import { Clock, FakeStorage, Window, randomOf, settle } from "./world.mjs";

const SEEDS = process.env.OTKLIK_LONG ? 3_000 : 250;
const STEPS = 90;
const PAGE = "/a";
const SORTS = ["newest", "oldest", "top", "controversial"];

class Life {
  constructor(seed) {
    const random = this.random = randomOf(seed);
    const clock = this.clock = new Clock();
    const model = this.model = new Model(clock, random);
    this.posted = [];
    this.restored = false;
    // Alice has two windows that share a storage; bob one; somebody is a guest.
    const alices = new FakeStorage();
    this.windows = [[alices, 1], [alices, 1], [new FakeStorage(), 2], [null, 0]].map(([storage, user_id]) => {
      const window = new Window({ clock, storage });
      storage?.setItem("otklik http://comments.test token", `token-${user_id}`);
      window.user_id = user_id;
      window.random = random;
      window.onsocket = (socket) => model.connect(socket);
      const options = { sort: random.pick(SORTS), limit: 1 + random.below(4), replies: random.below(3) };
      window.thread = window.client.thread(PAGE, options);
      window.close = window.thread.open();
      return window;
    });
    model.trouble = (type_query) => (random.below(40) || /^hello|^ping|^sign|^post/.test(type_query) ? null : "busy");
  }

  /** Half of the lives begin with a page that has comments, read by all. */
  async begin() {
    const { random, model } = this;
    if (random.below(2)) return;
    for (let at = 0; at < 8; at += 1) {
      const user_id = 1 + random.below(3);
      const parent = at && random.below(2) ? 1 + random.below(at) : null;
      model.postComment({ user_id }, { page: PAGE, comment: `first ${at}`, parent, key: `first ${at}` });
    }
    await this.quiet();
  }

  async act() {
    const { random, model } = this;
    const window = random.pick(this.windows);
    const { thread } = window;
    const ids = [...thread.data.entries.keys()];
    const id = ids.length ? random.pick(ids) : 1;
    const text = `text ${this.posted.length} ${random.below(1e6)}`;
    const acts = {
      post: () => this.post(window, text, null),
      reply: () => ids.length && this.post(window, text, id),
      react: () => thread.react(id, random.pick(["like", "dislike", "none"])),
      again: () => thread.react(id, random.pick(["like", "dislike", "none"])),
      edit: () => thread.edit(id, text),
      remove: () => thread.remove(id),
      more: () => thread.loadMore(),
      replies: () => thread.loadReplies(id),
      sort: () => thread.setSort(random.pick(SORTS)),
      fresh: () => thread.showFresh(),
      find: () => thread.find(1 + random.below(model.last_id + 1)),
      pause: () => thread.pause(),
      resume: () => thread.resume(),
      cut: () => [...model.sessions].length && model.cut(random.pick([...model.sessions])),
      // Whoever was signed in comes back before the end.
      leave: () => random.below(4) === 0 && window.client.session.signOut({ everywhere: false }),
      come: () => this.come(window),
      reopen: () => {
        window.close();
        window.close = thread.open();
      },
      look: () => {
        for (const comment_id of ids) thread.comment(comment_id);
        thread.get();
        window.frame();
      },
    };
    const often = ["react", "react", "again", "reply"];
    void acts[random.pick([...often, ...Object.keys(acts)])]();
    if (random.below(60) === 0) this.saved = model.save();
    if (this.saved && random.below(150) === 0) {
      model.restore(this.saved);
      this.saved = undefined;
      this.restored = true;
    }
  }

  come(window) {
    const user = this.model.users.get(window.user_id);
    return user && !window.client.session.get().user && window.client.session.signIn(user, "secret");
  }

  post(window, text, parent) {
    if (!window.client.session.get().user) return;
    const { username } = window.client.session.get().user;
    const post = { text, username, result: null };
    this.posted.push(post);
    void window.thread.post(text, parent).then((result) => { post.result = result; });
  }

  async live() {
    const { random, model, clock } = this;
    for (let step = 0; step < STEPS; step += 1) {
      if (random.below(3) > 0) await this.act();
      for (let moves = random.below(14); moves > 0; moves -= 1) {
        model.step();
        // Each message is an event of its own: what waits for it runs before the next one.
        await settle();
      }
      if (random.below(4) === 0) await clock.pass(random.below(3_000));
      for (const window of this.windows) this.watch(window);
    }
  }

  /** What is held never becomes older, and nothing changes its place under the reader. */
  watch(window) {
    const { data, list } = window.thread;
    const before = window.seen;
    const revs = new Map([...data.entries].map(([id, { record, tally_rev }]) => [id, [record.rev, tally_rev]]));
    window.seen = { epoch: data.epoch, list, revs, rev: data.rev, top: [...window.thread.get().top] };
    if (before?.epoch !== data.epoch) return;
    assert.ok(data.rev >= before.rev, "the page's revision");
    for (const [id, [rev, tally_rev]] of revs) {
      const [rev_before, tally_rev_before] = before.revs.get(id) ?? [0, 0];
      if (before.list === list) assert.ok(rev >= rev_before && tally_rev >= tally_rev_before, `revisions of ${id}`);
    }
    const both = (ids, others) => ids.filter((id) => others.includes(id));
    if (before.list === list) assert.deepEqual(both(window.seen.top, before.top), both(before.top, window.seen.top), "the order of the top");
  }

  /** Everything that is under way comes to its end. */
  async quiet() {
    for (let round = 0; round < 200; round += 1) {
      await settle();
      let moved = 0;
      for (; this.model.step(); moved += 1) {
        assert.ok(moved < 5_000, "the server has no rest");
        await settle();
      }
      if (!moved && this.windows.every(atRest)) return;
      if (!moved) await this.clock.pass(25_000);
    }
    assert.fail("it does not come to rest");
  }

  /** Asks for something, and lets it be answered. */
  async done(asked) {
    let answer;
    void asked.then((result) => { answer = result; });
    for (let round = 0; round < 100 && !answer; round += 1) await this.quiet();
    assert.ok(answer?.ok, JSON.stringify(answer));
    return answer;
  }

  async check() {
    this.model.trouble = () => null;
    await this.clock.pass(30_000);
    for (const window of this.windows) {
      for (let tries = 0; tries < 20 && window.user_id && !window.client.session.get().user; tries += 1) {
        void this.come(window);
        for (let moves = 0; moves < 200 && this.model.step(); moves += 1) await settle();
        await this.clock.pass(2_500);
      }
    }
    await this.quiet();
    for (const window of this.windows) {
      const { thread } = window;
      thread.resume();
      await this.quiet();
      this.compareSeen(window);
      // By these, what is paged through while tallies move may be left out.
      const { sort } = thread.get();
      if (sort === "top" || sort === "controversial") await this.done(thread.setSort(sort));
      for (let lists = 0; thread.get().more; lists += 1) {
        assert.ok(lists < 1_000, "the list has no end");
        await this.done(thread.loadMore());
      }
      thread.showFresh();
      for (let held = -1; held !== thread.data.entries.size;) {
        held = thread.data.entries.size;
        for (const id of [...thread.data.entries.keys()]) await this.done(thread.loadReplies(id));
      }
      await this.quiet();
      this.compareSeen(window);
      this.compareAll(window);
    }
    if (!this.restored) this.checkPosted();
  }

  /** What is on the screen is as the server has it, without a list being read again. */
  compareSeen({ client, thread }) {
    const { model } = this;
    const page = model.page(PAGE);
    const user_id = client.session.get().user?.user_id ?? 0;
    const { rev, epoch, total, top, status, unsent } = thread.get();
    assert.deepEqual({ rev, epoch, total, status }, { rev: page.rev, epoch: model.epoch, total: model.total(page), status: "ready" });
    assert.deepEqual(unsent.filter(({ state }) => state !== "refused"), []);
    assert.equal(new Set(top).size, top.length);
    const walk = (ids, depth) => {
      for (const id of ids) {
        const row = page.comments.get(id);
        assert.ok(row, `${id} is shown`);
        const { mine, depth: seen_depth, reacting, refusal, own, may_edit, may_delete, may_reply, replies_missing, ...seen } = thread.comment(id);
        const { rev: row_rev, ...expected } = model.record(row);
        assert.deepEqual(seen, { ...expected, rev: seen.rev }, `comment ${id}`);
        assert.ok(seen.rev <= row_rev);
        assert.deepEqual({ mine, reacting, depth: seen_depth }, { mine: row.reactions.get(user_id) ?? null, reacting: false, depth }, `reader's part of ${id}`);
        assert.equal(own, !row.deleted && row.author === user_id);
        const held = thread.replies(id).filter((reply) => !page.comments.get(reply).deleted).length;
        if (expected.replies) assert.equal(replies_missing, expected.replies - held, `replies missing of ${id}`);
        walk(thread.replies(id), depth + 1);
      }
    };
    walk(top, 0);
  }

  /** Nothing is left out, and nothing too much, once all lists were read. */
  compareAll({ thread }) {
    const { model } = this;
    const page = model.page(PAGE);
    assert.equal(thread.get().fresh, 0);
    const walk = (parent, shown) => {
      const rows = model.rows(page, parent, "oldest");
      // A tombstone that has only tombstones under it: no record of a resume says that it is listed.
      const sure = rows.filter((row) => !row.deleted || model.record(row).replies > 0).map((row) => row.comment_id);
      const ids = [...shown].sort((a, b) => a - b);
      assert.deepEqual(ids.filter((id) => sure.includes(id)), sure, `under ${parent}`);
      for (const id of ids) {
        assert.ok(model.isListed(page.comments.get(id)), `${id} is shown`);
        assert.equal(thread.comment(id).replies_missing, 0, `replies missing of ${id}`);
        walk(id, thread.replies(id));
      }
    };
    walk(null, thread.get().top);
  }

  checkPosted() {
    const texts = [...this.model.page(PAGE).comments.values()].map(({ key }) => key);
    assert.equal(new Set(texts).size, texts.length, "every key is one comment");
    for (const { text, result } of this.posted) {
      assert.ok(result, `${text} was neither posted nor refused`);
      const { ok, comment_id, refusal } = result;
      if (ok) assert.equal(this.model.find(comment_id)?.edited ? text : this.model.find(comment_id)?.text, text);
      // Alice's other window may have sent it.
      else if (refusal.code === "cut") assert.ok([...this.model.page(PAGE).comments.values()].some((comment) => comment.text === text || comment.edited));
      else assert.match(refusal.code, /^(not_found|sign_in_first)$/);
    }
  }
}

/** @param {Window} window */
function atRest({ state, thread }) {
  const { refusal, unsent, loading_more } = thread.get();
  return state === "live" && !refusal && !loading_more && !thread.wishes.size && unsent.every((item) => item.state === "refused");
}

const only = process.env.OTKLIK_SEED;
const seeds = only ? [Number(only)] : Array.from({ length: SEEDS }, (_, seed) => seed);

test(`${seeds.length} random lives end in step with the server`, async () => {
  for (const seed of seeds) {
    try {
      const life = new Life(seed);
      await life.begin();
      await life.live();
      await life.check();
    } catch (error) {
      error.message = `OTKLIK_SEED=${seed}: ${error.message}`;
      throw error;
    }
  }
});
