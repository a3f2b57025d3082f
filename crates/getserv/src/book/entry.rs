//! One answer: a line of services(5), and where it is from.

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The host's services file.
    Host,
    /// IANA's registry.
    Iana,
    /// The names in everyday use that the registry lacks, such as whois.
    Builtin,
    /// The names that the world uses for ports that are not registered for them.
    Defacto,
}

impl Source {
    /// The name that `--json` prints.
    pub fn name(self) -> &'static str {
        match self {
            Source::Host => "host",
            Source::Iana => "iana",
            Source::Builtin => "builtin",
            Source::Defacto => "defacto",
        }
    }
}

/// One service on one port (or range) and protocol: a line of services(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The canonical name.
    pub name: &'a [u8],
    /// The port.
    pub port: u16,
    /// The last port of a range, else the port.
    pub last: u16,
    /// The protocol; nothing where the registry names none and none was asked for.
    pub proto: Option<&'a [u8]>,
    /// The aliases, in the order of their source.
    pub aliases: Vec<&'a [u8]>,
    /// What the service is for, in the words of its source; it may be empty.
    pub text: &'a [u8],
    /// Where it is from.
    pub source: Source,
}

impl<'a> Entry<'a> {
    /// The canonical name and the others.
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}
