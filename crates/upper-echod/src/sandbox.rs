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

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::ErrorKind::PermissionDenied,
        net::{TcpListener, TcpStream},
        thread,
    };

    use super::*;

    #[test]
    fn no_file_and_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        // The rules are those of a thread, so the other tests go free.
        let [file, connection] = thread::spawn(move || {
            enter().unwrap();
            [File::open("/proc/self/status").err(), TcpStream::connect(addr).err()].map(|e| e.map(|e| e.kind()))
        })
        .join()
        .unwrap();
        if file.is_none() {
            println!("skipped: this kernel has no landlock");
            return;
        }
        assert_eq!(file, Some(PermissionDenied));
        // Rules for TCP came with Linux 6.7.
        assert!(connection.is_none_or(|kind| kind == PermissionDenied), "{connection:?}");
        TcpStream::connect(addr).unwrap();
    }
}
