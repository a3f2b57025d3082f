//! DNS over HTTPS by HTTP/2 (RFC 8484, RFC 9113).
use std::{io, sync::Arc};

use bytes::Bytes;
use h2::{
    Reason,
    client::{self, SendRequest},
};
use http::Uri;
use plainnet_common::{dial::Dial, text::shown};
use tokio::{net::TcpStream, time::Instant};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::net::{
    encrypted::{
        client::{Client, Failure, Opened, Target, within},
        http::{self as doh, LARGEST_HEADER},
    },
    reason, trust,
};

/// How often a question is asked again that the server has refused to look at.
/// The first ones go out before its settings come, and it may take fewer at a
/// time; then there is room when the others are answered.
const MOST_REFUSALS: usize = 3;

/// A client of one HTTP/2 connection.
#[derive(Clone)]
pub(super) struct Http2 {
    url: Uri,
    requests: SendRequest<Bytes>,
}

/// Connects, and has the server prove its name.
///
/// # Errors
/// The step that failed, and why.
pub(super) async fn connect(target: &Target) -> Result<Opened<Http2>, String> {
    let deadline = || Instant::now() + target.patience;
    let server = &target.server;
    let url = doh::url(server)?;
    let config = trust::config(b"h2").map_err(|e| format!("TLS: {e}"))?;
    let name = trust::server_name(&server.name)?;
    // Nothing else is to be done by this thread meanwhile.
    let (now, end) = (Instant::now().into_std(), deadline().into_std());
    let (socket, _) = Dial::new([server.addr], now, Some(end)).finish().map_err(|e| {
        let why = if e.kind() == io::ErrorKind::TimedOut { "no answer".to_owned() } else { reason(&e) };
        format!("TCP: {why}")
    })?;
    let socket = TcpStream::from_std(socket).map_err(|e| reason(&e))?;
    let tls = within(deadline(), "TLS", async {
        let tls = TlsConnector::from(Arc::new(config)).connect(name, socket).await;
        tls.map_err(|e| trust::words(&e, &server.name, "HTTP/2"))
    });
    let tls = tls.await?;
    let (_, session) = tls.get_ref();
    if session.alpn_protocol() != Some(b"h2") {
        return Err("TLS: the server does not speak HTTP/2".to_owned());
    }
    let how = format!("HTTP/2 over {}, certificate of {} verified", trust::version(session), server.name);
    let (requests, connection) = within(deadline(), "HTTP/2", handshake(tls)).await?;
    let closed = Box::pin(async move {
        match connection.await {
            Ok(()) => "the server ended the connection".to_owned(),
            Err(e) => self::words(&e),
        }
    });
    Ok(Opened { client: Http2 { url, requests }, closed, how })
}

type Connected = (SendRequest<Bytes>, client::Connection<TlsStream<TcpStream>, Bytes>);

/// Sends our settings. The server's are not waited for: questions may go out before they come (RFC 9113 section 3.4).
async fn handshake(tls: TlsStream<TcpStream>) -> Result<Connected, String> {
    let mut builder = client::Builder::new();
    builder.enable_push(false).max_header_list_size(LARGEST_HEADER);
    builder.handshake(tls).await.map_err(|e| words(&e))
}

impl Client for Http2 {
    async fn ask(self, message: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let message = Bytes::from(message);
        for _ in 0..MOST_REFUSALS {
            match self.once(message.clone()).await {
                Err(e) if is_refused(&e) => {}
                done => return done.map_err(|e| failure(&e))?,
            }
        }
        self.once(message).await.map_err(|e| failure(&e))?
    }
}

impl Http2 {
    /// Makes the request. An error of HTTP/2 is the outer one.
    async fn once(&self, message: Bytes) -> Result<Result<Vec<u8>, Failure>, h2::Error> {
        let mut requests = self.requests.clone().ready().await?;
        let request = doh::request(&self.url, message.len());
        let (response, mut body) = requests.send_request(request, false)?;
        body.send_data(message, true)?;
        let response = response.await?;
        if let Err(no_answer) = doh::check(&response) {
            return Ok(Err(no_answer));
        }
        let (mut body, mut reply) = (response.into_body(), Vec::new());
        while let Some(part) = body.data().await {
            let part = part?;
            if let Err(no_answer) = doh::extend(&mut reply, &part) {
                return Ok(Err(no_answer));
            }
            let _ = body.flow_control().release_capacity(part.len());
        }
        Ok(Ok(reply))
    }
}

/// Does the server say that it did not look at the question (RFC 9113 section 8.7)?
fn is_refused(e: &h2::Error) -> bool {
    e.is_reset() && e.is_remote() && e.reason() == Some(Reason::REFUSED_STREAM)
}

/// An error of a stream is about one question.
fn failure(e: &h2::Error) -> Failure {
    if e.is_reset() && !is_refused(e) { Failure::Question(words(e)) } else { Failure::Connection(words(e)) }
}

fn words(e: &h2::Error) -> String {
    if let Some(e) = e.get_io() {
        return match e.kind() {
            // TLS without its farewell, or something to send that nobody waits for.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => "connection closed by the server".to_owned(),
            _ => reason(e),
        };
    }
    let code = e.reason().map_or_else(String::new, |code| format!(" ({code:?})"));
    let text = match (e.is_remote(), e.is_reset()) {
        (true, true) => format!("the server reset the stream{code}"),
        (true, false) => format!("the server ended the connection{code}"),
        (false, _) if e.is_library() => format!("what the server sent is no HTTP/2{code}"),
        (false, _) => format!("HTTP/2: {e}"),
    };
    shown(text.as_bytes()).to_string()
}
