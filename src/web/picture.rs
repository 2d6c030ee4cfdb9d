//! The picture of a user who chose none: the name's first letter on a colour of the name's own.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Path;
use actix_web::{HttpResponse, HttpResponseBuilder};
use sha2::{Digest, Sha256};

use super::secure;
use crate::domain::Username;

/// `GET /img/NAME.svg`; 404 where that is no name. It needs no user: the same name gives the same picture.
pub(super) async fn generated(name: Path<String>) -> HttpResponse {
    let Ok(name) = Username::parse(&name) else { return HttpResponse::NotFound().finish() };
    let mut response: HttpResponseBuilder = HttpResponse::Ok();
    secure(&mut response, "default-src 'none'");
    response
        .insert_header((CONTENT_TYPE, "image/svg+xml"))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .body(picture(&name))
}

fn picture(name: &Username) -> String {
    // Digests are even: their first bytes spread names over the colours.
    let digest: [u8; 32] = Sha256::digest(name.skeleton()).into();
    let hue = u32::from(digest[0]) * 360 / 256;
    let letter = name.as_str().chars().find(|c| c.is_alphanumeric()).unwrap_or('·');
    let letter: String = letter.to_uppercase().take(2).collect();
    // Letters and digits need no escaping in XML, and names have nothing else that comes here.
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\" width=\"64\" height=\"64\">\
         <rect width=\"64\" height=\"64\" fill=\"hsl({hue},45%,42%)\"/>\
         <text x=\"32\" y=\"33\" fill=\"#fff\" font-family=\"system-ui,sans-serif\" font-size=\"30\" \
         text-anchor=\"middle\" dominant-baseline=\"central\">{letter}</text></svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_of_its_name() {
        let of = |name: &str| picture(&Username::parse(name).unwrap());
        assert_eq!(of("alice"), of("alice"));
        assert_ne!(of("alice"), of("boris"));
        assert!(of("анна").contains(">А</text>"));
        assert!(of("__").contains(">·</text>"));
    }
}
