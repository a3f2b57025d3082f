//! What a user types for a server, a type or a name: a server is written as it
//! was read, and every refusal and hint says something that is printable once it is written.
use dnsall::{
    ask::pasted,
    net::server::{Address, Host},
    wire::{edns::Subnet, types::Type},
};
use plainnet_common::{exit::Fail, text};

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let Ok(typed) = std::str::from_utf8(input) else { return };
    let clean = |said: &str| assert!(!said.contains(text::is_control), "{said:?}");
    if let Ok(address) = typed.parse::<Address>() {
        clean(&address.to_string());
        assert!(address.port > 0 && address.name.is_some() == address.transport.is_encrypted(), "{address:?}");
        assert!(address.path.as_ref().is_none_or(|path| path.starts_with('/') && path.len() <= 2048));
        // What the system has to look up is not looked up here.
        if let Host::Ip(_) = address.host {
            let servers = address.servers().expect("an address needs no look-up");
            assert_eq!(servers[0].to_string().parse::<Address>().as_ref(), Ok(&address), "{}", servers[0]);
        }
    }
    if let Ok(rtype) = typed.parse::<Type>() {
        assert_eq!(rtype.to_string().parse::<Type>().ok(), Some(rtype));
    }
    if let Ok(subnet) = typed.parse::<Subnet>() {
        assert_eq!(format!("{:?}", typed.parse::<Subnet>().ok()), format!("{:?}", Some(subnet)));
    }
    let hints = [
        pasted::refusal(typed),
        pasted::misplaced(typed, None),
        pasted::misplaced(typed, Some("a.example")),
        pasted::type_hint(typed),
        pasted::server_hint(typed),
        pasted::port_in_address(typed),
        pasted::nearest_type(typed).map(str::to_owned),
        pasted::habit(typed).map(str::to_owned),
    ];
    for hint in hints.iter().flatten() {
        let Fail::Usage(said) = Fail::usage("x", hint) else { panic!("{hint:?}") };
        assert!(!hint.trim().is_empty());
        clean(&said);
    }
}
