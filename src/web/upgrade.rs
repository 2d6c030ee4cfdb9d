//! The door: who may open a session, told before any upgrade.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::body::{BodySize, MessageBody as _};
use actix_http::h1::{Codec, SendResponse};
use actix_http::{ConnectionType, Request, Response};
use actix_web::dev::RequestHead;
use actix_web::http::header::{HOST, HeaderValue, ORIGIN, RETRY_AFTER, UPGRADE, X_CONTENT_TYPE_OPTIONS};
use actix_web::rt::time::sleep;
use actix_web::{Error, HttpResponse};
use bytes::{Bytes, BytesMut};

use super::State;
use crate::actor::{self, Peer, Relay, Said, Socket, handshake};
use crate::metrics::Refused;
use crate::security::{ConnectionPlace, Full};

/// Where sessions are opened.
const PATHS: [&str; 2] = ["/", "/ws"];

/// `GET /ws` by a request that asks for something else, or for a session among others: it has to ask for that alone.
pub(super) async fn wanted() -> HttpResponse {
    HttpResponse::UpgradeRequired()
        .insert_header((UPGRADE, "websocket"))
        .body("Sessions are opened here, by a WebSocket handshake.")
}

/// Makes a session of a connection on which one is asked for, when its turn has come, and lets go of it; else says why
/// not, and closes it.
pub(super) async fn upgrade<T: Socket>(
    (state, relay): (&State, &Relay),
    request: Request,
    connection: Framed<T, Codec>,
) -> Result<(), Error> {
    let admitted = admit(state, request.head());
    // Thousands may wait for their turn. HTTP gave each 16 KiB to read into and to write from, of which the request
    // holds a part as well.
    drop(request);
    let mut connection = without_buffers(connection);
    match admitted {
        Ok((response, peer, wait)) => {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            // The session's first words: it is there before the peer can say any.
            Pin::new(&mut connection).write((response, BodySize::None).into())?;
            let parts = connection.into_parts();
            let said = Said { heard: parts.read_buf, unsent: parts.write_buf };
            actor::open(&state.shared, relay, parts.io, said, peer);
        }
        Err(mut refusal) => {
            refusal.head_mut().set_connection_type(ConnectionType::Close);
            refusal.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            // What is said of a refusal is short, and there at once.
            let refusal = refusal.map_body(|_, told| told.try_into_bytes().unwrap_or_default());
            if let Err(gone) = refuse(connection, refusal.into()).await {
                log::debug!("a peer has gone before it was refused: {gone}");
            }
        }
    }
    Ok(())
}

/// A connection whose buffers are no larger than what is in them.
fn without_buffers<T: Socket>(connection: Framed<T, Codec>) -> Framed<T, Codec> {
    let mut parts = connection.into_parts();
    for buffer in [&mut parts.read_buf, &mut parts.write_buf] {
        *buffer = BytesMut::from(buffer.as_ref());
    }
    Framed::from_parts(parts)
}

/// Says why not, and closes.
async fn refuse<T: Socket>(connection: Framed<T, Codec>, refusal: Response<Bytes>) -> Result<(), Error> {
    let mut connection = SendResponse::new(connection, refusal).await?;
    poll_fn(|cx| Pin::new(connection.io_mut()).poll_shutdown(cx)).await?;
    Ok(())
}

/// Lets a session in, and says how it is answered and how long it is until its turn: 403 for a page of another origin, 503
/// over the limits and while the service stops, 400 for a request that is no handshake, 404 where there are none.
fn admit(state: &State, request: &RequestHead) -> Result<(Response<()>, Peer, Duration), Box<HttpResponse>> {
    if !PATHS.contains(&request.uri.path()) {
        return Err(Box::new(HttpResponse::NotFound().body("Sessions are opened at / and at /ws.")));
    }
    if !state.allows(request) {
        state.refused(Refused::Origin);
        let told = "This page's origin may not connect; the operator can add it to server.allowed_origins.";
        return Err(Box::new(HttpResponse::Forbidden().body(told)));
    }
    let response = handshake(request).map_err(|error| {
        state.refused(Refused::Handshake);
        Box::new(HttpResponse::from_error(error))
    })?;
    let address = state.address(request);
    let (place, wait) = place(state, address).map_err(|refused| {
        state.refused(refused);
        let full =
            HttpResponse::ServiceUnavailable().insert_header((RETRY_AFTER, "5")).body("The service is full.");
        Box::new(full)
    })?;
    let is_operators = state.is_operators(request) && is_own_page(request);
    Ok((response, Peer { address, is_operators, admitted: Box::new(place) }, wait))
}

/// Whether the request comes from no page, or from a page of this very server: another that is open in the operator's
/// browser may connect, but not look at the service as the operator may.
fn is_own_page(request: &RequestHead) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let page = |origin: &str| origin.split_once("://").map(|(_, host)| host.to_owned());
    header(ORIGIN).is_none_or(|origin| page(origin).as_deref() == header(HOST))
}

/// A place for one more, and how long it is until its turn.
fn place(state: &State, address: IpAddr) -> Result<(ConnectionPlace, Duration), Refused> {
    if state.shared.is_draining() {
        return Err(Refused::Draining);
    }
    let context = &state.shared.context;
    let config = context.config();
    let place = state.connections.admit(address, &config.limits).map_err(|full| match full {
        Full::All => Refused::All,
        Full::Address => Refused::Address,
    })?;
    let wait = state.pace.turn(context.clock.monotonic(), &config.limits).ok_or(Refused::Pace)?;
    Ok((place, wait))
}
