//! Every key, once: its meaning, type, default and bounds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use super::choice::{Checkpoint, LogFormat, SignUp};
use super::network::Network;
use super::origin::{AllowedOrigin, Origin};
use super::value::{Given, Key, Misfit, Setting};

/// A key's bounds; a type that is checked by its own form needs none.
macro_rules! bounds {
    () => {
        ()
    };
    ($bounds:expr) => {
        $bounds
    };
}

/// Declares a section from the listing of its keys: the struct, its defaults, and how each key is set.
macro_rules! section {
    ($(#[$doc:meta])* $section:ident {
        $($(#[$key_doc:meta])* $key:ident: $type:ty = $default:expr $(, $bounds:expr)?;)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $section {
            $(
                $(#[$key_doc])*
                $(#[doc = concat!("\n\nBounds: `", stringify!($bounds), "`.")])?
                pub $key: $type,
            )+
        }

        impl Default for $section {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        impl $section {
            pub(super) const KEYS: &'static [Key<Self>] = &[$(Key {
                name: stringify!($key),
                takes: || <$type as Setting>::takes(&bounds!($($bounds)?)),
                set: |section, given| Setting::read(given, &bounds!($($bounds)?)).map(|value| section.$key = value),
                show: |section| section.$key.show(),
                copy: |section, other| section.$key.clone_from(&other.$key),
            },)+];
        }
    };
}

section! {
    /// `[server]`: where it listens, and whom it believes.
    Server {
        /// Address and port to listen on; port 0 picks a free one.
        bind: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5678);
        /// Worker threads; 0: one a core.
        workers: usize = 0, 0..=1_024;
        /// The address people use, where it is not the bound one.
        public_url: Option<Origin> = None;
        /// Origins whose pages may connect, besides the server's own and, on a loopback bind, loopback ones.
        allowed_origins: Vec<AllowedOrigin> = Vec::new();
        /// Peers whose `X-Forwarded-For` is believed.
        trusted_proxies: Vec<Network> = Vec::new();
        /// The PEM file of the certificate and those that vouch for it: https and wss. In a file it is relative to the
        /// file's folder, as the key is.
        tls_certificate: Option<PathBuf> = None;
        /// The PEM file of the certificate's private key.
        tls_key: Option<PathBuf> = None;
        /// The longest graceful stop, in seconds.
        drain_s: u32 = 10, 0..=3_600;
    }
}

section! {
    /// `[database]`: the file, and what waits for it.
    Database {
        /// The `SQLite` file. In a file it is relative to the file's folder.
        path: PathBuf = PathBuf::from("otklik.db");
        /// Who moves what is in the write-ahead log into the file.
        checkpoint: Checkpoint = Checkpoint::Own;
        /// Connections that read.
        readers: usize = 4, 1..=64;
        /// Writes that wait before one is answered `busy`.
        write_queue_max: usize = 10_000, 1..=1_000_000;
        /// Reads that wait before one is answered `busy`.
        read_queue_max: usize = 10_000, 1..=1_000_000;
    }
}

section! {
    /// `[auth]`: accounts, passwords and tokens.
    Auth {
        /// Who may register.
        sign_up: SignUp = SignUp::Open;
        /// bcrypt's cost: each step doubles the time of a sign-in.
        bcrypt_cost: u32 = 12, 4..=31;
        /// The shortest password, in characters.
        password_chars_min: usize = 10, 1..=256;
        /// Threads that work on passwords.
        bcrypt_threads: usize = 1, 1..=64;
        /// Passwords that wait before one is answered `busy`.
        bcrypt_queue_max: usize = 32, 1..=10_000;
        /// Days that a token lives.
        token_days: u32 = 30, 1..=3_650;
    }
}

section! {
    /// `[limits]`: how much of everything. For a rate or count 0 means no limit.
    Limits {
        /// Connections in all.
        connections_max: usize = 100_000, 0..=10_000_000;
        /// Connections of one address (IPv6: a /64).
        connections_per_address_max: usize = 100, 0..=10_000_000;
        /// The longest message of a client, in bytes.
        message_bytes_max: usize = 65_536, 1_024..=1_048_576;
        /// Queries a second of one session.
        queries_per_s: u32 = 20, 0..=1_000_000;
        /// Queries of one session at once.
        queries_burst: u32 = 60, 0..=1_000_000;
        /// Comments a minute of one user, as many at once.
        posts_per_min: u32 = 10, 0..=1_000_000;
        /// Reactions a minute of one user, as many at once.
        reactions_per_min: u32 = 120, 0..=1_000_000;
        /// Sign-ins a minute from one address (IPv6: a /64), as many at once.
        sign_ins_per_min: u32 = 10, 0..=1_000_000;
        /// Sign-ups an hour from one address (IPv6: a /64), as many at once.
        sign_ups_per_hour: u32 = 10, 0..=1_000_000;
        /// Reads over plain HTTP a minute from one address (IPv6: a /64), as many at once.
        http_reads_per_min: u32 = 1_200, 0..=1_000_000;
        /// Failed sign-ins a day for one name; 0: no delays either.
        sign_in_failures_per_day: u32 = 100, 0..=1_000_000;
        /// WebSocket fragments of one message.
        fragments_max: usize = 64, 0..=1_000_000;
        /// Queries of one session that are not answered yet.
        in_flight_max: usize = 8, 0..=1_024;
        /// Bad queries a minute of one session before it is closed.
        bad_queries_per_min: u32 = 60, 0..=1_000_000;
        /// The longest answer or push, in bytes; at least twice `comment_bytes_max` and 4,096 more.
        answer_bytes_max: usize = 131_072, 16_384..=1_048_576;
        /// Bytes that wait for one session's peer to read.
        out_queue_bytes: usize = 262_144, 16_384..=16_777_216;
        /// Handshakes a second, over all addresses, a second's worth at once; more wait for their turn.
        handshakes_per_s: u32 = 2_000, 0..=1_000_000;
        /// Seconds that a handshake may take.
        handshake_s: u32 = 5, 1..=3_600;
        /// Seconds between pings.
        ping_s: u32 = 25, 1..=3_600;
        /// Seconds of silence after which a peer is gone; more than `ping_s`.
        silence_s: u32 = 60, 1..=3_600;
        /// The longest comment, in bytes.
        comment_bytes_max: usize = 10_000, 1..=522_240;
        /// How deep replies go: a top-level comment has depth 0.
        reply_depth_max: u32 = 20, 0..=1_000;
        /// Pages that one session follows.
        subscriptions_max: usize = 32, 0..=10_000;
        /// Comments that a session is caught up by, before it has to start afresh.
        resume_comments_max: usize = 500, 0..=100_000;
        /// Seconds after which a peer that takes nothing is cut.
        write_stall_s: u32 = 30, 1..=3_600;
    }
}

section! {
    /// `[comments]`: what becomes of a comment.
    Comments {
        /// Seconds after posting in which an author may edit; 0: never.
        edit_window_s: u32 = 900, 0..=315_360_000;
        /// Days that the place of a deleted comment is kept after its last reply went.
        tombstone_days: u32 = 30, 0..=3_650;
        /// Days that the text of a deleted comment is kept for the operator; 0: it is erased at once.
        erase_after_days: u32 = 0, 0..=3_650;
    }
}

section! {
    /// `[backup]`: copies of the database that are taken by themselves.
    Backup {
        /// Hours from one to the next, over restarts; 0: none are taken.
        every_h: u32 = 0, 0..=8_760;
        /// The newest so many are kept, older ones removed.
        keep: usize = 7, 1..=10_000;
        /// Where they go. In a file it is relative to the file's folder.
        folder: PathBuf = PathBuf::from("backups");
    }
}

section! {
    /// `[feed]`: how changes of a page are gathered.
    Feed {
        /// Milliseconds that changes of a page with few viewers are gathered for.
        flush_min_ms: u32 = 25, 0..=60_000;
        /// Milliseconds that changes are gathered for at most; at least `flush_min_ms`.
        flush_max_ms: u32 = 2_000, 0..=60_000;
        /// Pushes a second that one core shall send at most.
        writes_per_s_max: u32 = 40_000, 100..=10_000_000;
    }
}

section! {
    /// `[metrics]`: who may look at the service.
    Metrics {
        /// Networks whose requests may read `/metrics`, and watch `/status` without signing in.
        allowed: Vec<Network> = loopback();
    }
}

/// This machine.
fn loopback() -> Vec<Network> {
    vec![
        Network { address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), prefix: 8 },
        Network { address: IpAddr::V6(Ipv6Addr::LOCALHOST), prefix: 128 },
    ]
}

