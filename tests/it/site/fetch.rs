//! Plain HTTP.

use std::net::SocketAddr;

use actix_web::http::StatusCode;
use awc::Client;

use super::within;

/// What a path answers.
pub(crate) struct Fetched {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

/// Asks for a path.
pub(crate) async fn fetch(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Fetched {
    let mut request = Client::default().get(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.insert_header((*name, *value));
    }
    let mut response = within(path, request.send()).await.expect("an answer");
    let body = within(path, response.body().limit(1 << 20)).await.expect("a body");
    Fetched { status: response.status(), body: String::from_utf8(body.to_vec()).expect("text") }
}
