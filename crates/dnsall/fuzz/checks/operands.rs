//! What a user types for a server, a type or a name: a server is written as it
//! was read, and every refusal and hint says something that is printable once it is written.
use std::net::IpAddr;

use dnsall::{
    ask::pasted,
    net::server::{Address, Host},
    wire::{
        edns::{Edns, Subnet},
        message::{IN, Question},
        name::Name,
        types::Type,
    },
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
        assert_eq!(sent(subnet).parse(), Ok(subnet), "{typed}");
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

/// A network as a question has it (RFC 7871 section 6).
fn sent(subnet: Subnet) -> String {
    let edns = Edns { payload: 1232, dnssec: false, cookie: b"", nsid: false, subnet: Some(subnet), block: 0 };
    let mut message = Vec::new();
    Question { id: 0, name: &Name::root(), rtype: Type::A, class: IN, recurse: true, edns: Some(edns) }
        .write(&mut message);
    // Behind the header, the question and what stands in front of the options.
    let [0, 8, 0, len, 0, family, prefix, 0, bytes @ ..] = &message[12 + 5 + 11..] else { panic!("{message:?}") };
    // No byte more than the prefix needs, and no bit behind it.
    assert!(bytes.len() == usize::from(prefix.div_ceil(8)) && bytes.len() + 4 == usize::from(*len), "{message:?}");
    assert!(prefix % 8 == 0 || bytes.last().is_some_and(|last| last << (prefix % 8) == 0), "{message:?}");
    let mut octets = [0; 16];
    octets[..bytes.len()].copy_from_slice(bytes);
    let [a, b, c, d, ..] = octets;
    format!("{}/{prefix}", if *family == 1 { IpAddr::from([a, b, c, d]) } else { IpAddr::from(octets) })
}
