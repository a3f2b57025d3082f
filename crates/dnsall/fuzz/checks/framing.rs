//! Messages over a connection: those of the whole are those of its pieces,
//! however the bytes arrive, and none is lost.
use dnsall::net::stream::messages;

/// Panics where this does not hold. The first byte says how many bytes arrive at a time.
pub(crate) fn check(input: &[u8]) {
    let Some((size, bytes)) = input.split_first() else { return };
    let (mut unread, mut whole) = (bytes.to_vec(), Vec::new());
    let done = messages(&mut unread, |message| whole.push(message.to_vec()));
    let framed = whole.iter().flat_map(|message| [&(message.len() as u16).to_be_bytes(), &message[..]].concat());
    assert_eq!(framed.collect::<Vec<u8>>(), bytes[..done]);
    // What is left lacks a byte at least.
    let rest = &bytes[done..];
    assert!(rest.first_chunk().is_none_or(|len| rest.len() < 2 + usize::from(u16::from_be_bytes(*len))));

    let (mut unread, mut pieces) = (Vec::new(), Vec::new());
    for piece in bytes.chunks(usize::from(*size).max(1)) {
        unread.extend_from_slice(piece);
        let done = messages(&mut unread, |message| pieces.push(message.to_vec()));
        unread.drain(..done);
    }
    assert_eq!((pieces, &unread[..]), (whole, rest));
}
