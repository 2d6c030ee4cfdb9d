//! Whether the service lives, and whether it can be sent to.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};

use super::State;
use crate::protocol::readiness;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> impl Responder {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).body("alive\n")
}

/// `GET /readyz`: 200 while the database can be written, the actors live and the service is not about to stop; else
/// 503 with every reason.
pub(super) async fn ready(state: Data<State>) -> impl Responder {
    let reasons = reasons(&state);
    let mut response =
        if reasons.is_empty() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(readiness(&reasons))
}

/// Why the service is not ready; none where it is.
pub(super) fn reasons(state: &State) -> Vec<&'static str> {
    let shared = &state.shared;
    [
        (!shared.context.is_writable(), "the database cannot be written"),
        (!shared.db.connected() || !shared.feed.connected(), "an actor is gone"),
        (shared.is_draining(), "draining"),
    ]
    .into_iter()
    .filter_map(|(is_so, what)| is_so.then_some(what))
    .collect()
}
