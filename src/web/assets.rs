//! The page and its parts, embedded in the binary.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::{CONTENT_POLICY, secure};

const INDEX: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/index.html"));
const EMBED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/embed.js"));
const STYLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/demo.css"));

/// The demo page.
pub(super) fn page(request: &HttpRequest) -> HttpResponse {
    asset(request, "text/html; charset=utf-8", INDEX)
}

/// The element, for every page that embeds it.
pub(super) async fn embed(request: HttpRequest) -> HttpResponse {
    asset(&request, "text/javascript; charset=utf-8", EMBED)
}

/// The demo page's looks.
pub(super) async fn style(request: HttpRequest) -> HttpResponse {
    asset(&request, "text/css; charset=utf-8", STYLE)
}

fn asset(request: &HttpRequest, content_type: &'static str, text: &'static str) -> HttpResponse {
    let tag = etag(text.as_bytes());
    let mut response = if matches(request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    secure(&mut response, CONTENT_POLICY);
    response
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ETAG, tag.clone()))
        // Modules are loaded by pages of any origin.
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"));
    if matches(request, &tag) { response.finish() } else { response.body(text) }
}

/// A weak tag of some content (RFC 9110, section 8.8.3).
pub(super) fn etag(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(digest.get(..12).unwrap_or_default()))
}

/// Whether the client has that content already.
pub(super) fn matches(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag || known.trim() == "*"))
}
