//! What an address is good for.

/// A question about an address that has a yes or a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in Python's ipaddress")]
pub enum Property {
    Unspecified,
    Loopback,
    LinkLocal,
    SiteLocal,
    Multicast,
    Reserved,
    Private,
    Global,
}

impl Property {
    /// Each, in the order of [`crate::spec::PROPERTIES`].
    pub const ALL: [Property; 8] = [
        Property::Unspecified,
        Property::Loopback,
        Property::LinkLocal,
        Property::SiteLocal,
        Property::Multicast,
        Property::Reserved,
        Property::Private,
        Property::Global,
    ];
}
