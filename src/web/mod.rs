//! HTTP: connections and how they become sessions, the page and its assets, the read-only API, pictures, health, metrics.
//!
//! Never here: what a query means. Reads go through the same queue as the sessions'. `server` makes the state and
//! the sockets; tests serve the same on actix's test server.

mod api;
mod assets;
mod connection;
mod health;
mod metrics;
mod operator;
mod picture;
mod upgrade;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use actix_web::dev::RequestHead;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{Data, ServiceConfig, resource, route};
use actix_web::{HttpResponse, HttpResponseBuilder, Route, guard};
use arc_swap::ArcSwap;

pub use self::connection::{Serving, plain, tls};
use crate::actor::Shared;
use crate::metrics::Refused;
use crate::security::{Connections, Origins, Pace, client_address};

/// What the routes know.
#[derive(Debug)]
pub struct State {
    /// What sessions have in common.
    pub shared: Arc<Shared>,
    /// Whose pages may connect.
    pub origins: ArcSwap<Origins>,
    /// Who is connected.
    pub connections: Arc<Connections>,
    /// How fast newcomers are let in.
    pub pace: Pace,
}

/// Mounts every route, and the answer to all other paths.
fn routes(state: &Arc<State>, config: &mut ServiceConfig) {
    config.app_data(Data::from(Arc::clone(state)));
    let mut mount = |path: &str, route: Route| {
        // What is refused, too: no browser takes its words for anything but text.
        let safe = DefaultHeaders::new().add((X_CONTENT_TYPE_OPTIONS, "nosniff"));
        config.service(resource(path).route(route).wrap(safe));
    };
    mount("/", read().to(assets::page));
    mount("/ws", read().to(upgrade::wanted));
    mount("/sign-in", read().to(assets::sign_in));
    mount("/status", read().to(assets::status));
    mount("/otklik/{path:.*}", read().to(assets::module));
    mount("/img/{name}.svg", read().to(picture::generated));
    mount("/api/counts", read().to(api::counts));
    mount("/api/comments", read().to(api::comments));
    mount("/api/hello", read().to(api::hello));
    mount("/healthz", read().to(health::alive));
    mount("/readyz", read().to(health::ready));
    mount("/metrics", read().to(metrics::all));
    for name in assets::names_beside() {
        mount(&format!("/{name}"), read().to(assets::beside));
    }
    config.default_service(route().to(nothing));
}

/// A path that there is not.
async fn nothing() -> HttpResponse {
    HttpResponse::NotFound().insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff")).finish()
}

/// `GET`, and `HEAD` for those who want the headers alone.
fn read() -> Route {
    route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

impl State {
    /// Whether the request's page may talk to the service; a program that names no origin may.
    fn allows(&self, request: &RequestHead) -> bool {
        let headers = request.headers();
        let Some(origin) = headers.get(ORIGIN) else { return true };
        // Two origins are one too many to tell which page it is.
        let single = headers.get_all(ORIGIN).count() == 1;
        single && origin.to_str().is_ok_and(|origin| self.allows_origin(request, origin))
    }

    /// Whether pages of `origin` may talk to the service, as it was called in `request`.
    fn allows_origin(&self, request: &RequestHead, origin: &str) -> bool {
        let host = request.headers().get("host").and_then(|host| host.to_str().ok());
        self.origins.load().allows(origin, host)
    }

    /// The address that limits count.
    fn address(&self, request: &RequestHead) -> IpAddr {
        let peer = request.peer_addr.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let forwarded = forwarded(request.headers());
        client_address(peer, forwarded, &self.shared.context.config().server.trusted_proxies)
    }

    /// A connection was not let in.
    fn refused(&self, why: Refused) {
        self.shared.context.metrics.connections_refused.of(why).inc();
    }
}

fn forwarded(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = &str> {
    let values: Vec<_> = headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    values.into_iter()
}

/// What every page is sent with: nothing but its own origin runs, loads or is talked to. Pictures may come from
/// anywhere on the web, as users choose them.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// Adds what every answer with a content is sent with; `nosniff` is on all of them.
fn secure(response: &mut HttpResponseBuilder, content_policy: &'static str) {
    for (name, value) in
        [("content-security-policy", content_policy), ("referrer-policy", "strict-origin-when-cross-origin")]
    {
        response.insert_header((HeaderName::from_static(name), HeaderValue::from_static(value)));
    }
}
