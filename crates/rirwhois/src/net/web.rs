//! Requests by HTTP and HTTPS for RDAP, several at once.
//!
//! ureq waits for each reply, so each request that is under way has a thread; where the system
//! gives none, the caller waits instead. Replies are told by a byte in a pipe, for poll(2).
use std::{
    cell::Cell,
    collections::VecDeque,
    fmt,
    io::{self, PipeReader, PipeWriter, Read as _, Write as _},
    net::{TcpStream, ToSocketAddrs as _},
    os::fd::{AsFd as _, BorrowedFd},
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use plainnet_common::{dial::Dial, output::reason};
use ureq::{
    Agent, Error, Proxy,
    config::Config,
    http::Uri,
    tls::{Certificate, RootCerts, TlsConfig},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{
            Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout,
            RustlsConnector, Transport,
        },
    },
};

use crate::ask::{
    proxy::without_password,
    query::{End, HttpReply, Query},
};

/// Most requests under way at once.
const THREADS: usize = 8;

/// A reply longer than this is read while no other long one is, so that several
/// endless ones take no more memory than one.
const LONG: usize = 256 << 10;

/// A request that is to be made.
#[derive(Debug)]
struct Request {
    id: u64,
    query: Query,
    url: String,
    proxy: Option<String>,
    budget: Duration,
}

/// What came of a request.
#[derive(Debug)]
pub struct Reply {
    /// The number that the request was given.
    pub id: u64,
    /// What was asked.
    pub query: Query,
    /// The reply, or why there is none.
    pub reply: Result<HttpReply, End>,
    /// How long it took.
    pub took: Duration,
}

/// All requests of a run.
#[derive(Debug)]
pub struct Web {
    client: Client,
    requests: Arc<Mutex<Queue>>,
    wanted: Arc<Condvar>,
    replies: Receiver<Reply>,
    sender: Sender<Reply>,
    bell: PipeReader,
    ringer: Arc<PipeWriter>,
    threads: usize,
    under_way: usize,
}

#[derive(Debug, Default)]
struct Queue {
    requests: VecDeque<Request>,
    closed: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Web {
    /// Nothing is asked yet. `most` bytes of a reply are read; `agent` names this program.
    ///
    /// # Errors
    /// There are no descriptors left.
    pub fn new(agent: &str, most: usize) -> io::Result<Web> {
        let (bell, ringer) = io::pipe()?;
        let (sender, replies) = mpsc::channel();
        Ok(Web {
            client: Client::new(agent, "application/rdap+json", most),
            requests: Arc::default(),
            wanted: Arc::default(),
            replies,
            sender,
            bell,
            ringer: Arc::new(ringer),
            threads: 0,
            under_way: 0,
        })
    }

    /// Makes a request. The reply comes at once where the system gives no thread.
    pub fn begin(
        &mut self,
        id: u64,
        query: Query,
        url: String,
        proxy: Option<String>,
        budget: Duration,
    ) -> Option<Reply> {
        let request = Request { id, query, url, proxy, budget };
        if self.under_way == self.threads && self.threads < THREADS {
            self.threads += usize::from(self.spawn().is_ok());
        }
        if self.threads == 0 {
            return Some(self.client.answer(request));
        }
        self.under_way += 1;
        lock(&self.requests).requests.push_back(request);
        self.wanted.notify_one();
        None
    }

    fn spawn(&self) -> io::Result<()> {
        let (client, requests, wanted) = (self.client.clone(), self.requests.clone(), self.wanted.clone());
        let (sender, ringer) = (self.sender.clone(), self.ringer.clone());
        let work = move || {
            loop {
                let mut queue = lock(&requests);
                let request = loop {
                    if queue.closed {
                        return;
                    }
                    match queue.requests.pop_front() {
                        Some(request) => break request,
                        None => queue = wanted.wait(queue).unwrap_or_else(PoisonError::into_inner),
                    }
                };
                drop(queue);
                // Where nobody listens any more, nobody misses it.
                if sender.send(client.answer(request)).is_err() || (&*ringer).write_all(&[0]).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("rdap".into()).stack_size(1 << 20).spawn(work).map(drop)
    }

    /// What to poll for reading.
    pub fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// Replies that came since the bell last rang, which is to be called when the bell is readable.
    pub fn replies(&mut self) -> Vec<Reply> {
        let mut rings = [0; 64];
        let _ = self.bell.read(&mut rings);
        let replies: Vec<Reply> = self.replies.try_iter().collect();
        self.under_way -= replies.len();
        replies
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        lock(&self.requests).closed = true;
        self.wanted.notify_all();
    }
}

/// What makes the requests, for all threads.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    most: usize,
    long: Arc<Long>,
}

/// A reply whose body is still to be read.
pub struct Opened {
    /// As 200.
    pub status: u16,
    /// Where it was `Location`.
    pub location: Option<String>,
    /// `Retry-After`, as it was sent.
    pub retry_after: Option<String>,
    /// Bytes of the body, where the server says.
    pub length: Option<u64>,
    /// The body.
    pub body: Box<dyn io::Read + Send>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("status", &self.status).field("length", &self.length).finish_non_exhaustive()
    }
}

/// Only one long reply is read at a time.
#[derive(Debug, Default)]
struct Long {
    taken: Mutex<bool>,
    free: Condvar,
}

impl Long {
    /// Waits for its turn, no longer than until `deadline`.
    fn take(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let taken = self.free.wait_timeout_while(lock(&self.taken), left, |taken| *taken);
        let (mut taken, _) = taken.unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut *taken, true)
    }

