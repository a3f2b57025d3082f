//! The fields of an answer, named alike for all registries.

/// A field of `-o`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the manual tells what each one is")]
pub enum Field {
    Input,
    Registry,
    Server,
    Block,
    Prefixes,
    Name,
    Org,
    OrgHandle,
    Country,
    Status,
    Abuse,
    Date,
    Updated,
    Parent,
    Transferred,
    Hops,
    Text,
}

use Field::{
    Abuse, Block, Country, Date, Hops, Input, Name, Org, OrgHandle, Parent, Prefixes, Registry, Server, Status, Text,
    Transferred, Updated,
};

/// All that `-b` and `--json` print, in this order; the text comes only when asked for.
pub const SHOWN: [Field; 16] = [
    Input,
    Registry,
    Server,
    Block,
    Prefixes,
    Name,
    Org,
    OrgHandle,
    Country,
    Status,
    Abuse,
    Date,
    Updated,
    Parent,
    Transferred,
    Hops,
];

impl Field {
    /// As users write it.
    pub fn name(self) -> &'static str {
        match self {
            Input => "input",
            Registry => "registry",
            Server => "server",
            Block => "block",
            Prefixes => "prefixes",
            Name => "name",
            Org => "org",
            OrgHandle => "org_handle",
            Country => "country",
            Status => "status",
            Abuse => "abuse",
            Date => "date",
            Updated => "updated",
            Parent => "parent",
            Transferred => "transferred",
            Hops => "hops",
            Text => "text",
        }
    }

    /// The field of this name.
    pub fn from_name(name: &str) -> Option<Field> {
        SHOWN.into_iter().chain([Text]).find(|f| f.name() == name)
    }
}
