//! The thread of a connection: it makes the connection, gives each question its
//! stream, and reports what comes of it, until the connection is over.
use std::{io, os::unix::net, sync::Arc, time::Duration};

use tokio::{
    net::UnixDatagram,
    runtime,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

#[cfg(feature = "quic")]
use crate::net::encrypted::doq;
#[cfg(feature = "h3")]
use crate::net::encrypted::h3;
#[cfg(feature = "https")]
use crate::net::encrypted::https;
use crate::net::{
    encrypted::{
        client::{Client, Failure, Opened, Target},
        report,
    },
    reason,
    server::Transport,
};

/// How long a connection that takes no more questions is kept for the answers
/// that are on their way.
const DRAIN: Duration = Duration::from_secs(1);
/// Questions that are handed over at a time; with the padding of RFC 8467 they
/// fill a TCP segment. Many more at once would have HTTP/2 send all their
/// headers before the first body, which BIND takes for an attack and hangs up on.
const BATCH: usize = 9;
/// How often the tasks of a QUIC connection get a turn to send its farewell. One
/// would do: it goes to the system, or is lost.
const FAREWELL_TURNS: usize = 4;
/// A message with less than a header is none.
const HEADER: usize = 12;

/// Why there is no connection any more.
struct Closed {
    established: bool,
    why: String,
}

/// Speaks to the server for the other end of `socket`, from connecting to the end.
pub(super) fn run(target: &Target, socket: net::UnixDatagram) {
    let closed = |e: &io::Error| report::closed(false, &reason(e));
    let runtime = match runtime::Builder::new_current_thread().enable_io().enable_time().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            let _ = socket.send(&closed(&e));
            return;
        }
    };
    runtime.block_on(async {
        // A copy, so that there is something to say the reason with.
        let link = socket.try_clone().and_then(UnixDatagram::from_std);
        match link {
            Ok(link) => {
                let link = Arc::new(link);
                let end = converse(target, &link).await;
                let _ = link.send(&report::closed(end.established, &end.why)).await;
            }
            Err(e) => drop(socket.send(&closed(&e))),
        }
    });
}

async fn converse(target: &Target, link: &Arc<UnixDatagram>) -> Closed {
    match target.server.transport {
        #[cfg(feature = "https")]
        Transport::Https => serve(https::connect(target).await, target.lifetime, link).await,
        #[cfg(feature = "h3")]
        Transport::H3 => serve(h3::connect(target).await, target.lifetime, link).await,
        #[cfg(feature = "quic")]
        Transport::Quic => serve(doq::connect(target).await, target.lifetime, link).await,
        // No other server gets here.
        _ => Closed { established: false, why: "not spoken by this build".to_owned() },
    }
}

/// Takes questions and gives answers while the connection lasts.
async fn serve<C: Client>(opened: Result<Opened<C>, String>, lifetime: Duration, link: &Arc<UnixDatagram>) -> Closed {
    let over = |why| Closed { established: true, why };
    let Opened { client, mut closed, how } = match opened {
        Ok(opened) => opened,
        Err(why) => return Closed { established: false, why },
    };
    if link.send(&report::opened(&how)).await.is_err() {
        return over(String::new());
    }
    let mut questions = JoinSet::new();
    let mut buf = vec![0; report::LONGEST];
    // Why no more questions are taken, and when the open ones have had their time:
    // answers may be there already when a connection ends.
    let mut ending: Option<(String, Instant)> = None;
    let mut is_closed = false;
    loop {
        let drained = ending.as_ref().map(|(_, at)| *at);
        tokio::select! {
            biased;
            why = &mut closed, if !is_closed => {
                is_closed = true;
                ending.get_or_insert_with(|| (why, Instant::now() + DRAIN));
            }
            () = sleep_until(drained.unwrap_or_else(Instant::now)), if drained.is_some() => {}
            Some(failure) = questions.join_next() => {
                if let Ok(Some(why)) = failure {
                    ending.get_or_insert_with(|| (why, Instant::now() + DRAIN));
                }
            }
            _ = link.readable(), if ending.is_none() => {
                match take(link, &mut buf, |message| {
                    questions.spawn(answer(client.clone(), link.clone(), message, lifetime));
                }) {
                    Ok(true) => {}
                    Ok(false) => {
                        client.close();
                        for _ in 0..FAREWELL_TURNS {
                            tokio::task::yield_now().await;
                        }
                        return over(String::new());
                    }
                    Err(e) => return over(reason(&e)),
                }
                // The questions' turn, and then the connection's.
                tokio::task::yield_now().await;
            }
        }
        if let Some((why, _)) = ending.take_if(|(_, at)| questions.is_empty() || *at <= Instant::now()) {
            return over(why);
        }
    }
}

/// Takes the questions that are there; false where the program wants no more.
///
/// # Errors
/// The other end is gone.
fn take(link: &UnixDatagram, buf: &mut [u8], mut begin: impl FnMut(Vec<u8>)) -> io::Result<bool> {
    for _ in 0..BATCH {
        match link.try_recv(buf) {
            Ok(0) => return Ok(false),
            Ok(len) => begin(buf[..len].to_vec()),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(true)
}

/// Asks one question and reports what comes of it; the reason where the
/// connection takes no more questions. Whoever asked stops waiting for
/// the answer after `lifetime`.
async fn answer<C: Client>(
    client: C,
    link: Arc<UnixDatagram>,
    mut message: Vec<u8>,
    lifetime: Duration,
) -> Option<String> {
    // The identifier tells answers on one connection apart, which streams do here. It is 0 on
    // the way (RFC 9250 section 4.2.1), so that HTTP caches know a question again (RFC 8484 section 4.1).
    let id = message.first_chunk::<2>().copied()?;
    message[..2].fill(0);
    let report = match timeout(lifetime, client.ask(message)).await {
        Err(_) => return None,
        Ok(Ok(mut reply)) if reply.len() >= HEADER => {
            if reply.starts_with(&[0, 0]) {
                reply[..2].copy_from_slice(&id);
            }
            report::answer(&reply)
        }
        Ok(Ok(reply)) => report::unanswered(id, &format!("{} bytes are no DNS message", reply.len())),
        Ok(Err(Failure::Question(why))) => report::unanswered(id, &why),
        Ok(Err(Failure::Connection(why))) => return Some(why),
    };
    let _ = link.send(&report).await;
    None
}
