//! DNS over HTTPS by HTTP/2.
use std::{io, sync::Arc, sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use h2::{
    Reason, RecvStream,
    server::{self, SendResponse},
};
use http::{Request, Response};
use std::net::SocketAddr;
use tokio::{net::TcpListener, net::TcpStream, time::sleep};
use tokio_rustls::TlsAcceptor;

use super::{Host, Manner, PAUSE, Server, forever, start};
use crate::tls::Authority;

/// Answers the questions of https:// at /dns-query as the server at `behind` does, in some manner.
///
/// # Panics
/// No port is free.
pub fn serve(authority: &Authority, behind: SocketAddr, manner: Manner) -> Server {
    let acceptor = TlsAcceptor::from(Arc::new(authority.config(b"h2")));
    start(&Host::new(behind, manner), |host, tell| async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        tell.send(listener.local_addr().expect("bound")).expect("somebody waits");
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(converse(host.clone(), acceptor.clone(), socket));
        }
    })
}

async fn converse(host: Host, acceptor: TlsAcceptor, socket: TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let tls = acceptor.accept(socket).await?;
    host.counts.connections.fetch_add(1, Ordering::Relaxed);
    if host.manner == Manner::Silent {
        forever().await;
    }
    let mut builder = server::Builder::new();
    if host.manner == Manner::Few {
        builder.max_concurrent_streams(10);
    }
    let mut connection = builder.handshake(tls).await.map_err(io::Error::other)?;
    let mut taken = 0;
    while let Some(request) = connection.accept().await {
        let (request, mut respond) = request.map_err(io::Error::other)?;
        let number = host.count();
        taken += 1;
        match host.manner {
            Manner::Refuse(first) if number < first => respond.send_reset(Reason::REFUSED_STREAM),
            Manner::Close => connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM),
            _ if host.goes_away(taken) => connection.abrupt_shutdown(Reason::NO_ERROR),
            _ => drop(tokio::spawn(answer(host.clone(), request, respond))),
        }
    }
    Ok(())
}

async fn answer(
    host: Host,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if host.manner == Manner::Reset {
        respond.send_reset(Reason::INTERNAL_ERROR);
        return Ok(());
    }
    let good = request.method() == "POST" && request.uri().path() == "/dns-query";
    let mut body = request.into_body();
    let mut question = Vec::new();
    while let Some(part) = body.data().await {
        question.extend_from_slice(&part?);
        let _ = body.flow_control().release_capacity(question.len());
    }
    let answer = Bytes::from(host.answer(&question).await?);
    let (status, media_type) = match host.manner {
        Manner::Status(status) => (status, "application/dns-message"),
        Manner::Page => (200, "text/html; charset=utf-8"),
        _ if !good => (404, "text/plain"),
        _ => (200, "application/dns-message"),
    };
    let response = Response::builder().status(status).header("content-type", media_type).body(())?;
    let mut stream = respond.send_response(response, host.manner == Manner::Empty)?;
    match host.manner {
        Manner::Empty => {}
        Manner::Half => stream.send_data(answer.slice(..answer.len() / 2), true)?,
        Manner::Dribble => {
            for at in 0..answer.len() {
                stream.send_data(answer.slice(at..=at), false)?;
                sleep(PAUSE).await;
            }
        }
        Manner::Endless => loop {
            stream.reserve_capacity(16_384);
            sleep(Duration::from_millis(1)).await;
            let room = stream.capacity();
            stream.send_data(vec![0; room].into(), false)?;
        },
        _ => stream.send_data(answer, true)?,
    }
    Ok(())
}
