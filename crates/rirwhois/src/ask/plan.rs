//! What a run was asked for.
use std::time::Duration;

/// What a run wants to know of each input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The record.
    Record,
    /// The record, and the country of an AS number, which may stand in its organisation's.
    RecordAndCountry,
    /// A listing of what the organisation holds.
    Listing,
}

/// What a run was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What is wanted of each input.
    pub goal: Goal,
    /// How long an input may take.
    pub timeout: Duration,
    /// Queries a second, 0 for no limit; nothing for the registry's own.
    pub rate: Option<f64>,
    /// Outcomes go out as they come, not in the order of the inputs.
    pub unordered: bool,
    /// The text of the replies is printed, not only what they say.
    pub keep_text: bool,
    /// A server may be left alone after it did not answer: there is more than one input.
    pub spare: bool,
}
