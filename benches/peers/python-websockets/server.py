"""The comment service on `websockets` and `sqlite3`, a commit each: `server.py PORT DATABASE`."""

import asyncio
import json
import sqlite3
import sys
from datetime import datetime, timezone

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

SCHEMA = """
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
"""


class Database:
    """One connection, used from the event loop: every write is a transaction of its own."""

    def __init__(self, file: str) -> None:
        self.connection = sqlite3.connect(file, isolation_level=None)
        for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
            self.connection.execute(f"pragma {pragma}")
        self.connection.executescript(SCHEMA)

    def sign_up(self, username: str) -> int:
        cursor = self.connection.execute("insert into user (username) values (?)", (username,))
        return cursor.lastrowid

    def rev(self, page: str) -> int:
        row = self.connection.execute("select rev from page where page = ?", (page,)).fetchone()
        return row[0] if row else 0

    def post(self, page: str, user: tuple[int, str], text: str) -> tuple[dict, int]:
        user_id, username = user
        date = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        run = self.connection.execute
        run("begin immediate")
        rev, total = run(
            "insert into page values (?, 1, 1)"
            " on conflict do update set rev = rev + 1, total = total + 1 returning rev, total",
            (page,),
        ).fetchone()
        comment_id = run(
            "insert into comment (page, user_id, comment, date, rev) values (?, ?, ?, ?, ?)",
            (page, user_id, text, date, rev),
        ).lastrowid
        run("commit")
        record = {
            "comment_id": comment_id, "parent": None, "user_id": user_id, "username": username,
            "img": f"/img/{username}.svg", "comment": text, "like": 0, "dislike": 0, "date": date,
            "edited": None, "state": "shown", "replies": 0, "rev": rev,
        }  # fmt: skip
        return record, total

    def react(self, comment_id: int, user_id: int, reaction: str) -> tuple[str, list[int], int]:
        run = self.connection.execute
        run("begin immediate")
        row = run(
            "select liked from reaction where comment_id = ? and user_id = ?", (comment_id, user_id)
        ).fetchone()
        before = {None: "none", (1,): "like", (0,): "dislike"}[row]
        if reaction == "none":
            run("delete from reaction where comment_id = ? and user_id = ?", (comment_id, user_id))
        else:
            run(
                "insert into reaction values (?, ?, ?) on conflict do update set liked = excluded.liked",
                (comment_id, user_id, reaction == "like"),
            )
        page, rev, total = run(
            "update page set rev = rev + 1 where page = (select page from comment where comment_id = ?)"
            " returning page, rev, total",
            (comment_id,),
        ).fetchone()
        like, dislike = run(
            "update comment set like = like + ?, dislike = dislike + ?, rev = ? where comment_id = ?"
            " returning like, dislike",
            (
                (reaction == "like") - (before == "like"),
                (reaction == "dislike") - (before == "dislike"),
                rev,
                comment_id,
            ),
        ).fetchone()
        run("commit")
        return page, [comment_id, like, dislike, rev], total


class Service:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.subscribers: dict[str, set[ServerConnection]] = {}

    async def session(self, socket: ServerConnection) -> None:
        user = (0, "")
        try:
            async for message in socket:
                query = json.loads(message)
                answer, user, tell = self.run(socket, query, user)
                head = {"id": query["id"], "type_query": query["type_query"], "status": "success"}
                await socket.send(json.dumps(head | answer, separators=(",", ":")))
                if tell:
                    self.tell(*tell)
        except ConnectionClosed:
            pass
        finally:
            for listeners in self.subscribers.values():
                listeners.discard(socket)

    def run(self, socket: ServerConnection, query: dict, user: tuple[int, str]) -> tuple:
        """Gives the answer, who the session is, and what to tell."""
        match query["type_query"]:
            case "signUp":
                user = (self.database.sign_up(query["username"]), query["username"])
                return {"user_id": user[0]}, user, None
            case "subscribe":
                self.subscribers.setdefault(query["page"], set()).add(socket)
                return {"page": query["page"], "rev": self.database.rev(query["page"])}, user, None
            case "postComment":
                record, total = self.database.post(query["page"], user, query["comment"])
                tell = (query["page"], record["rev"], [record], [], total)
                return {"comment": record, "rev": record["rev"]}, user, tell
            case "react":
                page, tally, total = self.database.react(query["comment_id"], user[0], query["reaction"])
                comment_id, like, dislike, rev = tally
                answer = {"comment_id": comment_id, "like": like, "dislike": dislike}
                answer |= {"reaction": query["reaction"], "rev": rev}
                return answer, user, (page, rev, [], [tally], total)
        raise ValueError(query["type_query"])

    def tell(self, page: str, rev: int, comments: list, tallies: list, total: int) -> None:
        listeners = self.subscribers.get(page, set())
        push = {
            "push": "update", "page": page, "from": rev - 1, "rev": rev, "comments": comments,
            "tallies": tallies, "total": total, "viewers": len(listeners),
        }  # fmt: skip
        broadcast(listeners, json.dumps(push, separators=(",", ":")))


async def main(port: int, file: str) -> None:
    service = Service(Database(file))
    async with serve(service.session, "127.0.0.1", port) as server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
