//! What is counted, for those who may look.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{State, health};
use crate::store::file_bytes;

/// `GET /metrics`, as `OpenMetrics` text, which Prometheus reads; 403 for everybody outside `metrics.allowed`, and for
/// scripts of web pages wherever they run.
pub(super) async fn all(request: HttpRequest, state: Data<State>) -> HttpResponse {
    // Browsers say of what a page's script asks where that page is from (Fetch Metadata, section 2.3).
    let by_a_script = request.headers().get("sec-fetch-site").is_some_and(|site| site != "none");
    if by_a_script || !state.is_operators(request.head()) {
        return HttpResponse::Forbidden().body(
            "Only addresses in the setting metrics.allowed may read this; the machine itself, if it calls the service by an \
             address, localhost or the name in server.public_url.\n",
        );
    }
    measure(&state);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(state.shared.context.metrics.text())
}

/// Takes what is not counted as it happens.
fn measure(state: &State) {
    let context = &state.shared.context;
    let metrics = &context.metrics;
    metrics.ready.set(health::reasons(state).is_empty().into());
    metrics.writable.set(context.is_writable().into());
    let (database, wal) = file_bytes(&context.config().database.path);
    let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    metrics.database.set(bytes(database));
    metrics.wal.set(bytes(wal));
}
