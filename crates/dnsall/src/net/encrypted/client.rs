//! What the protocols have in common: a target, a client that takes questions,
//! and the ways in which one is not answered.
use std::{future::Future, pin::Pin, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::net::server::Server;

/// Whom to speak to, and how long that may take.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The server.
    pub(super) server: Server,
    /// How long each step of connecting may take.
    pub(super) patience: Duration,
    /// How long a question may take.
    pub(super) lifetime: Duration,
}

/// A connection over which the server has proved its name.
pub(super) struct Opened<C> {
    /// Takes the questions.
    pub(super) client: C,
    /// Ends when the connection does, with the reason. Where that is what moves
    /// the connection along, it is to be polled.
    pub(super) closed: Pin<Box<dyn Future<Output = String> + Send>>,
    /// How the connection came about.
    pub(super) how: String,
}

/// Why a question has no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server answered this question with something else.
    Question(String),
    /// The connection takes no more questions; this one may go over another.
    Connection(String),
}

/// Asks questions over a connection.
pub(super) trait Client: Clone + Send + 'static {
    /// The bytes that the server answers `message` with.
    fn ask(self, message: Vec<u8>) -> impl Future<Output = Result<Vec<u8>, Failure>> + Send;

    /// Tells the server that no more questions come, where the system does not do that.
    fn close(&self) {}
}

/// A step of connecting that has until `deadline`.
///
/// # Errors
/// That of the step, or it took too long: `TLS: no answer`.
pub(super) async fn within<T>(
    deadline: Instant,
    step: &str,
    work: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    timeout_at(deadline, work).await.unwrap_or_else(|_| Err(format!("{step}: no answer")))
}
