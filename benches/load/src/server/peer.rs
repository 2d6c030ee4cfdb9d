//! Who is measured.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::client::{Dialect, PLAIN};

/// A server, and how it is spoken to.
#[derive(Clone, Copy)]
pub struct Peer {
    /// As the tables name it, and its folder under `benches/peers`.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// How it is spoken to.
    pub dialect: &'static dyn Dialect,
    /// What must be there for it to run, from the project's folder on.
    pub needs: &'static str,
    /// Its command line.
    pub command: fn(&Place) -> Vec<OsString>,
}

/// Where one server runs.
#[derive(Debug)]
pub struct Place {
    /// The project's folder.
    pub root: PathBuf,
    /// The port to listen on, on 127.0.0.1.
    pub port: u16,
    /// A folder of its own.
    pub folder: PathBuf,
}

impl Place {
    /// Its database file.
    pub fn database(&self) -> PathBuf {
        self.folder.join("bench.db")
    }

    fn program(&self, program: &str, script: &str) -> Vec<OsString> {
        let installed =
            |path: &str| if path.contains('/') { self.root.join(path) } else { Path::new(path).into() };
        let database = self.database();
        vec![
            installed(program).into(),
            installed(script).into(),
            self.port.to_string().into(),
            database.into(),
        ]
    }
}

/// All of them.
pub const ALL: &[Peer] = &[OTKLIK, BARE, PYTHON, NODE_WS, SOCKET_IO, SOCKUDO, ISSO];

/// The service itself, as it is released.
pub const OTKLIK: Peer = Peer {
    name: "otklik",
    what: "this",
    dialect: PLAIN,
    needs: "target/release/otklik",
    command: |place| {
        let config = place.folder.join("config.toml").into();
        vec![place.root.join(OTKLIK.needs).into(), "serve".into(), "--config".into(), config]
    },
};

/// The floor: one `send` of a ready frame to each socket, and nothing else.
pub const BARE: Peer = Peer {
    name: "floor",
    what: "bare sockets: one send of a ready frame to each, nothing durable",
    dialect: PLAIN,
    needs: "",
    command: |place| {
        let this = std::env::current_exe().unwrap_or_default();
        vec![this.into(), "floor".into(), place.port.to_string().into()]
    },
};

/// The stack that the service replaced.
pub const PYTHON: Peer = Peer {
    name: "python-websockets",
    what: "Python, websockets + sqlite3, a commit each",
    dialect: PLAIN,
    needs: "target/bench/peers/python-websockets/venv/bin/python",
    command: |place| place.program(PYTHON.needs, "benches/peers/python-websockets/server.py"),
};

/// The leanest of the usual ones.
pub const NODE_WS: Peer = Peer {
    name: "node-ws",
    what: "Node, ws + better-sqlite3, a commit each",
    dialect: PLAIN,
    needs: "target/bench/peers/node-ws/node_modules/better-sqlite3/build/Release/better_sqlite3.node",
    command: |place| place.program("node", "target/bench/peers/node-ws/server.js"),
};

/// The most used of them.
pub const SOCKET_IO: Peer = Peer {
    name: "socket-io",
    what: "Node, Socket.IO + better-sqlite3, a commit each",
    dialect: crate::client::SOCKET_IO,
    needs: "target/bench/peers/socket-io/node_modules/better-sqlite3/build/Release/better_sqlite3.node",
    command: |place| place.program("node", "target/bench/peers/socket-io/server.js"),
};

/// A comment server of the same kind, without a socket: for reading pages.
pub const ISSO: Peer = Peer {
    name: "isso",
    what: "Isso, a comment server in Python",
    dialect: PLAIN,
    needs: "target/bench/peers/isso/venv/bin/isso",
    command: |place| {
        let config = place.folder.join("isso.cfg").into();
        vec![place.root.join(ISSO.needs).into(), "-c".into(), config, "run".into()]
    },
};

/// A server of the Pusher protocol in Rust: it passes on and keeps nothing.
pub const SOCKUDO: Peer = Peer {
    name: "sockudo",
    what: "Sockudo, client events on a private channel: nothing is written, nothing is answered",
    dialect: crate::client::PUSHER,
    needs: "target/bench/peers/sockudo/bin/sockudo",
    command: |place| {
        let config = place.folder.join("sockudo.json").into();
        vec![place.root.join(SOCKUDO.needs).into(), "--config".into(), config]
    },
};
