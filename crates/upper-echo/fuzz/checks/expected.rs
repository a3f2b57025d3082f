//! --verify: what a server in upper case owes for what was sent, and the byte
//! where its reply differs, whatever is sent and comes in which pieces. The
//! first byte is the mode; then each piece behind a byte that says which way it
//! goes and how long it is.
use upper_echo::expected::Expected;

/// What is owed for everything sent.
fn owed(line: bool, sent: &[u8]) -> Vec<u8> {
    if !line {
        return sent.to_ascii_uppercase();
    }
    // Python's readline(), strip() and upper() on bytes.
    let line = sent.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let white = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ');
    let from = line.iter().position(|byte| !white(byte)).unwrap_or(line.len());
    let to = line.iter().rposition(|byte| !white(byte)).map_or(from, |at| at + 1);
    line[from..to].to_ascii_uppercase()
}

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let Some((mode, mut rest)) = input.split_first() else { return };
    let line = mode & 1 != 0;
    let mut expected = Expected::new(line);
    let (mut sent, mut came) = (Vec::new(), 0);
    while let Some((head, behind)) = rest.split_first() {
        let (piece, behind) = behind.split_at(usize::from(head >> 2).min(behind.len()));
        rest = behind;
        if head & 3 < 2 {
            assert!(expected.has_room());
            expected.sent(piece);
            sent.extend_from_slice(piece);
            assert_eq!(expected.total(), owed(line, &sent).len() as u64);
            continue;
        }
        // The server's own answer as far as it goes, or any bytes.
        let due = &owed(line, &sent)[came..];
        let reply = if head & 3 == 2 { &due[..piece.len().min(due.len())] } else { piece };
        let same = reply.iter().zip(due).take_while(|(came, due)| came == due).count();
        let differs = same < reply.len().min(due.len()) || line && same < reply.len();
        let at = (came + same) as u64 + 1;
        assert_eq!(expected.differs(reply), differs.then_some(at));
        // More than is due yet is not for this to judge.
        if differs || reply.len() > due.len() {
            return;
        }
        came += reply.len();
    }
    assert_eq!(expected.total(), owed(line, &sent).len() as u64);
}
