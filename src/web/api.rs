//! The read-only API: the same answers as on the socket, for first paint, crawlers and programs.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, ORIGIN, RETRY_AFTER, VARY,
};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use tokio::sync::oneshot;
use url::form_urlencoded;

use super::{State, assets, secure};
use crate::action::{Caller, Found, Plan, Read};
use crate::actor::{self, CountViewers, ReplyTo, Run};
use crate::domain::PageKey;
use crate::error::{Code, Refusal};
use crate::protocol::{Answer, ListQuery, encode_failure, encode_success};

/// The most pages that are counted at once: as many as fit into an address that proxies let through.
const PAGES_MAX: usize = 100;

/// `GET /api/comments?page=…&sort&limit&cursor&replies`: the snapshot that a `subscribe` would begin with, or with a
/// cursor the list that `loadComments` would go on with.
pub(super) async fn comments(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let list = ListQuery::from_pairs(&pairs_of(&request));
    let found = match list {
        Ok(list) => read(&request, &state, list).await,
        Err(refusal) => Err(refusal),
    };
    match found {
        Ok(answer) => success(&request, &state, &answer),
        Err(refusal) => failure(&request, &state, &refusal),
    }
}

/// `GET /api/counts?page=…&page=…`: how many comments each of up to 100 pages has, and what was thought of them.
pub(super) async fn counts(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let pages = pages_of(&pairs_of(&request));
    let found = match pages {
        Ok(pages) => found(&request, &state, Read::CountPages(pages)).await,
        Err(refusal) => Err(refusal),
    };
    match found.and_then(into_answer) {
        Ok(answer) => success(&request, &state, &answer),
        Err(refusal) => failure(&request, &state, &refusal),
    }
}

/// `GET /api/hello`: what `hello` answers a guest; a page whose origin is not allowed is told so in words. With
/// `?origin=…` it is asked for a page of that origin, as the sign-in window does for the page that opened it.
pub(super) async fn hello(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let pairs = pairs_of(&request);
    let named = pairs.iter().find(|(name, _)| name == "origin");
    if !state.allows(request.head())
        || named.is_some_and(|(_, origin)| !state.allows_origin(request.head(), origin))
    {
        let message =
            "This page's origin may not connect here; the operator can add it to server.allowed_origins.";
        let refusal = Refusal { message: message.into(), ..Code::Forbidden.into() };
        return failure(&request, &state, &refusal);
    }
    success(&request, &state, &Answer::Hello(Box::new(actor::hello(&state.shared.context, None))))
}

async fn read(request: &HttpRequest, state: &State, list: ListQuery) -> Result<Answer, Refusal> {
    let page = list.page.clone();
    let read = if list.cursor.is_some() { Read::LoadComments(list) } else { Read::Subscribe(list, None) };
    let mut answer = into_answer(found(request, state, read).await?)?;
    if let Answer::Subscribed(snapshot) = &mut answer {
        snapshot.viewers = state.shared.feed.send(CountViewers(page)).await.ok().ok_or_else(busy)?;
    }
    Ok(answer)
}

/// What the readers find, by the same queue as the sessions' queries.
async fn found(request: &HttpRequest, state: &State, read: Read) -> Result<Found, Refusal> {
    let (sender, answer) = oneshot::channel();
    let address = state.address(request.head());
    state.shared.context.rates.http_read(address)?;
    let caller = Caller { session: None, query: None, address, user: None };
    let run = Run { caller, plan: Plan::Read(read), reply: ReplyTo::Once(sender) };
    state.shared.db.send(run).await.ok().ok_or_else(busy)?;
    answer.await.ok().ok_or_else(busy)?
}

fn into_answer(found: Found) -> Result<Answer, Refusal> {
    match found {
        Found::Answer(answer) => Ok(answer),
        Found::Snapshot(snapshot, _) => Ok(Answer::Subscribed(snapshot)),
        Found::Portion(_) => Err(Code::Internal.into()),
    }
}

/// What did not come to an answer may at another time.
fn busy() -> Refusal {
    Refusal::wait(Code::Busy, 1_000)
}

/// The members that the address names, as a form would.
fn pairs_of(request: &HttpRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect()
}

/// The pages that are named, 1 to [`PAGES_MAX`].
fn pages_of(pairs: &[(String, String)]) -> Result<Vec<PageKey>, Refusal> {
    let pages: Vec<_> = pairs.iter().filter(|(name, _)| name == "page").collect();
    if pages.is_empty() || pages.len() > PAGES_MAX {
        let message = format!("'page' is to be there 1 to {PAGES_MAX} times, each with a page's key.");
        return Err(Refusal::member(Code::BadQuery, "page", message));
    }
    pages.into_iter().map(|(_, key)| PageKey::parse(key)).collect()
}

fn success(request: &HttpRequest, state: &State, answer: &Answer) -> HttpResponse {
    let body = encode_success(None, None, answer);
    // Who views a page, and what time it is, is no part of what a client would have to read again.
    let tag = if let Answer::Subscribed(snapshot) = answer {
        let (epoch, rev, next) = (&snapshot.epoch, snapshot.rev, snapshot.next);
        Some(assets::etag(format!("{epoch} {rev:?} {next:?} {}", snapshot.comments.json()).as_bytes()))
    } else {
        matches!(answer, Answer::List { .. } | Answer::Counts(_)).then(|| assets::etag(body.as_bytes()))
    };
    let known = tag.as_ref().is_some_and(|tag| assets::matches(request, tag));
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    if let Some(tag) = tag {
        response.insert_header((ETAG, tag));
    }
    share(&mut response, request, state.allows(request.head()));
    if known { response.finish() } else { response.body(body) }
}

fn failure(request: &HttpRequest, state: &State, refusal: &Refusal) -> HttpResponse {
    let mut response = HttpResponse::build(status(refusal.code));
    if let Some(wait_ms) = refusal.retry_after_ms {
        response.insert_header((RETRY_AFTER, wait_ms.div_ceil(1_000).to_string()));
    }
    share(&mut response, request, state.allows(request.head()));
    if refusal.code == Code::Forbidden {
        // A page that may not read the answer could not learn why. What it calls itself is not repeated.
        response.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    }
    response.body(encode_failure(None, None, refusal))
}

/// Lets the page that asked read the answer, if it may.
fn share(response: &mut HttpResponseBuilder, request: &HttpRequest, allowed: bool) {
    secure(response, "default-src 'none'");
    response.insert_header((CONTENT_TYPE, "application/json")).insert_header((VARY, "Origin"));
    response.insert_header((CACHE_CONTROL, "no-cache"));
    if allowed && let Some(origin) = request.headers().get(ORIGIN) {
        response.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()));
    }
}

fn status(code: Code) -> StatusCode {
    let told = [
        (Code::Forbidden, StatusCode::FORBIDDEN),
        (Code::NotFound, StatusCode::NOT_FOUND),
        (Code::RateLimited, StatusCode::TOO_MANY_REQUESTS),
        (Code::Busy, StatusCode::SERVICE_UNAVAILABLE),
        (Code::Unavailable, StatusCode::SERVICE_UNAVAILABLE),
        (Code::Internal, StatusCode::INTERNAL_SERVER_ERROR),
    ];
    told.iter().find(|(known, _)| *known == code).map_or(StatusCode::BAD_REQUEST, |(_, status)| *status)
}
