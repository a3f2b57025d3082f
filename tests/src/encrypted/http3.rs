//! DNS over HTTPS by HTTP/3.
use std::{net::SocketAddr, sync::atomic::Ordering, time::Duration};

use bytes::{Buf as _, Bytes};
use h3::{
    error::{Code, ConnectionError},
    server::{Connection, RequestStream},
};
use h3_quinn::BidiStream;
use http::{Request, Response};
use quinn::{Endpoint, VarInt};
use tokio::time::sleep;

use super::{Host, Manner, PAUSE, Server, doq::config, forever, start};
use crate::tls::Authority;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Answers the questions of h3:// at /dns-query as the server at `behind` does, in some manner.
///
/// # Panics
/// No port is free.
pub fn serve(authority: &Authority, behind: SocketAddr, manner: Manner) -> Server {
    let config = config(authority, b"h3");
    start(&Host::new(behind, manner), |host, tell| async move {
        let endpoint = Endpoint::server(config, ([127, 0, 0, 1], 0).into()).expect("a free port");
        tell.send(endpoint.local_addr().expect("bound")).expect("somebody waits");
        while let Some(incoming) = endpoint.accept().await {
            let host = host.clone();
            tokio::spawn(async move {
                let Ok(connection) = incoming.await else { return };
                host.counts.connections.fetch_add(1, Ordering::Relaxed);
                let end = match host.manner {
                    Manner::LongHeader | Manner::LongSettings => flood(host.manner, connection).await,
                    _ => converse(host.clone(), connection).await,
                };
                // h3 itself closes the connection then, so that quinn knows no better.
                if end.is_err_and(|e| e.downcast_ref::<ConnectionError>().is_some_and(ConnectionError::is_h3_no_error))
                {
                    host.said_goodbye();
                }
            });
        }
    })
}

/// Sends a frame that is as long as a frame can be (RFC 9114 section 7.1).
async fn flood(manner: Manner, connection: quinn::Connection) -> Result<(), Error> {
    let longest = [0xff; 8];
    // Of the frames, HEADERS is type 1 and SETTINGS type 4; the control stream is of type 0.
    let (mut to, start) = match manner {
        Manner::LongSettings => (connection.open_uni().await?, &[0, 4][..]),
        _ => (connection.accept_bi().await?.0, &[1][..]),
    };
    to.write_all(&[start, &longest].concat()).await?;
    loop {
        to.write_all(&[0; 16_384]).await?;
    }
}

async fn converse(host: Host, quic: quinn::Connection) -> Result<(), Error> {
    let mut connection: Connection<_, Bytes> = Connection::new(h3_quinn::Connection::new(quic.clone())).await?;
    let mut taken = 0;
    while let Some(resolver) = connection.accept().await? {
        let number = host.count();
        taken += 1;
        let (request, mut stream) = resolver.resolve_request().await?;
        match host.manner {
            // The code H3_EXCESSIVE_LOAD.
            Manner::Close => quic.close(VarInt::from_u32(0x107), b""),
            Manner::Refuse(first) if number < first => stream.stop_stream(Code::H3_REQUEST_REJECTED),
            _ if host.goes_away(taken) => {
                connection.shutdown(0).await?;
                stream.stop_stream(Code::H3_REQUEST_REJECTED);
            }
            _ => drop(tokio::spawn(answer(host.clone(), request, stream))),
        }
    }
    Ok(())
}

async fn answer(
    host: Host,
    request: Request<()>,
    mut stream: RequestStream<BidiStream<Bytes>, Bytes>,
) -> Result<(), Error> {
    match host.manner {
        Manner::Silent => forever().await,
        Manner::Reset => {
            stream.stop_stream(Code::H3_INTERNAL_ERROR);
            return Ok(());
        }
        _ => {}
    }
    let good = request.method() == "POST" && request.uri().path() == "/dns-query";
    let mut question = Vec::new();
    while let Some(mut part) = stream.recv_data().await? {
        question.extend_from_slice(&part.copy_to_bytes(part.remaining()));
    }
    let answer = Bytes::from(host.answer(&question).await?);
    let (status, media_type) = match host.manner {
        Manner::Status(status) => (status, "application/dns-message"),
        Manner::Page => (200, "text/html; charset=utf-8"),
        _ if !good => (404, "text/plain"),
        _ => (200, "application/dns-message"),
    };
    let response = Response::builder().status(status).header("content-type", media_type).body(())?;
    stream.send_response(response).await?;
    match host.manner {
        Manner::Empty => {}
        Manner::Half => stream.send_data(answer.slice(..answer.len() / 2)).await?,
        Manner::Dribble => {
            for at in 0..answer.len() {
                stream.send_data(answer.slice(at..=at)).await?;
                sleep(PAUSE).await;
            }
        }
        Manner::Endless => loop {
            stream.send_data(Bytes::from_static(&[0; 4096])).await?;
            sleep(Duration::from_millis(1)).await;
        },
        _ => stream.send_data(answer).await?,
    }
    Ok(stream.finish().await?)
}
