//! What systemd is told, what it hands over, and its unit files.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::time::sleep;
use futures_util::future::join_all;

use crate::site::{DEADLINE, Process, Raw, request, skip, upgrade_headers, within};

/// A supervisor's end of the line: it hears what it is told, a message at a time.
struct Ear(UnixDatagram);

impl Ear {
    /// Listens at a path.
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(socket)
    }

    /// The next message that has a line like this; those before it are forgotten.
    fn hears(&self, wanted: &str) -> String {
        let mut seen = Vec::new();
        loop {
            let mut bytes = [0; 4_096];
            let heard = self.0.recv(&mut bytes);
            let length = heard.unwrap_or_else(|error| panic!("not told: {wanted}: {error}; told: {seen:#?}"));
            let message = String::from_utf8(bytes[..length].to_vec()).unwrap();
            if message.lines().any(|line| line == wanted) {
                return message;
            }
            seen.push(message);
        }
    }
}

/// The binary under a supervisor, with more variables.
async fn supervised(more: &str, variables: &[(&str, &str)]) -> (Process, Ear) {
    let mut ear = None;
    let process = Process::start_with(more, |folder| {
        let path = folder.join("notify");
        ear = Some(Ear::at(&path));
        let notify = ("NOTIFY_SOCKET", path.to_str().unwrap());
        let all = variables.iter().chain([&notify]);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    })
    .await;
    (process, ear.unwrap())
}

#[actix_web::test]
async fn the_supervisor_is_told_of_every_turn() {
    let (mut process, ear) = supervised("server.drain_s = 100", &[]).await;
    let ready = ear.hears("READY=1");
    assert!(ready.contains(&format!("STATUS=listening on {}, 0 session(s)", process.address)), "{ready}");
    process.guest("alice").await.close().await;
    process.signal(rustix::process::Signal::HUP);
    ear.hears("RELOADING=1");
    ear.hears("READY=1");
    process.ask_to_stop();
    let stopping = ear.hears("STOPPING=1");
    // As long as the drain may take, and some more.
    assert!(stopping.lines().any(|line| line == "EXTEND_TIMEOUT_USEC=130000000"), "{stopping}");
    assert_eq!(process.exit_code().await, Some(0));
}

#[actix_web::test]
async fn the_watchdog_is_told_for_as_long_as_it_runs() {
    let (mut process, ear) = supervised("", &[("WATCHDOG_USEC", "300000")]).await;
    ear.hears("READY=1");
    for _ in 0..3 {
        ear.hears("WATCHDOG=1");
    }
    assert_eq!(process.terminate().await, Some(0));
}

#[actix_web::test]
async fn what_is_meant_for_another_process_is_not_taken() {
    // Process 1 is somebody else's.
    let variables =
        [("WATCHDOG_PID", "1"), ("WATCHDOG_USEC", "300000"), ("LISTEN_PID", "1"), ("LISTEN_FDS", "1")];
    let (mut process, ear) = supervised("", &variables).await;
    ear.hears("READY=1");
    process.ask_to_stop();
    assert!(!ear.hears("STOPPING=1").contains("WATCHDOG"));
    assert_eq!(process.exit_code().await, Some(0));
}

#[actix_web::test]
async fn what_was_handed_over_must_be_a_socket_that_listens() {
    let mut process = Process::start("").await;
    assert_eq!(process.terminate().await, Some(0));
    process.hand_over(std::fs::File::open("/dev/null").unwrap().into());
    assert!(!process.starts().await);
    assert_eq!(process.exit_code().await, Some(1));
    let told = process.log().iter().any(|line| line.contains("LISTEN_FDS"));
    assert!(told, "{:#?}", process.log());
}

/// What a new connection is answered, once it is.
async fn asks(address: SocketAddr) -> String {
    let mut raw = Raw::connect(address).await;
    raw.write(request("/", &upgrade_headers()).as_bytes()).await;
    raw.head().await.lines().next().unwrap_or_default().to_owned()
}

/// Asks again and again until it is told to stop; gives what was not answered as it should be, and how often it asked.
async fn knocks(address: SocketAddr, stop: Rc<Cell<bool>>) -> (Vec<String>, usize) {
    let (mut odd, mut count) = (Vec::new(), 0);
    while !stop.get() {
        let mut raw = Raw::connect(address).await;
        raw.write(request("/healthz", &["Connection: close".to_owned()]).as_bytes()).await;
        let answer = String::from_utf8(raw.rest().await).unwrap();
        count += 1;
        if !answer.starts_with("HTTP/1.1 200 ") {
            odd.push(answer);
        }
    }
    (odd, count)
}

#[actix_web::test]
async fn nobody_is_refused_while_it_is_started_anew() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let mut process = Process::idle("server.drain_s = 10");
    process.hand_over(listener.into());
    assert!(process.starts().await);
    assert_eq!(process.address, address);
    let stop = Rc::new(Cell::new(false));
    let knocking = [(); 16].map(|()| actix_web::rt::spawn(knocks(address, Rc::clone(&stop))));
    for _ in 0..3 {
        let mut alice = process.guest("alice").await;
        process.ask_to_stop();
        // Whoever comes while it stops, and while there is none, waits for the next.
        alice.closed_with(Some(1001)).await;
        let late = actix_web::rt::spawn(asks(address));
        assert_eq!(process.exit_code().await, Some(0));
        let later = actix_web::rt::spawn(asks(address));
        process.restart().await;
        for answer in [late, later] {
            let answer = within("an answer", answer).await.unwrap();
            assert_eq!(answer, "HTTP/1.1 101 Switching Protocols");
        }
    }
    stop.set(true);
    for knocking in within("the last answers", join_all(knocking)).await {
        let (odd, count) = knocking.unwrap();
        assert!(odd.is_empty() && count > 3, "{} of {count} were not answered: {odd:#?}", odd.len());
    }
    // The same after a death without a word.
    process.kill();
    let orphan = actix_web::rt::spawn(asks(address));
    sleep(Duration::ZERO).await;
    process.restart().await;
    assert_eq!(within("an answer", orphan).await.unwrap(), "HTTP/1.1 101 Switching Protocols");
}

/// The unit files, with the binary of this build in them.
fn units(folder: &Path) -> Vec<String> {
    let names = ["otklik.service", "otklik.socket"];
    let paths = names.map(|name| {
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name));
        let text = text.unwrap().replace("/usr/bin/otklik", env!("CARGO_BIN_EXE_otklik"));
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    });
    paths.to_vec()
}

#[test]
fn the_units_are_well_formed_and_leave_little_exposed() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        return skip("the_units_are_well_formed_and_leave_little_exposed", "there is no systemd-analyze");
    }
    let folder = tempfile::tempdir().unwrap();
    let units = units(folder.path());
    let run = |arguments: &[&str], units: &[String]| {
        let output = Command::new("systemd-analyze").args(arguments).args(units).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    };
    let (good, told) = run(&["verify", "--man=no"], &units);
    assert!(good && told.is_empty(), "{told}");
    // The threshold is in tenths.
    let (good, told) = run(&["security", "--offline=yes", "--no-pager", "--threshold=15"], &units[..1]);
    assert!(good, "{told}");
}