    fn give_back(&self) {
        *lock(&self.taken) = false;
        self.free.notify_one();
    }
}

impl Client {
    /// `accept` is what a reply may be, and `most` bytes of it are read where it is read whole.
    pub fn new(agent: &str, accept: &str, most: usize) -> Client {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Redirects are followed by our own rules; the proxy is told with each request.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(agent)
            .accept(accept)
            .tls_config(TlsConfig::builder().root_certs(roots()).build())
            .build();
        let connector = ().chain(ConnectProxyConnector::default()).chain(Tcp).chain(RustlsConnector::default());
        Client { agent: Agent::with_parts(config, connector, Names), most, long: Arc::default() }
    }

    fn answer(&self, request: Request) -> Reply {
        let start = Instant::now();
        let Request { id, query, url, proxy, budget } = request;
        let reply = ending(|| self.get(&url, proxy.as_deref(), budget, start));
        Reply { id, query, reply, took: start.elapsed() }
    }

    /// One request, with `budget` left of the deadline.
    fn get(&self, url: &str, proxy: Option<&str>, budget: Duration, start: Instant) -> Result<HttpReply, End> {
        let deadline = start.checked_add(budget).unwrap_or(start + Duration::from_secs(86_400));
        let Opened { status, location, retry_after, body: mut reader, .. } = self.open(url, proxy, budget)?;
        let mut body = Vec::new();
        let mut read = (&mut reader).take(LONG.min(self.most.saturating_add(1)) as u64).read_to_end(&mut body);
        if read.is_ok() && body.len() == LONG && self.most >= LONG {
            if !self.long.take(deadline) {
                return Err(End::Slow("truncated, timed out".into()));
            }
            let rest = (self.most - LONG).saturating_add(1) as u64;
            read = (&mut reader).take(rest).read_to_end(&mut body);
            self.long.give_back();
        }
        if body.len() > self.most {
            return Err(End::Cut(format!("truncated at {} bytes", self.most)));
        }
        match read {
            Ok(_) => Ok(HttpReply { status, location, retry_after, body }),
            Err(_) if Instant::now() >= deadline => Err(End::Slow("truncated, timed out".into())),
            Err(e) => Err(End::Cut(format!("truncated, {}", broken(&e)))),
        }
    }

