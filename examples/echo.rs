//! A WebSocket echo through the service's own frame guard, for conformance suites:
//! `cargo run --release --features conformance --example echo -- 127.0.0.1:9001`.

use std::io;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::h1::{Codec, SendResponse};
use actix_http::{Error, HttpService, Request, Response};
use actix_service::fn_service;
use actix_web::dev::Server;
use actix_web::rt::net::TcpStream;
use otklik::actor::{echo, handshake};

/// The longest message, in bytes: what the usual suites send at most.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

#[actix_web::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let http = || {
        HttpService::build()
            .client_disconnect_timeout(Duration::ZERO)
            .tcp_nodelay(true)
            .upgrade(fn_service(session))
            .finish(fn_service(async |_: Request| Ok::<_, Error>(Response::bad_request())))
            .tcp()
    };
    Server::build().bind("echo", address, http)?.run().await
}

async fn session((request, connection): (Request, Framed<TcpStream, Codec>)) -> Result<(), Error> {
    let Ok(response) = handshake(request.head()) else {
        SendResponse::new(connection, Response::bad_request().drop_body()).await?;
        return Ok(());
    };
    let parts = SendResponse::new(connection, response).await?.into_parts();
    echo(parts.io, parts.read_buf, MESSAGE_BYTES_MAX).await;
    Ok(())
}
