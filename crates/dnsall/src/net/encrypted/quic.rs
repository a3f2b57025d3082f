//! QUIC connections to servers (RFC 9000, RFC 9001).
use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use plainnet_common::text::shown;
use quinn::{
    ClientConfig, Connection, ConnectionError, Endpoint, IdleTimeout, TransportConfig, VarInt,
    crypto::rustls::QuicClientConfig,
};
use tokio::time::Instant;

use crate::net::{
    encrypted::client::{Target, within},
    reason, trust,
};

/// How long a connection is kept that nothing comes over, in milliseconds.
const IDLE: u32 = 30_000;
/// Bytes of one stream that may wait for us: the longest message and what HTTP/3 puts around it.
const STREAM_WINDOW: u32 = 80 << 10;
/// Bytes of all streams that may wait for us.
const WINDOW: u32 = 1 << 20;
/// Streams that the server may open: HTTP/3 has three of its own (RFC 9114 section 6.2).
const SERVER_STREAMS: u32 = 8;

/// Connects, and has the server prove its name to a client of the protocol
/// `alpn`, called `protocol` in messages. The endpoint is to be kept.
///
/// # Errors
/// The step that failed, and why.
pub(super) async fn open(target: &Target, alpn: &[u8], protocol: &str) -> Result<(Endpoint, Connection), String> {
    let deadline = Instant::now() + target.patience;
    let server = &target.server;
    trust::server_name(&server.name)?;
    let config = trust::config(alpn).map_err(|e| format!("TLS: {e}"))?;
    let config = QuicClientConfig::try_from(config).map_err(|e| format!("TLS: {e}"))?;
    let mut config = ClientConfig::new(Arc::new(config));
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE))))
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(SERVER_STREAMS))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(WINDOW))
        .datagram_receive_buffer_size(None);
    config.transport_config(Arc::new(transport));
    let any: SocketAddr = match server.addr {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let endpoint = Endpoint::client(any).map_err(|e| format!("UDP: {}", reason(&e)))?;
    let connecting = endpoint.connect_with(config, server.addr, &server.name).map_err(|e| format!("QUIC: {e}"))?;
    let connection = within(deadline, "QUIC", async {
        connecting.await.map_err(|e| match e {
            ConnectionError::TransportError(e) => trust::text_words(&e.reason, &server.name, protocol),
            e => words(&e, protocol),
        })
    });
    let connection = connection.await?;
    Ok((endpoint, connection))
}

/// Why a connection is over.
pub(super) fn words(e: &ConnectionError, protocol: &str) -> String {
    match e {
        ConnectionError::TimedOut => "QUIC: no answer".to_owned(),
        ConnectionError::VersionMismatch => "QUIC: the server does not speak version 1".to_owned(),
        ConnectionError::Reset => "connection reset by the server".to_owned(),
        ConnectionError::ApplicationClosed(close) => {
            let text = if close.reason.is_empty() { String::new() } else { format!(": {}", shown(&close.reason)) };
            format!("the server ended the connection (code {:#x}{text})", close.error_code.into_inner())
        }
        ConnectionError::ConnectionClosed(close) => {
            // The server's alert has its number here (RFC 9001 section 4.8).
            let code = u64::from(close.error_code);
            match code {
                0x178 => format!("TLS: the server does not speak {protocol}"),
                0x100..0x200 => format!("TLS: the server refused the handshake (alert {})", code - 0x100),
                0x2 => "the server refused the connection".to_owned(),
                _ => format!("the server ended the connection (code {code:#x})"),
            }
        }
        e => format!("QUIC: {}", shown(e.to_string().as_bytes())),
    }
}