    /// The head of a reply, and its body to be read within the rest of `budget`, by the same thread.
    ///
    /// # Errors
    /// There is no reply.
    pub fn open(&self, url: &str, proxy: Option<&str>, budget: Duration) -> Result<Opened, End> {
        if budget.is_zero() {
            return Err(End::Unreachable("timed out".into()));
        }
        let proxy = match proxy {
            Some(text) => {
                Some(Proxy::new(text).map_err(|e| End::Unreachable(format!("proxy {}: {e}", without_password(text))))?)
            }
            None => None,
        };
        DEADLINE.set(Instant::now().checked_add(budget));
        let call = self.agent.get(url).config().timeout_global(Some(budget)).proxy(proxy).build().call();
        let reply = call.map_err(|e| failure(&e))?;
        let header = |name: &str| reply.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (location, retry_after) = (header("location"), header("retry-after"));
        let (status, length) = (reply.status().as_u16(), reply.body().content_length());
        let body = Box::new(reply.into_body().into_with_config().limit(u64::MAX).reader());
        Ok(Opened { status, location, retry_after, length, body })
    }
}

/// Makes a request of which the caller hears whatever becomes of it: it waits until it does.
fn ending<T>(request: impl FnOnce() -> Result<T, End>) -> Result<T, End> {
    let caught = panic::catch_unwind(AssertUnwindSafe(request));
    caught.unwrap_or_else(|_| Err(End::Local("the request ended in an error of this program".into())))
}

/// What failed, in words.
fn failure(e: &Error) -> End {
    match e {
        Error::Timeout(_) => End::Unreachable("timed out".into()),
        Error::HostNotFound => End::Unreachable("name not found".into()),
        Error::ConnectProxyFailed(why) => End::Unreachable(format!("the proxy failed: {why}")),
        Error::Rustls(e) => End::Unreachable(tls(&e.to_string())),
        Error::Io(e) => match e.get_ref().map(ToString::to_string) {
            Some(text) if e.kind() == io::ErrorKind::InvalidData => End::Unreachable(tls(&text)),
            _ if matches!(e.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
                End::Cut(reason(e).to_lowercase())
            }
            _ => End::Unreachable(reason(e).to_lowercase()),
        },
        Error::Tls(text) => End::Unreachable(tls(text)),
        e => End::Cut(e.to_string()),
    }
}

/// Why a body broke off, in the words of port 43: ureq calls an end before the announced length `Peer disconnected`.
pub fn broken(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => "the connection was closed in mid-answer".into(),
        _ => reason(e).to_lowercase(),
    }
}

/// What is wrong with a certificate or a session, in words: rustls has names.
fn tls(text: &str) -> String {
    let name: String = text.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let known = [
        ("notvalidforname", "its certificate is for another name"),
        ("certificateexpired", "its certificate has expired"),
        ("certificateexpiredcontext", "its certificate has expired"),
        ("notvalidyet", "its certificate is not valid yet"),
        ("unknownissuer", "its certificate is signed by an unknown authority"),
        ("causedasendentity", "its certificate is that of an authority, not of a server"),
        ("revoked", "its certificate was revoked"),
        ("badsignature", "its certificate has a wrong signature"),
        ("badencoding", "its certificate can't be read"),
        ("invalidpurpose", "its certificate is for another purpose"),
    ];
    match known.into_iter().find(|(part, _)| name.contains(part)) {
        Some((_, words)) => format!("TLS: {words}"),
        None => format!("TLS: {text}"),
    }
}

/// Whom to trust: the authorities of this machine, which SSL_CERT_FILE and
/// SSL_CERT_DIR may name, or those of Mozilla's list where it has none.
fn roots() -> RootCerts {
    let own = rustls_native_certs::load_native_certs().certs;
    if own.is_empty() {
        return RootCerts::WebPki;
    }
    RootCerts::from(own.iter().map(|cert| Certificate::from_der(cert).to_owned()))
}

/// Connects to the addresses of a server in turn, as all our tools do.
#[derive(Debug)]
struct Tcp;

