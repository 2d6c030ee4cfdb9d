//! The page, the element and their parts, embedded in the binary: each under a path that lasts, asked for anew each time,
//! and the element's modules also under one that changes with them, kept for a year.

mod coding;
mod files;
mod join;
mod lean;
mod script;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use actix_web::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use self::coding::Encoded;
use super::{CONTENT_POLICY, secure};

/// How a browser may keep what is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// It asks each time whether it is still the same.
    Ask,
    /// For ever: another content has another path.
    Always,
}

/// Every file that is served, built when the first one is asked for.
static BUNDLE: LazyLock<Bundle> = LazyLock::new(Bundle::build);

struct Bundle {
    /// The folder of the element's modules that changes with them.
    folder: String,
    /// By path, as they were written, but for the loader.
    written: HashMap<String, Asset>,
    /// The modules by path, as lean as can be, the first ones joined.
    lean: HashMap<String, Asset>,
}

struct Asset {
    content_type: &'static str,
    tag: String,
    text: Encoded,
}

impl Bundle {
    fn build() -> Self {
        let of = |path: &str, text: String| {
            let tag = etag(text.as_bytes());
            Asset { content_type: files::content_type(path), tag, text: Encoded::new(text) }
        };
        let mut lean: BTreeMap<_, _> =
            files::modules().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let first = join_first(&mut lean);
        for text in lean.values_mut() {
            *text = lean::lean(text);
        }
        let folder = files::folder(lean.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let written = |(path, text): &(&'static str, &str)| {
            let text = files::fill_in(text, &folder, &first);
            // Every page that has comments asks for the loader each time.
            ((*path).to_owned(), of(path, if *path == files::LOADER { lean::lean(&text) } else { text }))
        };
        let written = files::FILES.iter().map(written).collect();
        let lean = lean.into_iter().map(|(path, text)| (path.clone(), of(&path, text))).collect();
        Self { folder, written, lean }
    }

    /// A module under `/otklik/`. What an older page asks for by a folder that is no more is the present one: it may be
    /// about to open a dialog.
    fn module(&self, path: &str) -> Option<(&Asset, Keep)> {
        match path.split_once('/') {
            Some((folder, path)) if folder == self.folder => {
                self.lean.get(path).map(|asset| (asset, Keep::Always))
            }
            Some((folder, path)) if files::is_folder(folder) => {
                self.lean.get(path).map(|asset| (asset, Keep::Ask))
            }
            _ => self.written.get(format!("otklik/{path}").as_str()).map(|asset| (asset, Keep::Ask)),
        }
    }
}

/// Joins the modules that the element takes at first; gives what a page is to load before it asks.
fn join_first(modules: &mut BTreeMap<String, String>) -> Vec<String> {
    let first = files::first_modules();
    let texts: Vec<_> =
        first.iter().filter_map(|path| modules.get(path).map(|text| (path.clone(), text.clone()))).collect();
    match join::join(files::ENTRY, &texts) {
        None => first,
        Some(joined) => {
            modules.extend(joined);
            for (path, text) in modules.iter_mut().filter(|(path, _)| *path != files::ENTRY) {
                *text = join::aim(text, path, files::ENTRY, &first);
            }
            vec![files::ENTRY.to_owned()]
        }
    }
}

/// The demo page.
pub(super) async fn page(request: HttpRequest) -> HttpResponse {
    file(&request, "index.html")
}

/// The window that signs somebody in for a page of another origin.
pub(super) async fn sign_in(request: HttpRequest) -> HttpResponse {
    file(&request, "sign-in.html")
}

/// The operator's page: it shows what the session is told, to whoever may watch.
pub(super) async fn status(request: HttpRequest) -> HttpResponse {
    file(&request, "status.html")
}

/// `GET /{file}`: what stands beside the pages.
pub(super) async fn beside(request: HttpRequest) -> HttpResponse {
    file(&request, request.path().trim_start_matches('/'))
}

/// `GET /otklik/…`: the element's modules.
pub(super) async fn module(request: HttpRequest, path: Path<String>) -> HttpResponse {
    answer(&request, BUNDLE.module(&path))
}

/// The files that stand beside the pages, by their paths.
pub(super) fn names_beside() -> impl Iterator<Item = &'static str> {
    let beside = |path: &&str| !path.contains('/') && !files::is_page(path);
    files::FILES.iter().map(|(path, _)| *path).filter(beside)
}

fn file(request: &HttpRequest, path: &str) -> HttpResponse {
    answer(request, BUNDLE.written.get(path).map(|asset| (asset, Keep::Ask)))
}

fn answer(request: &HttpRequest, found: Option<(&Asset, Keep)>) -> HttpResponse {
    let Some((asset, keep)) = found else { return HttpResponse::NotFound().finish() };
    let known = matches(request, &asset.tag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    secure(&mut response, CONTENT_POLICY);
    response
        .insert_header((CONTENT_TYPE, asset.content_type))
        .insert_header((
            CACHE_CONTROL,
            if keep == Keep::Always { "public, max-age=31536000, immutable" } else { "no-cache" },
        ))
        .insert_header((ETAG, asset.tag.clone()))
        .insert_header((VARY, "Accept-Encoding"))
        // Modules are loaded by pages of any origin.
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"));
    if known {
        return response.finish();
    }
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let coding = coding::best(accepted.unwrap_or_default());
    if let Some(name) = coding.name() {
        response.insert_header((CONTENT_ENCODING, name));
    }
    response.body(asset.text.as_coded(coding))
}

/// A weak tag of some content (RFC 9110, section 8.8.3): the same for every coding of it.
pub(super) fn etag(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(digest.get(..12).unwrap_or_default()))
}

/// Whether the client has that content already.
pub(super) fn matches(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag || known.trim() == "*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_modules_are_one() {
        assert_eq!(
            join_first(
                &mut files::modules().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
            ),
            [files::ENTRY]
        );
    }
}
