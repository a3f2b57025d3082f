//! Whom a certificate must convince, and what is wrong with one, in words.
use std::{io, sync::Arc};

use plainnet_common::text::shown;
use rustls::{ClientConfig, CommonState, ProtocolVersion, RootCertStore, crypto::ring, pki_types::ServerName};
use rustls_native_certs::ErrorKind;

/// Settings for a session in which the server has to prove its name by a
/// certificate that the system trusts, and to speak the protocol `alpn`.
/// The system's certificates are those of `SSL_CERT_FILE` and `SSL_CERT_DIR` where these are set.
///
/// # Errors
/// The system trusts none.
pub fn config(alpn: &[u8]) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let unread = found.errors.iter().find_map(|e| match &e.kind {
            ErrorKind::Io { inner, path } => {
                Some(format!(" ({}: {})", shown(path.as_os_str().as_encoded_bytes()), crate::net::reason(inner)))
            }
            _ => None,
        });
        let why = format!("the system has no certificates to trust{}", unread.unwrap_or_default());
        return Err(io::Error::other(why));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    Ok(config)
}

/// The name that a certificate has to prove: a host name or an address.
///
/// # Errors
/// No certificate can prove it.
pub fn server_name(name: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(name.to_owned()).map_err(|_| format!("TLS: no certificate can be for {name}"))
}

/// `TLS 1.3`
pub fn version(session: &CommonState) -> &'static str {
    match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS 1.3",
    }
}

/// Why there is no session with the server `name`, of which `protocol` is wanted.
pub fn words(e: &io::Error, name: &str, protocol: &str) -> String {
    match e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
        Some(e) => text_words(&e.to_string(), name, protocol),
        None if e.kind() == io::ErrorKind::UnexpectedEof => "TLS: connection closed by the server".to_owned(),
        None => format!("TLS: {}", crate::net::reason(e)),
    }
}

/// The same for what rustls says: it has names for errors, and QUIC hands on the text alone.
pub fn text_words(text: &str, name: &str, protocol: &str) -> String {
    if let Some((_, rest)) = text.split_once("certificate not valid for name") {
        let names: Vec<&str> = rest.split("DnsName(\"").skip(1).filter_map(|part| part.split('"').next()).collect();
        let known = match &names[..] {
            [] => String::new(),
            [only] => format!(" (it is for {})", shown(only.as_bytes())),
            [first, ..] => format!(" (it is for {} and {} more)", shown(first.as_bytes()), names.len() - 1),
        };
        return format!("TLS: the certificate is not for {name}{known}");
    }
    // What rustls writes, and what it means for the certificate.
    let certificate = [
        ("certificate expired", "has expired"),
        ("Expired", "has expired"),
        ("not valid yet", "is not valid yet"),
        ("NotValidYet", "is not valid yet"),
        ("UnknownIssuer", "is signed by an authority that is not trusted here"),
        ("CaUsedAsEndEntity", "is that of an authority, not of a server"),
        ("NotValidForName", "is for another name"),
        ("Revoked", "was revoked"),
        ("BadSignature", "has a wrong signature"),
        ("BadEncoding", "can't be read"),
        ("extended key usage", "is for another purpose"),
        ("InvalidPurpose", "is for another purpose"),
        ("UnsupportedSignatureAlgorithm", "has a signature of an old kind"),
        ("UnsupportedCertVersion", "is of an old version"),
    ];
    let is_about_it = text.contains("invalid peer certificate");
    if let Some((_, words)) = certificate.iter().find(|(part, _)| is_about_it && text.contains(part)) {
        return format!("TLS: the certificate for {name} {words}");
    }
    let session = [
        ("received corrupt message", "what answers there is no TLS".to_owned()),
        ("unexpected message", "what answers there is no TLS".to_owned()),
        ("NoApplicationProtocol", format!("the server does not speak {protocol}")),
        ("any known protocol", format!("the server does not speak {protocol}")),
        ("UnrecognisedName", format!("the server has no certificate for {name}")),
        ("CertificateRequired", "the server wants a certificate of ours".to_owned()),
        ("ProtocolVersion", "the server speaks another version".to_owned()),
        ("peer is incompatible", "the server speaks another version".to_owned()),
        ("HandshakeFailure", "the server refused the handshake".to_owned()),
        ("no certificates", "the server has no certificate".to_owned()),
    ];
    match session.iter().find(|(part, _)| text.contains(part)) {
        Some((_, words)) => format!("TLS: {words}"),
        None => format!("TLS: {}", shown(text.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError};

    #[test]
    fn failures_are_told_in_words() {
        let not_for = |presented: &[&str]| {
            let presented = presented.iter().map(|name| (*name).to_owned()).collect();
            let expected = ServerName::try_from("dns.test").unwrap().to_owned();
            Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented })
        };
        let invalid = Error::InvalidCertificate;
        for (e, want) in [
            (not_for(&["DnsName(\"a.test\")"]), "the certificate is not for dns.test (it is for a.test)"),
            (not_for(&[]), "the certificate is not for dns.test"),
            (
                not_for(&["DnsName(\"a\u{1b}\")", "IpAddress(1)", "DnsName(\"b\")"]),
                "the certificate is not for dns.test (it is for a\\x1b and 1 more)",
            ),
            (invalid(CertificateError::Expired), "the certificate for dns.test has expired"),
            (
                invalid(CertificateError::UnknownIssuer),
                "the certificate for dns.test is signed by an authority that is not trusted here",
            ),
            (
                invalid(CertificateError::Other(OtherError(Arc::new(io::Error::other("CaUsedAsEndEntity"))))),
                "the certificate for dns.test is that of an authority, not of a server",
            ),
            (Error::AlertReceived(AlertDescription::NoApplicationProtocol), "the server does not speak HTTP/2"),
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), "what answers there is no TLS"),
            (Error::AlertReceived(AlertDescription::InternalError), "received fatal alert: InternalError"),
        ] {
            let e = io::Error::new(io::ErrorKind::InvalidData, e);
            assert_eq!(words(&e, "dns.test", "HTTP/2"), format!("TLS: {want}"));
        }
    }
}
