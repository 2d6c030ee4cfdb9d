// The comment service on `ws` and `better-sqlite3`, a commit each: `server.js PORT DATABASE`.
'use strict';

const { WebSocketServer } = require('ws');
const { Database } = require('./database.js');

const [port, file] = process.argv.slice(2);
const database = new Database(file);
const subscribers = new Map();

function run(socket, query) {
  switch (query.type_query) {
    case 'signUp':
      socket.user = { id: database.signUp(query.username), name: query.username };
      return { answer: { user_id: socket.user.id } };
    case 'subscribe': {
      if (!subscribers.has(query.page)) subscribers.set(query.page, new Set());
      subscribers.get(query.page).add(socket);
      return { answer: { page: query.page, rev: database.rev(query.page) } };
    }
    case 'postComment': {
      const { record, total } = database.post(query.page, socket.user, query.comment);
      const push = { page: query.page, rev: record.rev, comments: [record], tallies: [], total };
      return { answer: { comment: record, rev: record.rev }, push };
    }
    case 'react': {
      const { page, tally, total } = database.react(query.comment_id, socket.user.id, query.reaction);
      const [comment_id, like, dislike, rev] = tally;
      const push = { page, rev, comments: [], tallies: [tally], total };
      return { answer: { comment_id, like, dislike, reaction: query.reaction, rev }, push };
    }
    default:
      throw new Error(query.type_query);
  }
}

function tell({ page, rev, comments, tallies, total }) {
  const listeners = subscribers.get(page) ?? new Set();
  const text = JSON.stringify(
    { push: 'update', page, from: rev - 1, rev, comments, tallies, total, viewers: listeners.size });
  for (const socket of listeners) {
    if (socket.readyState === socket.OPEN) socket.send(text);
  }
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port) });
server.on('connection', (socket) => {
  socket.on('message', (message) => {
    const query = JSON.parse(message);
    const { answer, push } = run(socket, query);
    socket.send(JSON.stringify({ id: query.id, type_query: query.type_query, status: 'success', ...answer }));
    if (push) tell(push);
  });
  socket.on('close', () => subscribers.forEach((listeners) => listeners.delete(socket)));
  socket.on('error', () => {});
});
