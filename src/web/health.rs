//! Whether the service lives, and whether it can be sent to.

use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};

use super::State;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> impl Responder {
    HttpResponse::Ok().body("alive\n")
}

/// `GET /readyz`: 200 while the database can be written, the actors live and the service is not about to stop; else
/// 503 with what is missing, a line each.
pub(super) async fn ready(state: Data<State>) -> impl Responder {
    let shared = &state.shared;
    let missing: Vec<_> = [
        (!shared.context.is_writable(), "the database cannot be written\n"),
        (!shared.db.connected(), "the database's actor is gone\n"),
        (!shared.feed.connected(), "the feed is gone\n"),
        (shared.is_draining(), "the service is about to stop\n"),
    ]
    .into_iter()
    .filter_map(|(is_missing, what)| is_missing.then_some(what))
    .collect();
    if missing.is_empty() {
        return HttpResponse::Ok().body("ready\n");
    }
    HttpResponse::ServiceUnavailable().body(missing.concat())
}
