//! TLS for the lab: an authority of its own, and servers that it vouches for.
use std::{
    env, fs,
    io::{self, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::tool;

/// A server's end of a connection.
pub type Stream = StreamOwned<ServerConnection, TcpStream>;

/// $1 are the names.
const SCRIPT: &str = "\
    new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=lab' && \
    $new -x509 -days 30 -keyout ca.key -out ca.pem && $new -keyout key.pem -out req.pem && \
    printf 'subjectAltName=%s\\nbasicConstraints=CA:FALSE\\n' \"$1\" >ext && \
    openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out cert.pem";

/// An authority, with a certificate for some names, in a folder that goes with it.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    config: Arc<ServerConfig>,
}

impl Authority {
    /// A new one that vouches for `names`; nothing where openssl is missing and may be.
    ///
    /// # Panics
    /// No certificate can be made.
    pub fn new(names: &[&str]) -> Option<Authority> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        tool::peer("openssl")?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("plainnet-tls-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        let names = names.iter().map(|name| format!("DNS:{name}")).collect::<Vec<_>>().join(",");
        let made = tool::feed(Command::new("sh").args(["-c", SCRIPT, "sh", &names]).current_dir(&folder), b"");
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

    /// Starts a server that has `talk` talk to each of its clients, then ends the session as TLS wants it.
    ///
    /// # Panics
    /// The address is taken.
    pub fn serve(
        &self,
        addr: impl ToSocketAddrs,
        talk: impl Fn(&mut Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> SocketAddr {
        let listener = TcpListener::bind(addr).expect("a free port");
        let addr = listener.local_addr().expect("a bound socket has an address");
        let (config, talk) = (self.config.clone(), Arc::new(talk));
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

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
