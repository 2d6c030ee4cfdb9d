// The service's data on better-sqlite3: every write is a transaction of its own, durable when it returns.
// `node-ws` and `socket-io` have the same file.
'use strict';

const Sqlite = require('better-sqlite3');

const SCHEMA = `
  create table if not exists user (user_id integer primary key, username text not null unique);
  create table if not exists page (page text primary key, rev integer not null, total integer not null);
  create table if not exists comment (
    comment_id integer primary key,
    page text not null,
    user_id integer not null references user,
    comment text not null,
    date text not null,
    like integer not null default 0,
    dislike integer not null default 0,
    rev integer not null
  );
  create table if not exists reaction (
    comment_id integer not null references comment,
    user_id integer not null references user,
    liked integer not null,
    primary key (comment_id, user_id)
  ) without rowid;
`;

class Database {
  constructor(file) {
    const db = new Sqlite(file);
    for (const pragma of ['journal_mode = wal', 'synchronous = full', 'foreign_keys = on']) db.pragma(pragma);
    db.exec(SCHEMA);
    this.insertUser = db.prepare('insert into user (username) values (?)');
    this.findPage = db.prepare('select rev from page where page = ?');
    this.stampPost = db.prepare(`insert into page values (?, 1, 1)
      on conflict do update set rev = rev + 1, total = total + 1 returning rev, total`);
    this.insertComment = db.prepare(
      'insert into comment (page, user_id, comment, date, rev) values (?, ?, ?, ?, ?)');
    this.findReaction = db.prepare('select liked from reaction where comment_id = ? and user_id = ?').pluck();
    this.deleteReaction = db.prepare('delete from reaction where comment_id = ? and user_id = ?');
    this.setReaction = db.prepare(`insert into reaction values (?, ?, ?)
      on conflict do update set liked = excluded.liked`);
    this.stampReaction = db.prepare(`update page set rev = rev + 1
      where page = (select page from comment where comment_id = ?) returning page, rev, total`);
    this.stampTally = db.prepare(`update comment set like = like + ?, dislike = dislike + ?, rev = ?
      where comment_id = ? returning like, dislike`);
    this.post = db.transaction((...args) => this.doPost(...args)).immediate;
    this.react = db.transaction((...args) => this.doReact(...args)).immediate;
  }

  signUp(username) {
    return Number(this.insertUser.run(username).lastInsertRowid);
  }

  rev(page) {
    return this.findPage.get(page)?.rev ?? 0;
  }

  doPost(page, user, text) {
    const date = new Date().toISOString();
    const { rev, total } = this.stampPost.get(page);
    const comment_id = Number(this.insertComment.run(page, user.id, text, date, rev).lastInsertRowid);
    const record = {
      comment_id, parent: null, user_id: user.id, username: user.name, img: `/img/${user.name}.svg`, comment: text,
      like: 0, dislike: 0, date, edited: null, state: 'shown', replies: 0, rev,
    };
    return { record, total };
  }

  doReact(comment_id, user_id, reaction) {
    const before = { 1: 'like', 0: 'dislike' }[this.findReaction.get(comment_id, user_id)] ?? 'none';
    if (reaction === 'none') this.deleteReaction.run(comment_id, user_id);
    else this.setReaction.run(comment_id, user_id, Number(reaction === 'like'));
    const { page, rev, total } = this.stampReaction.get(comment_id);
    const change = (of) => Number(reaction === of) - Number(before === of);
    const { like, dislike } = this.stampTally.get(change('like'), change('dislike'), rev, comment_id);
    return { page, tally: [comment_id, like, dislike, rev], total };
  }
}

module.exports = { Database };
