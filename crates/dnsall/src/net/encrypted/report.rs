//! What the thread of a connection tells the poll loop, a datagram each: a byte
//! that says what it is, and behind it the message of a server or words of ours.
use crate::net::stream::Event;

/// The longest datagram: a DNS message of 64 KiB and the byte in front.
pub const LONGEST: usize = 1 + MESSAGE;
/// The longest DNS message: its length is 16 bits everywhere but in HTTP.
pub const MESSAGE: usize = 65_535;

const ANSWER: u8 = 0;
const UNANSWERED: u8 = 1;
const OPENED: u8 = 2;
const REFUSED: u8 = 3;
const ENDED: u8 = 4;

/// A message of the server.
pub fn answer(message: &[u8]) -> Vec<u8> {
    [&[ANSWER], message].concat()
}

/// The question with this identifier gets no answer.
pub fn unanswered(id: [u8; 2], why: &str) -> Vec<u8> {
    [&[UNANSWERED], &id[..], why.as_bytes()].concat()
}

/// The connection is there, and how it came about.
pub fn opened(how: &str) -> Vec<u8> {
    [&[OPENED], how.as_bytes()].concat()
}

/// The connection is over, or there never was one. It is the last report.
pub fn closed(established: bool, why: &str) -> Vec<u8> {
    [&[if established { ENDED } else { REFUSED }], why.as_bytes()].concat()
}

/// What a datagram says; nothing where it is none of the above.
pub fn read(datagram: &mut [u8]) -> Option<Event<'_>> {
    let (kind, rest) = datagram.split_first_mut()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(match *kind {
        ANSWER => Event::Message(rest),
        UNANSWERED => {
            let (id, why) = rest.split_first_chunk::<2>()?;
            Event::Unanswered { id: u16::from_be_bytes(*id), why: text(why) }
        }
        OPENED => Event::Opened(text(rest)),
        REFUSED => Event::Closed { why: text(rest), established: false },
        ENDED => Event::Closed { why: text(rest), established: true },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let read_back = |mut datagram: Vec<u8>| format!("{:?}", read(&mut datagram));
        assert_eq!(read_back(answer(&[7, 8])), "Some(Message([7, 8]))");
        assert_eq!(read_back(unanswered([1, 2], "no")), "Some(Unanswered { id: 258, why: \"no\" })");
        assert_eq!(read_back(opened("so")), "Some(Opened(\"so\"))");
        assert_eq!(read_back(closed(true, "x")), "Some(Closed { why: \"x\", established: true })");
        assert_eq!(read_back(closed(false, "")), "Some(Closed { why: \"\", established: false })");
        for none in [vec![], vec![9], vec![UNANSWERED, 0]] {
            assert_eq!(read_back(none), "None");
        }
    }
}
