//! TLS under a connection that must not block (RFC 7858, RFC 8310's strict profile).
#[cfg(feature = "tls")]
mod with {
    use std::{
        io::{self, Read as _, Write as _},
        net::TcpStream,
        sync::Arc,
    };

    use rustls::ClientConnection;

    use crate::net::trust;

    /// One TLS session.
    #[derive(Debug)]
    pub struct Session {
        session: Box<ClientConnection>,
        /// What the server has to prove.
        name: String,
    }

    impl Session {
        /// A session with a server that has to prove `name`, by a certificate that the system trusts.
        ///
        /// # Errors
        /// The system trusts none, or `name` can't be proved by any.
        pub fn new(name: &str) -> io::Result<Session> {
            let config = trust::config(b"dot").map_err(|e| io::Error::other(format!("TLS: {e}")))?;
            let server_name = trust::server_name(name).map_err(io::Error::other)?;
            let session = ClientConnection::new(Arc::new(config), server_name).map_err(io::Error::other)?;
            Ok(Session { session: Box::new(session), name: name.to_owned() })
        }

        /// Is there something to be written to the socket?
        pub fn wants_write(&self) -> bool {
            self.session.wants_write()
        }

        /// Moves the handshake along; true when it is over and the name is proved.
        ///
        /// # Errors
        /// It isn't, or the connection ended.
        pub fn settle(&mut self, socket: &mut TcpStream) -> io::Result<bool> {
            while self.session.is_handshaking() {
                self.write(socket)?;
                if !self.take(socket)? {
                    return Ok(!self.session.is_handshaking());
                }
            }
            Ok(true)
        }

        /// Reads once from the socket; false if there is nothing now.
        fn take(&mut self, socket: &mut TcpStream) -> io::Result<bool> {
            match self.session.read_tls(socket) {
                Ok(0) => return Err(io::Error::other("connection closed by the server")),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
            if let Err(e) = self.session.process_new_packets() {
                // The alert that tells the server why.
                let _ = self.session.write_tls(socket);
                return Err(io::Error::other(trust::text_words(&e.to_string(), &self.name, "DNS over TLS")));
            }
            Ok(true)
        }

        /// How the session came about, for people; it has been settled.
        pub fn how(&self) -> String {
            format!("DNS over {}, certificate of {} verified", trust::version(&self.session), self.name)
        }

        /// Adds plain bytes to be sent.
        ///
        /// # Errors
        /// The session is over.
        pub fn put(&mut self, plain: &[u8]) -> io::Result<()> {
            self.session.set_buffer_limit(None);
            self.session.writer().write_all(plain)
        }

        /// Writes to the socket what it takes now.
        ///
        /// # Errors
        /// The connection ended.
        pub fn write(&mut self, socket: &mut TcpStream) -> io::Result<()> {
            while self.session.wants_write() {
                match self.session.write_tls(socket) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(_) => {}
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(())
        }

        /// Reads plain bytes; 0 is the end.
        ///
        /// # Errors
        /// `WouldBlock` where there are none now; or the connection ended.
        pub fn read(&mut self, socket: &mut TcpStream, block: &mut [u8]) -> io::Result<usize> {
            loop {
                match self.session.reader().read(block) {
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    done => return done,
                }
                if !self.take(socket)? {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
            }
        }
    }
}

#[cfg(not(feature = "tls"))]
mod without {
    use std::{io, net::TcpStream};

    /// There is none in this build: [`crate::net::server::Address`] refuses tls://.
    #[derive(Debug)]
    pub struct Session(std::convert::Infallible);

    #[expect(missing_docs, clippy::missing_errors_doc, reason = "never called")]
    impl Session {
        pub fn new(_name: &str) -> io::Result<Session> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn how(&self) -> String {
            match self.0 {}
        }

        pub fn wants_write(&self) -> bool {
            match self.0 {}
        }

        pub fn settle(&mut self, _socket: &mut TcpStream) -> io::Result<bool> {
            match self.0 {}
        }

        pub fn put(&mut self, _plain: &[u8]) -> io::Result<()> {
            match self.0 {}
        }

        pub fn write(&mut self, _socket: &mut TcpStream) -> io::Result<()> {
            match self.0 {}
        }

        pub fn read(&mut self, _socket: &mut TcpStream, _block: &mut [u8]) -> io::Result<usize> {
            match self.0 {}
        }
    }
}

#[cfg(feature = "tls")]
pub use with::Session;
#[cfg(not(feature = "tls"))]
pub use without::Session;