section! {
    /// `[log]`: what is told to the operator.
    Log {
        /// Levels by module, as `env_logger` reads them.
        filter: String = "info".to_owned();
        /// The form of a line.
        format: LogFormat = LogFormat::Text;
        /// Milliseconds that a read or a batch of writes may take before it is told; 0: never.
        slow_query_ms: u32 = 250, 0..=3_600_000;
    }
}

/// One section: its name and its keys.
pub(super) struct Section {
    pub(super) name: &'static str,
    /// Each key with what it takes.
    pub(super) keys: fn() -> Vec<(&'static str, String)>,
    /// Sets a key; one that is not in the section changes nothing.
    pub(super) set: fn(&mut Config, &str, &Given<'_>) -> Result<(), Misfit>,
    /// A key's value as it would be written in the file.
    pub(super) show: fn(&Config, &str) -> String,
    /// Takes a key's value over from the other config.
    pub(super) copy: fn(&mut Config, &Config, &str),
}

/// Declares the sections.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident: $section:ident;)+) => {
        /// Everything that an operator can choose; every value is within its bounds.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct Config { $($(#[$doc])* pub $name: $section,)+ }

        impl Config {
            pub(super) const SECTIONS: &'static [Section] = &[$(Section {
                name: stringify!($name),
                keys: || $section::KEYS.iter().map(|key| (key.name, (key.takes)())).collect(),
                set: |config, name, given| match $section::KEYS.iter().find(|key| key.name == name) {
                    Some(key) => (key.set)(&mut config.$name, given),
                    None => Ok(()),
                },
                show: |config, name| {
                    let key = $section::KEYS.iter().find(|key| key.name == name);
                    key.map(|key| (key.show)(&config.$name)).unwrap_or_default()
                },
                copy: |config, other, name| {
                    if let Some(key) = $section::KEYS.iter().find(|key| key.name == name) {
                        (key.copy)(&mut config.$name, &other.$name);
                    }
                },
            },)+];
        }
    };
}

sections! {
    /// Where it listens, and whom it believes.
    server: Server;
    /// The file, and what waits for it.
    database: Database;
    /// Accounts, passwords and tokens.
    auth: Auth;
    /// How much of everything.
    limits: Limits;
    /// What becomes of a comment.
    comments: Comments;
    /// Copies of the database that are taken by themselves.
    backup: Backup;
    /// How changes of a page are gathered.
    feed: Feed;
    /// Who may look at the service.
    metrics: Metrics;
    /// What is told to the operator.
    log: Log;
}
