//! Peers that vanish without a word: their sessions end, what they held is given back, and nobody else notices.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::rt::net::{TcpListener, TcpStream};
use actix_web::rt::{spawn, time::sleep};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::sync::watch;

use crate::site::{Client, Process, Raw, frame, skip, within};

const SILENCE: Duration = Duration::from_secs(3);
const LIMITS: &str = "limits.ping_s = 1\nlimits.silence_s = 3";
const SUBSCRIBE: &[u8] = br#"{"type_query":"subscribe","page":"/a"}"#;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;

/// Answers pings for ever.
async fn answer_pings(mut raw: Raw) {
    loop {
        let heard = raw.frame().await.expect("the line lives while pings are answered");
        if heard.head == PING {
            raw.write(&frame(PONG, &heard.payload)).await;
        }
    }
}

/// Somebody who follows the page and sees how many do.
struct Watcher(Client);

impl Watcher {
    async fn new(process: &Process) -> Self {
        let mut client = process.guest("watcher").await;
        client.subscribe("/a").await;
        Self(client)
    }

    /// Another one came, and is still there after more time than silence is borne for.
    async fn sees_it_stay(&mut self) {
        self.sees(2).await;
        for _ in 0..30 {
            sleep(SILENCE / 20).await;
            self.0.does(json!({"type_query": "ping"})).await;
        }
        assert_eq!(self.0.subscribe("/a").await["viewers"], 2, "who answers pings stays");
    }

    async fn sees(&mut self, viewers: u32) {
        self.0.hears(|push| *push == json!({"push": "viewers", "page": "/a", "viewers": viewers})).await;
    }

    /// The other is gone, with the file it held; the rest goes on.
    async fn sees_it_go(&mut self, process: &Process, files: usize) {
        self.sees(1).await;
        within("its socket is given back", async {
            while process.open_files() > files {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        self.0.does(json!({"type_query": "ping"})).await;
    }
}

/// A line to the service that can go dead: nothing passes any more, either way, and neither end is told.
async fn line(to: SocketAddr) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (dead, mut is_dead) = watch::channel(false);
    spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(to).await.unwrap();
        tokio::select! {
            _ = copy_bidirectional(&mut near, &mut far) => {}
            _ = is_dead.wait_for(|dead| *dead) => std::future::pending().await,
        }
    });
    (address, dead)
}

#[actix_web::test]
async fn who_is_behind_a_dead_line_is_gone() {
    let process = Process::start(LIMITS).await;
    let mut watcher = Watcher::new(&process).await;
    let files = process.open_files();
    let (address, dead) = line(process.address).await;
    let mut peer = Raw::open(address).await;
    peer.write(&frame(0x81, SUBSCRIBE)).await;
    let peer = spawn(answer_pings(peer));
    watcher.sees_it_stay().await;
    dead.send(true).unwrap();
    watcher.sees_it_go(&process, files).await;
    peer.abort();
}

/// A client that is a process: it follows the page and sends pongs, asked or not.
struct Peer(Child);

impl Peer {
    const SCRIPT: &str = r#"
        exec 3<>"/dev/tcp/$1/$2"
        printf 'GET / HTTP/1.1\r\nHost: peer\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' >&3
        printf 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n' >&3
        printf "$3" >&3
        cat <&3 >/dev/null &
        while printf '\x8a\x80\1\2\3\4' >&3; do sleep 0.2; done
    "#;

    /// Starts one, by way of another command where that is needed to come to where it lives.
    fn start(by: &[&str], to: SocketAddr) -> Self {
        let subscribe: Vec<_> = frame(0x81, SUBSCRIBE).iter().map(|byte| format!("\\x{byte:02x}")).collect();
        let subscribe = subscribe.concat();
        let (ip, port) = (to.ip().to_string(), to.port().to_string());
        let all = [by, &["bash", "-c", Self::SCRIPT, "peer", &ip, &port, &subscribe]].concat();
        let mut command = Command::new(all[0]);
        let command = command.args(&all[1..]).process_group(0).stdin(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("there is a bash"))
    }

    fn signal(&self, signal: Signal) {
        let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).expect("a process");
        kill_process_group(group, signal).expect("it is told");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        drop(self.0.wait());
    }
}

#[actix_web::test]
async fn who_stands_still_is_gone() {
    let process = Process::start(LIMITS).await;
    let mut watcher = Watcher::new(&process).await;
    let files = process.open_files();
    let peer = Peer::start(&[], process.address);
    watcher.sees_it_stay().await;
    peer.signal(Signal::STOP);
    watcher.sees_it_go(&process, files).await;
}

/// A machine of its own, at the other end of a cable.
struct Machine {
    name: String,
}

impl Machine {
    /// Addresses that are set aside for trying out networks (RFC 2544).
    const HERE: &str = "198.18.77.1";
    const THERE: &str = "198.18.77.2";

    /// Makes one; where that is not allowed, gives the reason.
    fn make() -> Result<Self, String> {
        let name = format!("otk{}", std::process::id());
        ip(&["netns", "add", &name])?;
        let machine = Self { name };
        let (name, cable) = (&machine.name, format!("{}c", machine.name));
        ip(&["link", "add", &cable, "type", "veth", "peer", "name", "cable", "netns", name])?;
        ip(&["addr", "add", &format!("{}/30", Self::HERE), "dev", &cable])?;
        ip(&["link", "set", &cable, "up"])?;
        ip(&["-n", name, "addr", "add", &format!("{}/30", Self::THERE), "dev", "cable"])?;
        ip(&["-n", name, "link", "set", "cable", "up"])?;
        Ok(machine)
    }

    fn pull_the_cable(&self) {
        ip(&["-n", &self.name, "link", "set", "cable", "down"]).expect("it is pulled");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Whatever is left of it; the cable goes with it.
        drop(ip(&["link", "del", &format!("{}c", self.name)]));
        drop(ip(&["netns", "del", &self.name]));
    }
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    let done = Command::new("ip").args(arguments).output().map_err(|error| format!("ip: {error}"))?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()) }
}

#[actix_web::test]
async fn whose_cable_is_pulled_is_gone() {
    let machine = match Machine::make() {
        Ok(machine) => machine,
        Err(reason) => return skip("whose_cable_is_pulled_is_gone", &reason),
    };
    let bind = format!("server.bind = \"{}:0\"\n{LIMITS}", Machine::HERE);
    let process = Process::start(&bind).await;
    let mut watcher = Watcher::new(&process).await;
    let files = process.open_files();
    let _peer = Peer::start(&["ip", "netns", "exec", &machine.name], process.address);
    // That such a peer stays as long as it can be heard, the test above shows.
    watcher.sees(2).await;
    machine.pull_the_cable();
    watcher.sees_it_go(&process, files).await;
}
