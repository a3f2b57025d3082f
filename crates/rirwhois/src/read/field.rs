//! The fields of an answer, named alike for all registries.

macro_rules! fields {
    ($($field:ident $name:literal,)*) => {
        /// A field of `-o`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the manual tells what each one is")]
        pub enum Field { $($field,)* }

        const ALL: &[Field] = &[$(Field::$field,)*];

        impl Field {
            /// As users write it.
            pub fn name(self) -> &'static str {
                match self { $(Field::$field => $name,)* }
            }
        }
    };
}

fields! {
    Input "input",
    Registry "registry",
    Server "server",
    Block "block",
    Prefixes "prefixes",
    Name "name",
    Org "org",
    OrgHandle "org_handle",
    Country "country",
    Status "status",
    Abuse "abuse",
    Date "date",
    Updated "updated",
    Parent "parent",
    Transferred "transferred",
    Hops "hops",
    Text "text",
}

/// All that `-b` and `--json` print, in this order; the text comes only when asked for.
pub const SHOWN: &[Field] = match ALL {
    [shown @ .., Field::Text] => shown,
    _ => ALL,
};

impl Field {
    /// The names of all fields.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|field| field.name())
    }

    /// The field of this name.
    pub fn from_name(name: &str) -> Option<Field> {
        ALL.iter().copied().find(|f| f.name() == name)
    }
}