impl<In: Transport> Connector<In> for Tcp {
    type Out = Either<In, Socket>;

    fn connect(&self, to: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        // A tunnel through a proxy stands already.
        if let Some(chained) = chained {
            return Ok(Some(Either::A(chained)));
        }
        let now = Instant::now();
        let deadline = to.timeout.not_zero().and_then(|after| now.checked_add(*after));
        let (stream, _) = Dial::new(to.addrs.iter().copied(), now, deadline).finish().map_err(|e| match e.kind() {
            io::ErrorKind::TimedOut => Error::Timeout(to.timeout.reason),
            _ => Error::Io(e),
        })?;
        stream.set_nonblocking(false)?;
        let buffers = LazyBuffers::new(to.config.input_buffer_size(), to.config.output_buffer_size());
        Ok(Some(Either::B(Socket { stream, buffers })))
    }
}

thread_local! {
    /// When the request that this thread makes must have ended. ureq gives the same limit to each of the
    /// reads that await a tunnel through a proxy, so one that drips would have no limit.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// How long one read or write may take.
fn left(timeout: NextTimeout) -> Result<Option<Duration>, Error> {
    let left = DEADLINE.get().map(|deadline| deadline.saturating_duration_since(Instant::now()));
    if left.is_some_and(|left| left.is_zero()) {
        return Err(Error::Timeout(timeout.reason));
    }
    Ok(timeout.not_zero().map(|after| *after).into_iter().chain(left).min())
}

/// A connection that stands.
struct Socket {
    stream: TcpStream,
    buffers: LazyBuffers,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// What an expired time-out of a socket means to ureq.
fn late(e: io::Error, timeout: NextTimeout) -> Error {
    match e.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => Error::Io(e),
    }
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.set_write_timeout(left(timeout)?)?;
        let output = &self.buffers.output()[..amount];
        self.stream.write_all(output).map_err(|e| late(e, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.set_read_timeout(left(timeout)?)?;
        let input = self.buffers.input_append_buf();
        let n = loop {
            match self.stream.read(input) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(|e| late(e, timeout))?,
            }
        };
        self.buffers.input_appended(n);
        Ok(n > 0)
    }

    fn is_open(&mut self) -> bool {
        // Nothing is to be read from a connection that waits for its next request.
        let quiet = self.stream.set_nonblocking(true).is_ok()
            && matches!(self.stream.peek(&mut [0]), Err(e) if e.kind() == io::ErrorKind::WouldBlock);
        self.stream.set_nonblocking(false).is_ok() && quiet
    }
}

/// Looks names up without the thread that ureq would start for it.
#[derive(Debug)]
struct Names;

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let place = uri.scheme().zip(uri.authority()).and_then(|(s, a)| DefaultResolver::host_and_port(s, a));
        let found = place.ok_or(Error::HostNotFound)?.to_socket_addrs().map_err(|_| Error::HostNotFound)?;
        let mut addrs = self.empty();
        for addr in found.take(16) {
            addrs.push(addr);
        }
        if addrs.is_empty() { Err(Error::HostNotFound) } else { Ok(addrs) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_panics_has_an_end() {
        let end: Result<(), End> = ending(|| panic!("on purpose"));
        assert_eq!(end, Err(End::Local("the request ended in an error of this program".into())));
    }

    #[test]
    fn failures_of_tls_are_told_in_words() {
        for (text, want) in [
            ("invalid peer certificate: UnknownIssuer", "TLS: its certificate is signed by an unknown authority"),
            (
                "invalid peer certificate: certificate expired: verification time 2 (UNIX), but",
                "TLS: its certificate has expired",
            ),
            (
                "invalid peer certificate: certificate not valid for name \"a\"; certificate is",
                "TLS: its certificate is for another name",
            ),
            (
                "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
                "TLS: its certificate is that of an authority, not of a server",
            ),
            ("received corrupt message of type Handshake", "TLS: received corrupt message of type Handshake"),
        ] {
            assert_eq!(tls(text), want);
        }
    }
}
