//! DNS messages in HTTP requests and responses (RFC 8484), whatever version of
//! HTTP carries them.
use std::net::IpAddr;

use http::{
    Request, Response, StatusCode, Uri,
    header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE},
};
use plainnet_common::text::shown;

use crate::net::{
    encrypted::{client::Failure, report},
    server::Server,
};

/// The media type of a DNS message (RFC 8484 section 6).
const MEDIA_TYPE: &str = "application/dns-message";
/// The largest header of a response that is read, in bytes.
pub(super) const LARGEST_HEADER: u32 = 16 << 10;

/// The URL of a server.
///
/// # Errors
/// It has none.
pub(super) fn url(server: &Server) -> Result<Uri, String> {
    let host = match server.name.parse() {
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ => server.name.to_string(),
    };
    let port = server.addr.port();
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    format!("https://{host}{port}{}", server.path).parse().map_err(|e| format!("no URL: {e}"))
}

/// A request with a message of `len` bytes as its body.
pub(super) fn request(url: &Uri, len: usize) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = url.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, http::HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(CONTENT_LENGTH, len.into());
    request
}

/// Does the body of this response hold a message?
///
/// # Errors
/// It doesn't; the text tells the status or the type that it has instead.
pub(super) fn check<B>(response: &Response<B>) -> Result<(), Failure> {
    let status = response.status();
    if !status.is_success() {
        return Err(Failure::Question(format!("HTTP status {}", words(status))));
    }
    let header = |name| response.headers().get(name).map(http::HeaderValue::as_bytes);
    let media_type = header(CONTENT_TYPE).unwrap_or_default();
    let essence = media_type.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    if !essence.eq_ignore_ascii_case(MEDIA_TYPE.as_bytes()) {
        let media_type = if essence.is_empty() { "nothing".to_owned() } else { shown(essence).to_string() };
        return Err(Failure::Question(format!("no DNS over HTTPS at this URL: content type {media_type}")));
    }
    let length = header(CONTENT_LENGTH).and_then(|text| str::from_utf8(text).ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > report::MESSAGE as u64) {
        return Err(too_long());
    }
    Ok(())
}

/// Adds a part of the body to what came before it.
///
/// # Errors
/// Together they are longer than any message.
pub(super) fn extend(reply: &mut Vec<u8>, part: &[u8]) -> Result<(), Failure> {
    if reply.len() + part.len() > report::MESSAGE {
        return Err(too_long());
    }
    reply.extend_from_slice(part);
    Ok(())
}

fn too_long() -> Failure {
    Failure::Question("a reply of more than 64 KiB".to_owned())
}

/// `404 Not Found`, or the number alone.
fn words(status: StatusCode) -> String {
    let words = status.canonical_reason().map_or_else(String::new, |words| format!(" {words}"));
    let why = match status.as_u16() {
        300..400 => " (a redirection, which is not followed)",
        400 | 404 | 405 | 415 => " (is the path of the URL right?)",
        _ => "",
    };
    format!("{}{words}{why}", status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::server::Address;

    #[test]
    fn the_url_that_is_asked() {
        for (text, wanted) in [
            ("https://dns.example@192.0.2.1", "https://dns.example/dns-query"),
            ("https://dns.example@192.0.2.1:8443/a?b", "https://dns.example:8443/a?b"),
            ("https://[2001:db8::1]:8443/-._~!$&'()*+,;=:@%41/?", "https://[2001:db8::1]:8443/-._~!$&'()*+,;=:@%41/?"),
            ("https://192.0.2.1/", "https://192.0.2.1/"),
        ] {
            let Ok(address) = text.parse::<Address>() else { continue };
            assert_eq!(url(&address.servers().unwrap()[0]).unwrap().to_string(), wanted);
        }
    }

    #[test]
    fn what_is_no_answer() {
        let response = |status: u16, media_type: &str, length: u64| {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            response.headers_mut().insert(CONTENT_TYPE, media_type.parse().unwrap());
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
            check(&response)
        };
        let good = "Application/DNS-Message; charset=none";
        assert_eq!(response(200, good, 65_535), Ok(()));
        for (status, media_type, length, why) in [
            (500, good, 0, "HTTP status 500 Internal Server Error"),
            (301, good, 0, "HTTP status 301 Moved Permanently (a redirection, which is not followed)"),
            (404, "text/html", 9, "HTTP status 404 Not Found (is the path of the URL right?)"),
            (599, good, 0, "HTTP status 599"),
            (200, "text/html; charset=utf-8", 9, "no DNS over HTTPS at this URL: content type text/html"),
            (200, "", 9, "no DNS over HTTPS at this URL: content type nothing"),
            (200, good, 65_536, "a reply of more than 64 KiB"),
        ] {
            assert_eq!(response(status, media_type, length), Err(Failure::Question(why.to_owned())));
        }
    }

    #[test]
    fn a_body_has_a_bound() {
        let mut reply = vec![0; 65_000];
        assert_eq!(extend(&mut reply, &[0; 535]), Ok(()));
        assert!(extend(&mut reply, &[0]).is_err());
        assert_eq!(reply.len(), 65_535);
    }
}
