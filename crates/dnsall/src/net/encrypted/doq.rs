//! DNS over QUIC (RFC 9250): a stream for each question, messages behind their length.
use plainnet_common::text::shown;
use quinn::{Connection, ConnectionError, ReadError, ReadExactError, VarInt, WriteError};

use crate::net::encrypted::{
    client::{Client, Failure, Opened, Target},
    quic,
};

/// A client of one connection.
#[derive(Clone)]
pub(super) struct Doq(Connection);

/// What messages call the protocol.
const PROTOCOL: &str = "DNS over QUIC";
/// The code of a farewell (RFC 9250 section 4.3).
const NO_ERROR: VarInt = VarInt::from_u32(0);

/// Connects, and has the server prove its name.
///
/// # Errors
/// The step that failed, and why.
pub(super) async fn connect(target: &Target) -> Result<Opened<Doq>, String> {
    let (endpoint, connection) = quic::open(target, b"doq", PROTOCOL).await?;
    let watched = connection.clone();
    let closed = Box::pin(async move {
        let why = lost(&watched.closed().await);
        drop(endpoint);
        why
    });
    let how = format!("{PROTOCOL} with TLS 1.3, certificate of {} verified", target.server.name);
    Ok(Opened { client: Doq(connection), closed, how })
}

impl Client for Doq {
    async fn ask(self, message: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let (mut to, mut from) = self.0.open_bi().await.map_err(|e| Failure::Connection(lost(&e)))?;
        let len = u16::try_from(message.len()).unwrap_or(0).to_be_bytes();
        let question = [&len[..], &message].concat();
        match to.write_all(&question).await {
            Ok(()) => drop(to.finish()),
            // The answer may be on its way nevertheless.
            Err(WriteError::Stopped(_)) => {}
            Err(WriteError::ConnectionLost(e)) => return Err(Failure::Connection(lost(&e))),
            Err(e) => return Err(Failure::Question(format!("QUIC: {e}"))),
        }
        let mut len = [0; 2];
        from.read_exact(&mut len).await.map_err(|e| failure(e, "the length"))?;
        let len = usize::from(u16::from_be_bytes(len));
        // It grows with what comes, not with what was announced.
        let mut reply = Vec::new();
        while reply.len() < len {
            match from.read_chunk(len - reply.len(), true).await {
                Ok(Some(part)) => reply.extend_from_slice(&part.bytes),
                Ok(None) => return Err(failure(ReadExactError::FinishedEarly(reply.len()), &format!("{len} bytes"))),
                Err(e) => return Err(failure(ReadExactError::ReadError(e), "")),
            }
        }
        // One answer is all that a question has; what a server sends behind it is not read.
        let _ = from.stop(NO_ERROR);
        Ok(reply)
    }

    fn close(&self) {
        self.0.close(NO_ERROR, b"");
    }
}

/// Why a connection is over, with the code's name (RFC 9250 section 4.3).
fn lost(e: &ConnectionError) -> String {
    match e {
        ConnectionError::ApplicationClosed(close) => {
            let text = if close.reason.is_empty() { String::new() } else { format!(": {}", shown(&close.reason)) };
            format!("the server ended the connection ({}{text})", code(close.error_code))
        }
        e => quic::words(e, PROTOCOL),
    }
}

fn failure(e: ReadExactError, wanted: &str) -> Failure {
    match e {
        ReadExactError::FinishedEarly(0) if wanted == "the length" => {
            Failure::Question("the server ended the stream without an answer".to_owned())
        }
        ReadExactError::FinishedEarly(got) => {
            Failure::Question(format!("the answer ended after {got} bytes of {wanted}"))
        }
        ReadExactError::ReadError(ReadError::Reset(reset)) => {
            Failure::Question(format!("the server reset the stream ({})", code(reset)))
        }
        ReadExactError::ReadError(ReadError::ConnectionLost(e)) => Failure::Connection(lost(&e)),
        ReadExactError::ReadError(e) => Failure::Question(format!("QUIC: {e}")),
    }
}

fn code(code: VarInt) -> String {
    match code.into_inner() {
        0 => "DOQ_NO_ERROR".to_owned(),
        1 => "DOQ_INTERNAL_ERROR".to_owned(),
        2 => "DOQ_PROTOCOL_ERROR".to_owned(),
        3 => "DOQ_REQUEST_CANCELLED".to_owned(),
        4 => "DOQ_EXCESSIVE_LOAD".to_owned(),
        5 => "DOQ_UNSPECIFIED_ERROR".to_owned(),
        other => format!("code {other:#x}"),
    }
}
