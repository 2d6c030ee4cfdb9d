//! Behind nginx and Caddy, by the snippets that are shipped: upgrades, whose address counts, pings, origins.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use actix_web::rt::net::TcpStream;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio_rustls::client::TlsStream;

use crate::site::{Paper, Process, frame, request, skip, upgrade_headers, within};

/// What the proxies are to pass on, and how Otklik is told of them in the snippets.
const BEHIND: &str =
    "server.public_url = \"https://comments.example\"\nserver.trusted_proxies = [\"127.0.0.1\"]\n";

/// A proxy on a port of its own, before a service; it ends with this.
struct Proxy {
    address: SocketAddr,
    paper: Paper,
    child: Child,
    folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A shipped snippet with other words for some.
fn snippet(name: &str, words: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/proxy").join(name);
    words.iter().fold(std::fs::read_to_string(path).unwrap(), |text, (old, new)| {
        assert!(text.contains(old), "{old} is not in {name}");
        text.replace(old, new)
    })
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn has(program: &str, test: &str) -> bool {
    let found = Command::new(program).arg(if program == "nginx" { "-v" } else { "version" }).output().is_ok();
    if !found {
        skip(test, &format!("there is no {program}"));
    }
    found
}

impl Proxy {
    async fn nginx(before: SocketAddr, read_timeout: &str) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let text = snippet(
            "nginx.conf",
            &[
                ("127.0.0.1:5678", &before.to_string()),
                ("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl")),
                ("listen [::]:443 ssl;", ""),
                ("/etc/letsencrypt/live/comments.example/fullchain.pem", "certificate.pem"),
                ("/etc/letsencrypt/live/comments.example/privkey.pem", "key.pem"),
                ("proxy_read_timeout 75s", &format!("proxy_read_timeout {read_timeout}")),
            ],
        );
        let own = folder.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|what| format!("{what}_temp_path {own}/{what};"))
            .concat();
        let whole = format!(
            "daemon off; master_process off; pid {own}/pid; error_log stderr; events {{}}\n\
             http {{ access_log off; {temporary} include otklik.conf; }}\n"
        );
        std::fs::write(folder.path().join("otklik.conf"), text).unwrap();
        std::fs::write(folder.path().join("nginx.conf"), whole).unwrap();
        let mut command = Command::new("nginx");
        command.args(["-e", "stderr", "-c", "nginx.conf", "-p"]).arg(folder.path());
        Self::run(command, folder, port).await
    }

    async fn caddy(before: SocketAddr) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let own = folder.path().display();
        let site = format!(
            "https://localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {own}/certificate.pem {own}/key.pem"
        );
        let words = [("comments.example {", site.as_str()), ("127.0.0.1:5678", &before.to_string())];
        let general = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n";
        let text = format!("{general}{}", snippet("Caddyfile", &words));
        std::fs::write(folder.path().join("Caddyfile"), text).unwrap();
        let mut command = Command::new("caddy");
        command.args(["run", "--config"]).arg(folder.path().join("Caddyfile"));
        for folder_of in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(folder_of, folder.path());
        }
        Self::run(command, folder, port).await
    }

    async fn run(mut command: Command, folder: TempDir, port: u16) -> Self {
        let paper = Paper::new();
        paper.lie_in(folder.path());
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut proxy = Self { address, paper, child, folder };
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                assert!(proxy.child.try_wait().unwrap().is_none(), "it ended: {}", proxy.log());
            }
        };
        within("the proxy listens", listens).await;
        proxy
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// A handshake by somebody of 127.0.0.0/8; gives the status of the answer, and the line.
    async fn visit(&self, last: u8, headers: &[&str]) -> (String, TlsStream<TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
        let stream = within("a connection", socket.connect(self.address)).await.unwrap();
        let mut line = self.paper.secure(stream, &["http/1.1"]).await.unwrap();
        let mut all = upgrade_headers();
        all.push(format!("Host: localhost:{}", self.address.port()));
        all.extend(headers.iter().map(|header| (*header).to_owned()));
        within("a request", line.write_all(request("/", &all).as_bytes())).await.unwrap();
        let mut head = Vec::new();
        let read = async {
            while !head.ends_with(b"\r\n\r\n") {
                head.push(line.read_u8().await.unwrap_or_else(|error| panic!("{error}: {}", self.log())));
            }
        };
        within("the head of an answer", read).await;
        let head = String::from_utf8(head).unwrap();
        (head.split(' ').nth(1).unwrap_or_default().to_owned(), line)
    }

    /// Everybody is counted by their own address, and pages by their own origin.
    async fn passes_on_who_comes(&self) {
        let (first, _stays) = self.visit(2, &["Origin: https://comments.example"]).await;
        assert_eq!(first, "101", "{}", self.log());
        assert_eq!(self.visit(2, &[]).await.0, "503", "the second of one address");
        let claims = ["X-Forwarded-For: 192.0.2.7"];
        assert_eq!(self.visit(2, &claims).await.0, "503", "who claims another address is not believed");
        let (other, _stays) = self.visit(3, &[]).await;
        assert_eq!(other, "101", "the first of another address");
        assert_eq!(self.visit(4, &["Origin: https://evil.example"]).await.0, "403");
        assert_eq!(self.visit(4, &["Origin: http://comments.example"]).await.0, "403");
    }
}

#[actix_web::test]
async fn nginx_passes_on_sessions_and_who_they_are() {
    if !has("nginx", "nginx_passes_on_sessions_and_who_they_are") {
        return;
    }
    let process = Process::start(&format!("{BEHIND}limits.connections_per_address_max = 1")).await;
    Proxy::nginx(process.address, "75s").await.passes_on_who_comes().await;
}

#[actix_web::test]
async fn caddy_passes_on_sessions_and_who_they_are() {
    if !has("caddy", "caddy_passes_on_sessions_and_who_they_are") {
        return;
    }
    let process = Process::start(&format!("{BEHIND}limits.connections_per_address_max = 1")).await;
    Proxy::caddy(process.address).await.passes_on_who_comes().await;
}

/// How many pings come before the line ends, `most` at most; each is answered.
async fn pings(line: &mut TlsStream<TcpStream>, most: usize) -> usize {
    for count in 0..most {
        let mut ping = [0; 2];
        let heard = within("a ping or the end", line.read_exact(&mut ping)).await;
        if heard.is_err() {
            return count;
        }
        assert_eq!(ping, [0x89, 0], "an empty ping");
        within("a pong", line.write_all(&frame(0x8A, &[]))).await.unwrap();
    }
    most
}

#[actix_web::test]
async fn pings_keep_a_silent_session_alive_behind_nginx() {
    if !has("nginx", "pings_keep_a_silent_session_alive_behind_nginx") {
        return;
    }
    // As in the snippet, but three times and more faster: 1 s between pings, 3 s until nginx gives up.
    let process = Process::start(&format!("{BEHIND}limits.ping_s = 1")).await;
    let proxy = Proxy::nginx(process.address, "3s").await;
    let (_, mut silent) = proxy.visit(2, &[]).await;
    assert_eq!(pings(&mut silent, 5).await, 5, "{}", proxy.log());
    // Without them it is cut, or the test would show nothing.
    let process = Process::start(&format!("{BEHIND}limits.ping_s = 3599")).await;
    let proxy = Proxy::nginx(process.address, "1s").await;
    let (_, mut cut) = proxy.visit(2, &[]).await;
    assert!(pings(&mut cut, 5).await < 5);
}
