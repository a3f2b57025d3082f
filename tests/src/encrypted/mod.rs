//! Name servers by HTTPS, HTTP/3 and QUIC, that do as they should or do harm.
//!
//! They hand each question on to a plain server of the lab, by TCP, so that what
//! such a server does to its messages reaches the client unchanged.
use std::{
    future::Future,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime,
};

mod doq;
mod http2;
mod http3;

pub use doq::serve as quic;
pub use http2::serve as https;
pub use http3::serve as h3;

/// What a server does with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It answers.
    Good,
    /// HTTP: this status, with the answer as a body.
    Status(u16),
    /// HTTP: a page instead of a message.
    Page,
    /// The identifier of the answer is not the question's.
    WrongId,
    /// Bytes without end. By QUIC they follow a whole answer.
    Endless,
    /// HTTP/3: a header that never ends.
    LongHeader,
    /// HTTP/3: settings that never end.
    LongSettings,
    /// A byte each second.
    Dribble,
    /// Half of the answer, and then the end of the stream.
    Half,
    /// The end of the stream at once.
    Empty,
    /// The stream is reset.
    Reset,
    /// The first streams of the first connection are refused as not looked at, so many.
    Refuse(usize),
    /// HTTP/2: it answers, but takes no more than ten questions at a time.
    Few,
    /// The first connection takes so many questions and says goodbye.
    GoAway(usize),
    /// Each connection ends with an error instead of the first answer.
    Close,
    /// Nothing.
    Silent,
}

/// A running server. It runs as long as the process.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    counts: Arc<Counts>,
}

impl Server {
    /// Connections whose handshake was finished.
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// QUIC connections that the client ended as one should.
    pub fn farewells(&self) -> usize {
        self.counts.farewells.load(Ordering::Relaxed)
    }

    /// Questions that came.
    pub fn asked(&self) -> usize {
        self.counts.questions.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicUsize,
    questions: AtomicUsize,
    farewells: AtomicUsize,
}

/// What all connections of a server share.
#[derive(Clone, Debug)]
struct Host {
    behind: SocketAddr,
    manner: Manner,
    counts: Arc<Counts>,
}

impl Host {
    fn new(behind: SocketAddr, manner: Manner) -> Host {
        Host { behind, manner, counts: Arc::default() }
    }

    /// Counts a question; its number from 0.
    fn count(&self) -> usize {
        self.counts.questions.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a connection that the client has ended without an error.
    fn said_goodbye(&self) {
        self.counts.farewells.fetch_add(1, Ordering::Relaxed);
    }

    /// Is it time for [`Manner::GoAway`], after `taken` questions of a connection?
    fn goes_away(&self, taken: usize) -> bool {
        matches!(self.manner, Manner::GoAway(most) if taken > most)
            && self.counts.connections.load(Ordering::Relaxed) == 1
    }

    /// The answer of the server behind us.
    async fn answer(&self, question: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.behind).await?;
        let len = u16::try_from(question.len()).map_err(io::Error::other)?;
        stream.write_all(&[&len.to_be_bytes()[..], question].concat()).await?;
        let mut answer = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut answer).await?;
        if self.manner == Manner::WrongId {
            answer[0] ^= 1;
        }
        Ok(answer)
    }
}

/// Starts a thread with a runtime in which `server` listens; its address comes back from there.
fn start<F>(host: &Host, server: impl FnOnce(Host, std::sync::mpsc::Sender<SocketAddr>) -> F + Send + 'static) -> Server
where
    F: Future<Output = ()>,
{
    let (tell, hear) = std::sync::mpsc::channel();
    let counts = host.counts.clone();
    let host = host.clone();
    thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(server(host, tell));
    });
    Server { addr: hear.recv().expect("a free port"), counts }
}

/// The time between two bytes of [`Manner::Dribble`].
const PAUSE: Duration = Duration::from_secs(1);

/// Longer than any test.
async fn forever() {
    tokio::time::sleep(Duration::from_secs(3600)).await;
}
