//! QUIC streams for the h3 crate.
//!
//! h3-quinn does the same, but its streams are away while a read of theirs waits,
//! and a server can have h3 give a stream up at that moment, which panics.
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use h3::{
    error::Code,
    quic::{self, ConnectionErrorIncoming, StreamErrorIncoming, StreamId, WriteBuf},
};
use quinn::{ConnectionError, ReadError, VarInt, WriteError};

/// The most bytes that are read at a time.
const BLOCK: usize = 16 << 10;
/// The most bytes of a response: a message of 64 KiB, and more than enough for
/// what HTTP puts around it. h3 keeps a frame until it is whole, however long the
/// server says that it will be.
const RESPONSE: usize = 128 << 10;
/// The most bytes of a stream that the server opens, which is for its settings and its farewell.
const CONTROL: usize = 128 << 10;

/// Something that is waited for.
type Waiting<T> = Option<Pin<Box<dyn Future<Output = Result<T, ConnectionError>> + Send + Sync>>>;

/// A connection, which opens and accepts streams.
pub(super) struct Connection {
    opener: Opener,
    accepting: Waiting<quinn::RecvStream>,
}

/// Opens streams.
pub(super) struct Opener {
    connection: quinn::Connection,
    opening_both: Waiting<(quinn::SendStream, quinn::RecvStream)>,
    opening_one: Waiting<quinn::SendStream>,
}

/// The end of a stream that takes bytes.
pub(super) struct Sender {
    stream: quinn::SendStream,
    /// What was not written yet.
    writing: Option<WriteBuf<Bytes>>,
}

/// The end of a stream that bytes come from.
pub(super) struct Receiver {
    stream: quinn::RecvStream,
    /// Bytes that may still come.
    left: usize,
}

/// A stream went on for too long.
#[derive(Debug)]
pub(super) struct TooLong;

impl std::error::Error for TooLong {}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a response of more than 128 KiB")
    }
}

/// A stream for both.
pub(super) struct Both {
    sender: Sender,
    receiver: Receiver,
}

impl Connection {
    pub(super) fn new(connection: quinn::Connection) -> Connection {
        Connection { opener: Opener::new(connection), accepting: None }
    }
}

impl Opener {
    fn new(connection: quinn::Connection) -> Opener {
        Opener { connection, opening_both: None, opening_one: None }
    }
}

impl Clone for Opener {
    fn clone(&self) -> Opener {
        Opener::new(self.connection.clone())
    }
}

/// Polls what is waited for, which `begin` makes where there is nothing.
fn wait<T>(
    waiting: &mut Waiting<T>,
    cx: &mut Context<'_>,
    begin: impl FnOnce() -> Waiting<T>,
) -> Poll<Result<T, ConnectionErrorIncoming>> {
    if waiting.is_none() {
        *waiting = begin();
    }
    let Some(future) = waiting else { return Poll::Pending };
    let done = ready!(future.as_mut().poll(cx));
    *waiting = None;
    Poll::Ready(done.map_err(lost))
}

impl quic::Connection<Bytes> for Connection {
    type RecvStream = Receiver;
    type OpenStreams = Opener;

    fn poll_accept_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Receiver, ConnectionErrorIncoming>> {
        let connection = &self.opener.connection;
        let begin = || -> Waiting<quinn::RecvStream> {
            let connection = connection.clone();
            Some(Box::pin(async move { connection.accept_uni().await }))
        };
        wait(&mut self.accepting, cx, begin).map_ok(|stream| Receiver { stream, left: CONTROL })
    }

    fn poll_accept_bidi(&mut self, _: &mut Context<'_>) -> Poll<Result<Both, ConnectionErrorIncoming>> {
        // The transport allows a server none (RFC 9114 section 6.1).
        Poll::Pending
    }

    fn opener(&self) -> Opener {
        self.opener.clone()
    }
}

impl quic::OpenStreams<Bytes> for Connection {
    type BidiStream = Both;
    type SendStream = Sender;

    fn poll_open_bidi(&mut self, cx: &mut Context<'_>) -> Poll<Result<Both, StreamErrorIncoming>> {
        self.opener.poll_open_bidi(cx)
    }

    fn poll_open_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<Sender, StreamErrorIncoming>> {
        self.opener.poll_open_send(cx)
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        self.opener.close(code, reason);
    }
}

impl quic::OpenStreams<Bytes> for Opener {
    type BidiStream = Both;
    type SendStream = Sender;

    fn poll_open_bidi(&mut self, cx: &mut Context<'_>) -> Poll<Result<Both, StreamErrorIncoming>> {
        let connection = &self.connection;
        let begin = || -> Waiting<(quinn::SendStream, quinn::RecvStream)> {
            let connection = connection.clone();
            Some(Box::pin(async move { connection.open_bi().await }))
        };
        let opened = ready!(wait(&mut self.opening_both, cx, begin));
        Poll::Ready(match opened {
            Ok((to, stream)) => Ok(Both { sender: Sender::new(to), receiver: Receiver { stream, left: RESPONSE } }),
            Err(connection_error) => Err(StreamErrorIncoming::ConnectionErrorIncoming { connection_error }),
        })
    }

