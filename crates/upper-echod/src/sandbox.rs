//! What the process gives up once it has everything it needs.
use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetError, Scope};

/// Opens no file and connects nowhere from here on, as far as the kernel knows
/// how to enforce that. Descriptors that are open stay usable.
///
/// # Errors
/// The kernel knows landlock and refused. One without it is no error.
pub fn enter() -> Result<(), RulesetError> {
    // ABI 6 is the last that leaves a datagram to the service manager's socket alone.
    Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)?
        .scope(Scope::Signal)?
        .create()?
        .restrict_self()?;
    Ok(())
}
