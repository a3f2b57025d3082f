//! Descriptors and files: sockets to name servers, and the system's settings.
//! Bytes go out and come in, ready to be polled; what they mean, whom to ask
//! next and when to give up is decided elsewhere.
pub mod hosts;
pub mod resolv;
pub mod server;
pub mod stream;
pub mod tls;
