//! The door: who may open a session, told before any upgrade.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::http::header::{HOST, ORIGIN, RETRY_AFTER, UPGRADE};
use actix_web::rt::time::sleep;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::{State, assets};
use crate::actor::{self, Peer};
use crate::metrics::Refused;
use crate::security::{ConnectionPlace, Full};

/// `GET /`: a session where the request asks for one, else the demo page.
pub(super) async fn page_or_session(
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let upgrades = request.headers().get_all(UPGRADE).filter_map(|value| value.to_str().ok());
    let mut protocols = upgrades.flat_map(|value| value.split(','));
    if protocols.any(|protocol| protocol.trim().eq_ignore_ascii_case("websocket")) {
        return session(request, payload, state).await;
    }
    assets::page(&request)
}

/// A session, when its turn has come: 403 for a page of another origin, 503 over the limits and while the service stops,
/// 400 for a request that is no handshake.
pub(super) async fn session(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    if !state.allows(&request) {
        state.refused(Refused::Origin);
        let told = "This page's origin may not connect; the operator can add it to server.allowed_origins.";
        return HttpResponse::Forbidden().body(told);
    }
    let address = state.address(&request);
    let (place, wait) = match admit(&state, address) {
        Ok(admitted) => admitted,
        Err(refused) => {
            state.refused(refused);
            return HttpResponse::ServiceUnavailable()
                .insert_header((RETRY_AFTER, "5"))
                .body("The service is full.");
        }
    };
    if !wait.is_zero() {
        sleep(wait).await;
    }
    let is_operators = state.is_operators(&request) && is_own_page(&request);
    let peer = Peer { address, is_operators, admitted: Box::new(place) };
    let opened = actor::open(&state.shared, &request, payload.into_inner(), peer);
    opened.unwrap_or_else(|error| {
        state.refused(Refused::Handshake);
        HttpResponse::from_error(error)
    })
}

/// Whether the request comes from no page, or from a page of this very server: another that is open in the operator's
/// browser may connect, but not look at the service as the operator may.
fn is_own_page(request: &HttpRequest) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let page = |origin: &str| origin.split_once("://").map(|(_, host)| host.to_owned());
    header(ORIGIN).is_none_or(|origin| page(origin).as_deref() == header(HOST))
}

/// A place for one more, and how long it is until its turn.
fn admit(state: &State, address: IpAddr) -> Result<(ConnectionPlace, Duration), Refused> {
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