    fn poll_open_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<Sender, StreamErrorIncoming>> {
        let connection = &self.connection;
        let begin = || -> Waiting<quinn::SendStream> {
            let connection = connection.clone();
            Some(Box::pin(async move { connection.open_uni().await }))
        };
        let opened = ready!(wait(&mut self.opening_one, cx, begin));
        Poll::Ready(match opened {
            Ok(to) => Ok(Sender::new(to)),
            Err(connection_error) => Err(StreamErrorIncoming::ConnectionErrorIncoming { connection_error }),
        })
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        self.connection.close(number(code.value()), reason);
    }
}

impl Sender {
    fn new(stream: quinn::SendStream) -> Sender {
        Sender { stream, writing: None }
    }
}

impl quic::SendStream<Bytes> for Sender {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        while let Some(data) = self.writing.as_mut().filter(|data| data.has_remaining()) {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, data.chunk())).map_err(not_written)?;
            data.advance(written);
        }
        self.writing = None;
        Poll::Ready(Ok(()))
    }

    fn send_data<T: Into<WriteBuf<Bytes>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        if self.writing.is_some() {
            let connection_error = ConnectionErrorIncoming::InternalError("written too early".to_owned());
            return Err(StreamErrorIncoming::ConnectionErrorIncoming { connection_error });
        }
        self.writing = Some(data.into());
        Ok(())
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        ready!(self.poll_ready(cx))?;
        Poll::Ready(self.stream.finish().map_err(|e| StreamErrorIncoming::Unknown(Box::new(e))))
    }

    fn reset(&mut self, reset_code: u64) {
        let _ = self.stream.reset(number(reset_code));
    }

    fn send_id(&self) -> StreamId {
        id(self.stream.id())
    }
}

impl quic::RecvStream for Receiver {
    type Buf = Bytes;

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        if self.left == 0 {
            return Poll::Ready(Err(StreamErrorIncoming::Unknown(Box::new(TooLong))));
        }
        let mut block = [0; BLOCK];
        let len = ready!(self.stream.poll_read(cx, &mut block)).map_err(not_read)?;
        self.left = self.left.saturating_sub(len);
        Poll::Ready(Ok((len > 0).then(|| Bytes::copy_from_slice(&block[..len]))))
    }

    fn stop_sending(&mut self, error_code: u64) {
        let _ = self.stream.stop(number(error_code));
    }

    fn recv_id(&self) -> StreamId {
        id(self.stream.id())
    }
}

impl quic::SendStream<Bytes> for Both {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.sender.poll_ready(cx)
    }

    fn send_data<T: Into<WriteBuf<Bytes>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        self.sender.send_data(data)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.sender.poll_finish(cx)
    }

    fn reset(&mut self, reset_code: u64) {
        self.sender.reset(reset_code);
    }

    fn send_id(&self) -> StreamId {
        self.sender.send_id()
    }
}

impl quic::RecvStream for Both {
    type Buf = Bytes;

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        self.receiver.poll_data(cx)
    }

    fn stop_sending(&mut self, error_code: u64) {
        self.receiver.stop_sending(error_code);
    }

    fn recv_id(&self) -> StreamId {
        self.receiver.recv_id()
    }
}

/// A code that HTTP/3 has, all of which fit.
fn number(code: u64) -> VarInt {
    VarInt::from_u64(code).unwrap_or(VarInt::MAX)
}

/// A stream's number.
fn id(id: quinn::StreamId) -> StreamId {
    u64::from(id).try_into().expect("both crates number streams with 62 bits")
}

fn lost(e: ConnectionError) -> ConnectionErrorIncoming {
    match e {
        ConnectionError::ApplicationClosed(close) => {
            ConnectionErrorIncoming::ApplicationClose { error_code: close.error_code.into_inner() }
        }
        ConnectionError::TimedOut => ConnectionErrorIncoming::Timeout,
        e => ConnectionErrorIncoming::Undefined(Arc::new(e)),
    }
}

fn not_read(e: ReadError) -> StreamErrorIncoming {
    match e {
        ReadError::Reset(code) => StreamErrorIncoming::StreamTerminated { error_code: code.into_inner() },
        ReadError::ConnectionLost(e) => StreamErrorIncoming::ConnectionErrorIncoming { connection_error: lost(e) },
        e => StreamErrorIncoming::Unknown(Box::new(e)),
    }
}

fn not_written(e: WriteError) -> StreamErrorIncoming {
    match e {
        WriteError::Stopped(code) => StreamErrorIncoming::StreamTerminated { error_code: code.into_inner() },
        WriteError::ConnectionLost(e) => StreamErrorIncoming::ConnectionErrorIncoming { connection_error: lost(e) },
        e => StreamErrorIncoming::Unknown(Box::new(e)),
    }
}
