//! DNS over HTTPS by HTTP/3 (RFC 8484, RFC 9114).
use bytes::{Buf as _, Bytes};
use h3::{
    client::SendRequest,
    error::{Code, ConnectionError, StreamError},
};
use http::Uri;
use plainnet_common::text::shown;
use quinn::VarInt;

use crate::net::encrypted::{
    client::{Client, Failure, Opened, Target},
    h3_streams::{Connection, Opener, TooLong},
    http::{self as doh, LARGEST_HEADER},
    quic,
};

/// A client of one HTTP/3 connection.
#[derive(Clone)]
pub(super) struct Http3 {
    url: Uri,
    requests: SendRequest<Opener, Bytes>,
    connection: quinn::Connection,
}

/// The code H3_NO_ERROR (RFC 9114 section 8.1).
const NO_ERROR: VarInt = VarInt::from_u32(0x100);
/// What messages call the protocol.
const PROTOCOL: &str = "HTTP/3";

/// Connects, and has the server prove its name.
///
/// # Errors
/// The step that failed, and why.
pub(super) async fn connect(target: &Target) -> Result<Opened<Http3>, String> {
    let url = doh::url(&target.server)?;
    let (endpoint, connection) = quic::open(target, b"h3", PROTOCOL).await?;
    let (watched, kept) = (connection.clone(), connection.clone());
    // The server's settings are not waited for: requests may go out before they come (RFC 9114 section 7.2.4.2).
    let mut builder = h3::client::builder();
    builder.max_field_section_size(LARGEST_HEADER.into()).send_grease(false);
    let (mut driver, requests) = builder.build(Connection::new(connection)).await.map_err(|e| lost(&e))?;
    let closed = Box::pin(async move {
        let e = driver.wait_idle().await;
        let why = match watched.close_reason() {
            Some(quinn::ConnectionError::LocallyClosed) | None => lost(&e),
            Some(quinn::ConnectionError::ApplicationClosed(close)) => {
                format!("the server ended the connection ({})", code(close.error_code.into_inner()))
            }
            Some(e) => quic::words(&e, PROTOCOL),
        };
        drop(endpoint);
        why
    });
    let how = format!("HTTP/3 with TLS 1.3, certificate of {} verified", target.server.name);
    Ok(Opened { client: Http3 { url, requests, connection: kept }, closed, how })
}

impl Client for Http3 {
    async fn ask(mut self, message: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let request = doh::request(&self.url, message.len());
        let mut stream = self.requests.send_request(request).await.map_err(|e| failure(&e))?;
        stream.send_data(message.into()).await.map_err(|e| failure(&e))?;
        stream.finish().await.map_err(|e| failure(&e))?;
        let response = stream.recv_response().await.map_err(|e| failure(&e))?;
        doh::check(&response)?;
        let mut reply = Vec::new();
        while let Some(mut part) = stream.recv_data().await.map_err(|e| failure(&e))? {
            while part.has_remaining() {
                let chunk = part.chunk();
                let len = chunk.len();
                doh::extend(&mut reply, chunk)?;
                part.advance(len);
            }
        }
        Ok(reply)
    }

    fn close(&self) {
        self.connection.close(NO_ERROR, b"");
    }
}

/// An error of a stream is about one question, but where the server says that it
/// did not look at it (RFC 9114 section 4.1.1).
fn failure(e: &StreamError) -> Failure {
    match e {
        StreamError::RemoteTerminate { code: Code::H3_REQUEST_REJECTED, .. } => Failure::Connection(words(e)),
        StreamError::ConnectionError { .. } | StreamError::RemoteClosing { .. } => Failure::Connection(words(e)),
        _ => Failure::Question(words(e)),
    }
}

fn words(e: &StreamError) -> String {
    match e {
        StreamError::RemoteTerminate { code: reset, .. } => {
            format!("the server reset the stream ({})", code(reset.value()))
        }
        StreamError::RemoteClosing { .. } => "the server ends the connection (GOAWAY)".to_owned(),
        StreamError::HeaderTooBig { .. } => "a response with a header of more than 16 KiB".to_owned(),
        StreamError::StreamError { code: broken, .. } => {
            format!("what the server sent is no HTTP/3 ({})", code(broken.value()))
        }
        StreamError::ConnectionError { 0: e, .. } => lost(e),
        StreamError::Undefined { 0: e, .. } if e.is::<TooLong>() => e.to_string(),
        e => format!("HTTP/3: {}", shown(e.to_string().as_bytes())),
    }
}

fn lost(e: &ConnectionError) -> String {
    match e {
        e if e.is_h3_no_error() => "the server ended the connection".to_owned(),
        ConnectionError::Timeout { .. } => "QUIC: no answer".to_owned(),
        ConnectionError::Local { error: h3::error::LocalError::Application { code: broken, .. }, .. } => {
            format!("what the server sent is no HTTP/3 ({})", code(broken.value()))
        }
        e => format!("HTTP/3: {}", shown(e.to_string().as_bytes())),
    }
}

/// The name of an error code, as RFC 9114 section 8.1 and RFC 9204 section 6 have it.
fn code(value: u64) -> String {
    shown(Code::from(value).to_string().as_bytes()).to_string()
}
