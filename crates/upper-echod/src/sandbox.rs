//! What the process gives up once it has everything it needs.
use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetError, Scope};
use rustix::{
    io::Errno,
    thread::{
        CapabilitySet, CapabilitySets, capabilities, capability_is_in_bounding_set,
        remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
    },
};

/// Gives up every capability of this thread, which is the process's only one,
/// for good: whoever started it as root has a port below 1024 to show for it
/// and nothing else.
///
/// # Errors
/// The kernel or a filter of system calls refused. A process without a
/// capability asks for nothing and so is never refused.
pub fn drop_capabilities() -> Result<(), Errno> {
    let none = CapabilitySet::empty();
    let held = capabilities(None)?;
    if held.permitted.is_empty() && held.inheritable.is_empty() {
        return Ok(());
    }
    if held.effective.contains(CapabilitySet::SETPCAP) {
        for capability in (0..u64::BITS).map(|bit| CapabilitySet::from_bits_retain(1 << bit)) {
            // The kernel knows fewer than 64 of them, and refuses the others.
            if capability_is_in_bounding_set(capability) == Ok(true) {
                remove_capability_from_bounding_set(capability)?;
            }
        }
    }
    // Losing the inheritable ones takes the ambient ones along (capabilities(7)).
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    set_no_new_privs(true)
}

/// Opens no file and connects nowhere from here on, as far as the kernel knows
/// how to enforce that. Descriptors that are open stay usable.
///
/// # Errors
/// The kernel knows landlock and refused. One without it is no error.
pub fn restrict() -> Result<(), RulesetError> {
    // ABI 6 is the last that leaves a datagram to the service manager's socket alone.
    Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)?
        .scope(Scope::Signal)?
        .create()?
        .restrict_self()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        io::ErrorKind::PermissionDenied,
        net::{TcpListener, TcpStream},
        thread,
    };

    use rustix::thread::no_new_privs;

    use super::*;

    #[test]
    fn no_capability_is_left() {
        // Capabilities are those of a thread, too.
        let lose = || {
            let before = capabilities(None).unwrap();
            drop_capabilities().unwrap();
            let status = fs::read_to_string("/proc/thread-self/status").unwrap();
            (before.permitted.is_empty(), no_new_privs().unwrap(), status)
        };
        let (had_none, cannot_gain, status) = thread::spawn(lose).join().unwrap();
        if had_none {
            plainnet_lab::tool::left_out("this user has no capability to lose");
        }
        assert!(had_none || cannot_gain);
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            assert!(status.contains(&format!("{set}:\t0000000000000000\n")), "{status}");
        }
    }

    #[test]
    fn no_file_and_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        // The rules are those of a thread, so the other tests go free.
        let [file, connection] = thread::spawn(move || {
            restrict().unwrap();
            [File::open("/proc/self/status").err(), TcpStream::connect(addr).err()].map(|e| e.map(|e| e.kind()))
        })
        .join()
        .unwrap();
        if file.is_none() {
            plainnet_lab::tool::lacking("this kernel has no landlock");
            return;
        }
        assert_eq!(file, Some(PermissionDenied));
        if connection.is_none() {
            plainnet_lab::tool::lacking("this kernel has no rules for TCP, which came with Linux 6.7");
        } else {
            assert_eq!(connection, Some(PermissionDenied));
        }
        TcpStream::connect(addr).unwrap();
    }
}
