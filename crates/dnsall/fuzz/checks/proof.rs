//! A reply of any bytes, and the same bytes as the reply to every question that its proof asks.
use std::rc::Rc;

use dnsall::{
    dnssec::{anchor::Anchors, chain::Chain, judge::Told, verdict::Verdict, work::Work},
    wire::{name::Name, types::Type},
};

/// Panics where this does not hold.
pub(crate) fn check(input: &[u8]) {
    let name = Name::parse("a.b.example").expect("a name");
    let told = [Told { rtype: Type::A, message: input, is_referral: false }];
    let (mut chain, mut work) = (Chain::new(Rc::new(Anchors::of_the_root())), Work::default());
    // A question is asked once, and there are a hundred at most.
    for _ in 0..=101 {
        match chain.prove(&name, &told, 1_800_000_000, &mut work) {
            // Nobody has the root's keys.
            Ok(proof) => return assert!(proof.findings().all(|finding| finding.verdict >= Verdict::Indeterminate)),
            Err(_) => {
                chain.wanted().iter().for_each(|question| chain.tell(question, Ok(input.to_vec()), 1_800_000_000))
            }
        }
    }
    panic!("it never ends");
}
