//! Whether a signature fits: its times, its key, and the bytes.
use hickory_proto::dnssec::{DigestType, crypto::Digest};

use crate::dnssec::{
    keys::{Key, is_known},
    memo::Memo,
    rrset::RrSet,
    signature::Signature,
    work::{MOST_SIGNATURES, Work},
};

/// The most keys that are tried where several share a tag (a server may choose them so).
const MOST_KEYS: usize = 4;
/// Signatures that are remembered (twice as many at most).
const MEMORY: usize = 4096;

/// The signatures of a run.
#[derive(Debug)]
pub(super) struct Signatures {
    /// Seconds since 1970, modulo 2^32.
    pub(super) now: u32,
    /// Digests of key, signed bytes and signature, and whether they fit.
    known: Memo<[u8; 32], bool>,
}

impl Signatures {
    /// None was seen yet.
    pub(super) fn new() -> Signatures {
        Signatures { now: 0, known: Memo::new(MEMORY) }
    }

    /// Was the set signed with one of these keys? If not, how near it came, and why.
    pub(super) fn fits(
        &mut self,
        by: &Signature,
        set: &RrSet,
        keys: &[Key],
        work: &mut Work,
    ) -> Result<(), (u8, String)> {
        let title = set.title();
        let Some(signed) = set.signed_by(by) else {
            return Err((1, format!("the signature of {title} counts more labels than the name has")));
        };
        if !is_known(by.algorithm) {
            return Err((1, format!("the signature of {title} has the unknown algorithm {}", by.algorithm)));
        }
        let mut fitting = keys.iter().filter(|key| key.tag == by.tag && key.algorithm == by.algorithm).peekable();
        if fitting.peek().is_none() {
            return Err((2, format!("no trusted key of {} made the signature of {title} (key {})", by.signer, by.tag)));
        }
        if let Some(why) = by.untimely(self.now) {
            return Err((4, format!("the signature of {title} by key {} of {} {why}", by.tag, by.signer)));
        }
        for key in fitting.take(MOST_KEYS) {
            let bytes = [&key.data[..], &signed, &by.bytes].concat();
            let digest = Digest::new(&bytes, DigestType::SHA256).ok().and_then(|d| d.as_ref().try_into().ok());
            let known = digest.and_then(|digest| self.known.get(&digest));
            let fits = match known {
                Some(fits) => fits,
                None => {
                    let Some(left) = work.signatures.checked_sub(1) else {
                        work.is_exhausted = true;
                        return Err((3, format!("{title}: more than {MOST_SIGNATURES} signatures for one name")));
                    };
                    work.signatures = left;
                    let fits = key.verifies(&signed, &by.bytes);
                    if let Some(digest) = digest {
                        self.known.insert(digest, fits);
                    }
                    fits
                }
            };
            if fits {
                return Ok(());
            }
        }
        Err((3, format!("the signature of {title} by key {} of {} does not fit", by.tag, by.signer)))
    }
}
