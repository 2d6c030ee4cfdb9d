//! The sockets that the service listens on, bound by it or handed to it, and what a connection's socket is told.
//!
//! Never here: what is said on them. `server` listens with it, `command` says what the supervisor handed over.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};

use crate::config::Limits;
use crate::error::Fault;

/// What the kernel may hold for one peer that does not read (bytes): left to itself it holds 4 MB.
const SEND_BUFFER_BYTES: usize = 48 << 10;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4_096;

/// The first descriptor that a supervisor hands over (`sd_listen_fds(3)`).
const FIRST_DESCRIPTOR: RawFd = 3;

/// Sockets that are listened on.
#[derive(Debug)]
pub struct Listening {
    /// Each of them, one at least.
    pub listeners: Vec<TcpListener>,
    /// The first one's address.
    pub address: SocketAddr,
    /// They are another's and stay open when this process ends: whoever connects meanwhile waits for the next one.
    pub handed_over: bool,
}

impl Listening {
    /// Binds; beside 127.0.0.1 the other loopback address on the same port as well, where the machine has it, so that
    /// `localhost` answers whichever way it is looked up.
    ///
    /// # Errors
    /// An address that cannot be listened on.
    pub fn bind(bind: SocketAddr) -> Result<Self, Fault> {
        let fault = |cause| Fault::new(format!("listening on {bind} (server.bind)"), cause);
        let first = socket(bind).map_err(fault)?;
        let address = first.local_addr().map_err(fault)?;
        let mut listeners = vec![first];
        if bind.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
            match socket(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), address.port())) {
                Ok(second) => listeners.push(second),
                Err(cause) => log::debug!("not listening on [::1]:{}: {cause}", address.port()),
            }
        }
        Ok(Self { listeners, address, handed_over: false })
    }

    /// Takes the `count` sockets that the supervisor handed over; called once, before anything else is opened.
    ///
    /// # Errors
    /// None at all, or one that is no TCP socket that listens.
    pub fn handed_over(count: u32) -> Result<Self, Fault> {
        let doing = "taking the sockets that were handed over (LISTEN_FDS)";
        let fault = |cause: std::io::Error| Fault::new(doing, cause);
        let mut listeners = Vec::new();
        for number in (FIRST_DESCRIPTOR..).zip(0..count).map(|(number, _)| number) {
            listeners.push(inherited(number).map_err(fault)?);
        }
        let first = listeners.first().ok_or_else(|| Fault::new(doing, "there is none"))?;
        let address = first.local_addr().map_err(fault)?;
        Ok(Self { listeners, address, handed_over: true })
    }
}

/// A descriptor that the process was started with.
#[expect(unsafe_code, reason = "the supervisor's word is all there is: nobody else in this process owns it")]
fn inherited(number: RawFd) -> std::io::Result<TcpListener> {
    // SAFETY: LISTEN_FDS says that it is open and ours; it is taken once, before anything else is opened. Where the word
    // is not true, the next calls fail, as the number is open for nobody else yet.
    let socket = Socket::from(unsafe { OwnedFd::from_raw_fd(number) });
    socket.set_cloexec(true)?;
    if socket.r#type()? != Type::STREAM
        || !socket.is_listener()?
        || socket.local_addr()?.as_socket().is_none()
    {
        return Err(std::io::Error::other(format!("descriptor {number} is no TCP socket that listens")));
    }
    Ok(socket.into())
}

fn socket(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // A restart must not wait for the last one's connections to be forgotten.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// What a connection's socket is told. A socket that refuses an option works without it.
pub fn set_options(socket: &SockRef<'_>, limits: &Limits) {
    let stall = Duration::from_secs(u64::from(limits.write_stall_s) + 5);
    let silence = Duration::from_secs(u64::from(limits.silence_s));
    let set = socket
        .set_send_buffer_size(SEND_BUFFER_BYTES)
        .and_then(|()| socket.set_tcp_user_timeout(Some(stall)))
        .and_then(|()| socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(silence)));
    if let Err(cause) = set {
        log::debug!("a socket's options: {cause}");
    }
}
