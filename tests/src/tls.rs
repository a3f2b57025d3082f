//! TLS for the lab: an authority of its own, and servers that it vouches for.
use std::{
    io::{self, Write as _},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::{scratch::Folder, tool};

/// A server's end of a connection.
pub type Stream = StreamOwned<ServerConnection, TcpStream>;

/// $1 are the names, $2 the days from now on which the certificate is valid, $3 is what the authority is called.
const SCRIPT: &str = "\
    new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes' && \
    $new -subj \"/CN=$3\" -x509 -days 30 -keyout ca.key -out ca.pem && $new -subj /CN=lab -keyout key.pem -out req.pem && \
    printf 'subjectAltName=%s\\nbasicConstraints=CA:FALSE\\n' \"$1\" >ext && \
    openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days \"$2\" -extfile ext -out cert.pem";

/// An authority, with a certificate for some names, in a folder that goes with it.
#[derive(Debug)]
pub struct Authority {
    folder: Folder,
    config: Arc<ServerConfig>,
}

impl Authority {
    /// A new one that vouches for `names`, host names or addresses; nothing where openssl is missing and may be.
    ///
    /// # Panics
    /// No certificate can be made.
    pub fn new(names: &[&str]) -> Option<Authority> {
        Authority::for_days(names, 30)
    }

    /// The same, with a certificate that expired yesterday.
    ///
    /// # Panics
    /// No certificate can be made.
    pub fn expired(names: &[&str]) -> Option<Authority> {
        Authority::for_days(names, -1)
    }

    fn for_days(names: &[&str], days: i32) -> Option<Authority> {
        tool::peer("openssl")?;
        let folder = Folder::new();
        let name = |name: &&str| match name.parse::<IpAddr>() {
            Ok(ip) => format!("IP:{ip}"),
            Err(_) => format!("DNS:{name}"),
        };
        let (names, days) = (names.iter().map(name).collect::<Vec<_>>().join(","), days.to_string());
        // No two authorities have the same name.
        let called = folder.file_name().expect("a name");
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh", &names, &days]).arg(called).current_dir(&folder);
        let made = tool::feed(&mut command, b"");
        assert!(made.status.success(), "{made:?}");
        let certs = CertificateDer::pem_file_iter(folder.join("cert.pem")).expect("a file").flatten().collect();
        let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certs, key))
            .expect("a server's settings");
        Some(Authority { folder, config: Arc::new(config) })
    }

    /// The file that makes whoever trusts it trust our servers.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The folder with the certificate (cert.pem) and its key (key.pem), for servers that nobody here wrote.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A server's settings, for clients that speak the protocol `alpn`.
    pub fn config(&self, alpn: &[u8]) -> ServerConfig {
        let mut config = ServerConfig::clone(&self.config);
        config.alpn_protocols = vec![alpn.to_vec()];
        config
    }

    /// Starts a server that has `talk` talk to each of its clients, then ends the session as TLS wants it.
    ///
    /// # Panics
    /// The address is taken.
    pub fn serve(
        &self,
        addr: impl ToSocketAddrs,
        talk: impl Fn(&mut Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> SocketAddr {
        self.serve_with(self.config.clone(), addr, talk)
    }

    /// The same for clients that speak the protocol `alpn`.
    ///
    /// # Panics
    /// No port is free.
    pub fn serve_alpn(
        &self,
        alpn: &[u8],
        talk: impl Fn(&mut Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> SocketAddr {
        self.serve_with(Arc::new(self.config(alpn)), "127.0.0.1:0", talk)
    }

    fn serve_with(
        &self,
        config: Arc<ServerConfig>,
        addr: impl ToSocketAddrs,
        talk: impl Fn(&mut Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> SocketAddr {
        let listener = TcpListener::bind(addr).expect("a free port");
        let addr = listener.local_addr().expect("a bound socket has an address");
        let talk = Arc::new(talk);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, talk) = (config.clone(), talk.clone());
                thread::spawn(move || -> io::Result<()> {
                    let session = ServerConnection::new(config).map_err(io::Error::other)?;
                    let mut stream = StreamOwned::new(session, stream);
                    talk(&mut stream)?;
                    stream.conn.send_close_notify();
                    stream.flush()
                });
            }
        });
        addr
    }
}
