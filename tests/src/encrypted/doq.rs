//! DNS over QUIC.
use std::{net::SocketAddr, sync::Arc, sync::atomic::Ordering};

use quinn::{
    ConnectionError, Endpoint, RecvStream, SendStream, ServerConfig, VarInt, crypto::rustls::QuicServerConfig,
};
use tokio::time::sleep;

use super::{Host, Manner, PAUSE, Server, forever, start};
use crate::tls::Authority;

/// Answers the questions of quic:// as the server at `behind` does, in some manner.
///
/// # Panics
/// No port is free.
pub fn serve(authority: &Authority, behind: SocketAddr, manner: Manner) -> Server {
    let config = config(authority, b"doq");
    start(&Host::new(behind, manner), |host, tell| async move {
        let endpoint = Endpoint::server(config, ([127, 0, 0, 1], 0).into()).expect("a free port");
        tell.send(endpoint.local_addr().expect("bound")).expect("somebody waits");
        while let Some(incoming) = endpoint.accept().await {
            let host = host.clone();
            tokio::spawn(async move {
                let Ok(connection) = incoming.await else { return };
                host.counts.connections.fetch_add(1, Ordering::Relaxed);
                let mut taken = 0;
                while let Ok((mut to, from)) = connection.accept_bi().await {
                    let number = host.count();
                    taken += 1;
                    match host.manner {
                        // The code DOQ_EXCESSIVE_LOAD.
                        Manner::Close => connection.close(VarInt::from_u32(4), b"too\x1bmuch"),
                        Manner::Refuse(first) if number < first => drop(to.reset(VarInt::from_u32(4))),
                        _ if host.goes_away(taken) => connection.close(VarInt::from_u32(0), b""),
                        _ => drop(tokio::spawn(answer(host.clone(), to, from))),
                    }
                }
                if let ConnectionError::ApplicationClosed(close) = connection.closed().await
                    && close.error_code == VarInt::from_u32(0)
                {
                    host.said_goodbye();
                }
            });
        }
    })
}

/// A QUIC server's settings.
pub(super) fn config(authority: &Authority, alpn: &[u8]) -> ServerConfig {
    let config = QuicServerConfig::try_from(authority.config(alpn)).expect("TLS 1.3 is there");
    ServerConfig::with_crypto(Arc::new(config))
}

async fn answer(
    host: Host,
    mut to: SendStream,
    mut from: RecvStream,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match host.manner {
        Manner::Silent => forever().await,
        // The code DOQ_INTERNAL_ERROR.
        Manner::Reset => return Ok(to.reset(VarInt::from_u32(1))?),
        Manner::Empty => return Ok(to.finish()?),
        _ => {}
    }
    let whole = from.read_to_end(1 << 17).await?;
    let (len, question) = whole.split_first_chunk().ok_or("no length")?;
    // RFC 9250 section 4.2.1: the identifier is 0, and nothing follows the message.
    if usize::from(u16::from_be_bytes(*len)) != question.len() || !question.starts_with(&[0, 0]) {
        return Ok(to.reset(VarInt::from_u32(2))?);
    }
    let answer = host.answer(question).await?;
    let len = u16::try_from(answer.len())?.to_be_bytes();
    let answer = [&len[..], &answer].concat();
    match host.manner {
        Manner::Half => to.write_all(&answer[..answer.len() / 2]).await?,
        Manner::Dribble => {
            for byte in answer {
                to.write_all(&[byte]).await?;
                sleep(PAUSE).await;
            }
        }
        Manner::Endless => {
            to.write_all(&answer).await?;
            loop {
                to.write_all(&[0; 4096]).await?;
            }
        }
        _ => to.write_all(&answer).await?,
    }
    Ok(to.finish()?)
}
