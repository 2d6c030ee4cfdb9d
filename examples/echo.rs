//! A WebSocket echo through the service's own frame guard, for conformance suites:
//! `cargo run --release --features conformance --example echo -- 127.0.0.1:9001`.

use std::io;
use std::time::Duration;

use actix_web::web::{self, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use otklik::actor::echo;

/// The longest message, in bytes: what the usual suites send at most.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

#[actix_web::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    HttpServer::new(|| App::new().default_service(web::to(session)))
        .client_disconnect_timeout(Duration::ZERO)
        .tcp_nodelay(true)
        .bind(address)?
        .run()
        .await
}

async fn session(request: HttpRequest, payload: Payload) -> HttpResponse {
    echo(&request, payload.into_inner(), MESSAGE_BYTES_MAX).unwrap_or_else(HttpResponse::from_error)
}
