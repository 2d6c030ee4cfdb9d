// The comment service on Socket.IO and `better-sqlite3`, a commit each: `server.js PORT DATABASE`. `database.js` is
// that of `node-ws`.
'use strict';

const http = require('node:http');

const { Server } = require('socket.io');
const { Database } = require('./database.js');

const [port, file] = process.argv.slice(2);
const database = new Database(file);

// The transport that the load speaks; a browser would begin with polling, which costs more.
const server = http.createServer();
const io = new Server(server, { transports: ['websocket'] });

function tell({ page, rev, comments, tallies, total }) {
  const viewers = io.sockets.adapter.rooms.get(page)?.size ?? 0;
  io.to(page).emit('update', { push: 'update', page, from: rev - 1, rev, comments, tallies, total, viewers });
}

io.on('connection', (socket) => {
  const on = (type_query, run) => socket.on(type_query, (query, acknowledge) => {
    const { answer, push } = run(query);
    acknowledge({ id: query.id, type_query, status: 'success', ...answer });
    if (push) tell(push);
  });

  on('signUp', ({ username }) => {
    socket.data.user = { id: database.signUp(username), name: username };
    return { answer: { user_id: socket.data.user.id } };
  });

  on('subscribe', ({ page }) => {
    socket.join(page);
    return { answer: { page, rev: database.rev(page) } };
  });

  on('postComment', ({ page, comment }) => {
    const { record, total } = database.post(page, socket.data.user, comment);
    const push = { page, rev: record.rev, comments: [record], tallies: [], total };
    return { answer: { comment: record, rev: record.rev }, push };
  });

  on('react', ({ comment_id, reaction }) => {
    const { page, tally, total } = database.react(comment_id, socket.data.user.id, reaction);
    const [, like, dislike, rev] = tally;
    const push = { page, rev, comments: [], tallies: [tally], total };
    return { answer: { comment_id, like, dislike, reaction, rev }, push };
  });
});

server.listen(Number(port), '127.0.0.1');
