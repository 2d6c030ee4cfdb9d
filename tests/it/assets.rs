//! What a browser loads: every file of `static/`, packed as the browser likes it, and the element's modules under a path
//! that changes with them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use awc::Client as Http;
use bytes::Bytes;

use crate::site::{Site, within};

/// What a path answers to somebody who takes these codings.
async fn get(site: &Site, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = Http::default().get(site.url(path)).no_decompress();
    for (name, value) in headers {
        request = request.insert_header((*name, *value));
    }
    let mut response = within(path, request.send()).await.expect("an answer");
    let body = within(path, response.body()).await.expect("a body");
    (response.status(), response.headers().clone(), body)
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// The folder that is served.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("static")
}

/// Every file in it that a browser may load, by its path there.
fn files() -> Vec<String> {
    let (mut files, mut open) = (Vec::new(), vec![folder()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "node_modules" {
                open.push(path);
            } else if [".js", ".css", ".html", ".svg"].iter().any(|end| name.ends_with(end)) {
                let path = path.strip_prefix(self::folder()).unwrap();
                files.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files
}

/// Where a file is served.
fn address(file: &str) -> String {
    match file {
        "index.html" => "/".to_owned(),
        page => format!("/{}", page.trim_end_matches(".html")),
    }
}

#[actix_web::test]
async fn every_file_is_served_in_every_coding() {
    let site = Site::start().await;
    for file in files() {
        let path = address(&file);
        let (status, headers, plain) = get(&site, &path, &[]).await;
        assert_eq!(status, StatusCode::OK, "{file} is not served: name it in src/web/assets/files.rs");
        assert_eq!(header(&headers, "cache-control"), "no-cache", "{file}");
        assert_eq!(header(&headers, "access-control-allow-origin"), "*", "{file}");
        let (_, headers, packed) = get(&site, &path, &[("accept-encoding", "gzip, br;q=0")]).await;
        assert_eq!(header(&headers, "content-encoding"), "gzip", "{file}");
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&*packed).read_to_end(&mut text).unwrap();
        assert!(text == plain, "{file}");
        let (_, headers, packed) = get(&site, &path, &[("accept-encoding", "gzip, deflate, br")]).await;
        assert_eq!(
            (header(&headers, "content-encoding"), header(&headers, "vary")),
            ("br", "Accept-Encoding")
        );
        text.clear();
        brotli::Decompressor::new(&*packed, 4_096).read_to_end(&mut text).unwrap();
        assert!(text == plain, "{file}");
        let tag = header(&headers, "etag").to_owned();
        let (status, _, body) = get(&site, &path, &[("if-none-match", &tag)]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{file}");
    }
}

#[actix_web::test]
async fn the_loader_names_modules_that_are_kept_for_ever() {
    let site = Site::start().await;
    let (_, _, loader) = get(&site, "/embed.js", &[]).await;
    let loader = String::from_utf8(loader.to_vec()).unwrap();
    assert!(!loader.contains("__"), "nothing is left to fill in: {loader}");
    let (_, rest) = loader.split_once("otklik/").expect("the folder");
    let folder = rest.split('/').next().unwrap().to_owned();
    let (_, list) = loader.split_once("[\"").expect("the modules");
    let (list, _) = list.split_once(']').unwrap();
    let list: Vec<String> = serde_json::from_str(&format!("[\"{list}]")).unwrap();
    assert!(list.contains(&"element/element.js".to_owned()), "{list:?}");
    for module in &list {
        let path = format!("/otklik/{folder}/{module}");
        let (status, headers, lean) = get(&site, &path, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(header(&headers, "cache-control").contains("immutable"), "{path}");
        let lean = String::from_utf8(lean.to_vec()).unwrap();
        assert!(lean.lines().all(|line| !line.trim_start().starts_with("//")), "{path}");
        // A page that was loaded from an older server goes on with what there is now.
        let (status, headers, _) = get(&site, &format!("/otklik/0123456789abcdef/{module}"), &[]).await;
        assert_eq!((status, header(&headers, "cache-control")), (StatusCode::OK, "no-cache"), "{module}");
    }
    let (status, ..) = get(&site, &format!("/otklik/{folder}/nothing.js"), &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
