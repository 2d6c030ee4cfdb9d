//! A connection: HTTP/1.1 for the app, until one of its requests asks for a session. Then the bare socket goes to that
//! session, and what HTTP held for it, buffers and task, is let go.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::body::BoxBody;
use actix_http::error::DispatchError;
use actix_http::h1::{Codec, ExpectHandler};
use actix_http::{HttpService, Request, TlsAcceptorConfig};
use actix_service::boxed::{self, BoxServiceFactory};
use actix_service::{fn_factory, fn_service, map_config};
use actix_tls::accept::TlsError;
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_tls::accept::rustls_0_23::reexports::ServerConfig;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error};
use socket2::SockRef;

use super::upgrade::upgrade;
use super::{State, routes};
use crate::actor::{Relay, Socket};
use crate::sockets::set_options;

/// What the HTTP layer may hold for one peer (bytes): as much as a write to the socket is worth.
const WRITE_BUFFER_BYTES: usize = 32 << 10;

type Pages = BoxServiceFactory<(), Request, ServiceResponse<BoxBody>, Error, ()>;
type Sessions<T> = BoxServiceFactory<(), (Request, Framed<T, Codec>), (), Error, ()>;
type Http<T> = HttpService<T, Pages, BoxBody, ExpectHandler, Sessions<T>>;

/// What serves connections, made for each of the server's workers.
pub type Serving<E> = BoxServiceFactory<(), TcpStream, (), E, ()>;

/// What serves connections as they come.
pub fn plain(state: &Arc<State>) -> Serving<DispatchError> {
    boxed::factory(http(state, |socket: &TcpStream| socket).tcp())
}

/// What serves connections under TLS.
pub fn tls(state: &Arc<State>, tls: ServerConfig) -> Serving<TlsError<io::Error, DispatchError>> {
    let acceptor = TlsAcceptorConfig::default().handshake_timeout(handshake_time(state));
    let http = http(state, |stream: &TlsStream<TcpStream>| stream.get_ref().0);
    boxed::factory(http.rustls_0_23_with_config(tls, acceptor))
}

fn handshake_time(state: &State) -> Duration {
    Duration::from_secs(u64::from(state.shared.context.config().limits.handshake_s))
}

fn http<T: Socket>(state: &Arc<State>, socket_of: fn(&T) -> &TcpStream) -> Http<T> {
    let (for_pages, for_sessions, context) =
        (Arc::clone(state), Arc::clone(state), Arc::clone(&state.shared.context));
    // Made anew on each of the threads that sessions live on.
    let sessions = fn_factory(move || {
        let state = Arc::clone(&for_sessions);
        async move {
            let relay = Relay::start(Arc::clone(&state.shared.context));
            Ok(fn_service(move |(request, connection)| {
                let (state, relay) = (Arc::clone(&state), relay.clone());
                async move { upgrade((&state, &relay), request, connection).await }
            }))
        }
    });
    let pages = App::new().configure(|config| routes(&for_pages, config));
    HttpService::build()
        .client_request_timeout(handshake_time(state))
        // Zero: anything short of a second hangs the socket for ever, and the default delays each close by one.
        .client_disconnect_timeout(Duration::ZERO)
        .tcp_nodelay(true)
        .h1_write_buffer_size(WRITE_BUFFER_BYTES)
        .on_connect_ext(move |io: &T, _: &mut _| {
            set_options(&SockRef::from(socket_of(io)), &context.config().limits);
        })
        .upgrade(boxed::factory(sessions))
        .finish(boxed::factory(map_config(pages, |()| AppConfig::default())))
}
