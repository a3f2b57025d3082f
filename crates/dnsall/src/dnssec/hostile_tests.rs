//! What a hostile server can make a proof cost. Its own zones are signed here by
//! hickory's signer, since no name server would.
use std::rc::Rc;

use hickory_proto::dnssec::{Algorithm, PublicKey as _, SigningKey as _, TBS, crypto::EcdsaSigningKey};

use crate::{
    dnssec::{
        anchor::Anchors,
        canonical::{count, tail},
        chain::{Chain, Question},
        judge::Told,
        keys::Key,
        rrset::RrSet,
        signature::Signature,
        verdict::{Proof, Verdict},
        work::Work,
    },
    wire::{name::Name, types::Type},
};

const NOW: u32 = 1_800_000_000;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A message with these records in its answer section.
fn message(records: &[(Name, Type, Vec<u8>)]) -> Vec<u8> {
    in_section(0, records)
}

/// A message with these records in its section of this number: 0 is the answer, 1 authority.
fn in_section(section: usize, records: &[(Name, Type, Vec<u8>)]) -> Vec<u8> {
    let mut message = vec![0, 1, 0x84, 0, 0, 0];
    for at in 0..3 {
        let count = if at == section { records.len() } else { 0 };
        message.extend(u16::try_from(count).unwrap().to_be_bytes());
    }
    for (owner, rtype, data) in records {
        message.extend(owner.wire());
        message.extend(rtype.0.to_be_bytes());
        message.extend([0, 1, 0, 0, 1, 44]);
        message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        message.extend(data);
    }
    message
}

/// The data of an RRSIG record, whose times are around [`NOW`].
fn rrsig(covered: Type, owner: &Name, signer: &Name, tag: u16, signature: &[u8]) -> Vec<u8> {
    let mut data = covered.0.to_be_bytes().to_vec();
    data.extend([13, Signature::owner_labels(owner) as u8, 0, 0, 1, 44]);
    data.extend((NOW + 1000).to_be_bytes());
    data.extend((NOW - 1000).to_be_bytes());
    data.extend(tag.to_be_bytes());
    data.extend(signer.wire());
    data.extend(signature);
    data
}

/// Proves, answering each question by `reply`. Returns how many there were.
fn prove(
    chain: &mut Chain,
    of: &Name,
    told: &[Told<'_>],
    work: &mut Work,
    reply: impl Fn(&Question) -> Vec<u8>,
) -> (Proof, usize) {
    let mut questions = 0;
    let mut open: Vec<Question> = Vec::new();
    loop {
        if let Ok(proof) = chain.prove(of, told, NOW, work) {
            return (proof, questions);
        }
        let wanted = chain.wanted();
        questions += wanted.len();
        open.extend(wanted);
        // One at a time, the last asked first: the walk is begun as often as can be.
        let question = open.pop().expect("it waits for something");
        chain.tell(&question, Ok(reply(&question)), NOW);
    }
}

#[test]
fn signers_of_signers_without_end_cost_a_hundred_questions() {
    let deep = name(&"a.".repeat(120));
    let signed_by_all_above = |owner: &Name, rtype: Type, data: Vec<u8>| {
        let mut records = vec![(owner.clone(), rtype, data)];
        for labels in (count(owner).saturating_sub(9)..count(owner)).rev() {
            records.push((owner.clone(), Type::RRSIG, rrsig(rtype, owner, &tail(owner, labels), 1, b"none")));
        }
        message(&records)
    };
    let mut chain = Chain::new(Rc::new(Anchors::of_the_root()));
    let mut work = Work::default();
    let answer = signed_by_all_above(&deep, Type::A, vec![192, 0, 2, 1]);
    let told = [Told { rtype: Type::A, message: &answer, is_referral: false }];
    let (proof, questions) = prove(&mut chain, &deep, &told, &mut work, |question| match question.rtype {
        Type::DS => signed_by_all_above(&question.name, Type::DS, [&[0, 1, 13, 2][..], &[7; 32]].concat()),
        _ => message(&[(question.name.clone(), Type::DNSKEY, vec![1, 1, 3, 13, 9])]),
    });
    let finding = &proof.sets[&Type::A];
    assert!(finding.is_problem() && finding.verdict != Verdict::Secure, "{finding:?}");
    assert_eq!(questions, 100);
}

/// A signed zone `evil.` that is its own anchor, with many keys of one tag.
struct Evil {
    zone: Name,
    anchors: Rc<Anchors>,
    tag: u16,
    keys: Vec<u8>,
    signer: EcdsaSigningKey,
}

impl Evil {
    fn new(keys: usize) -> Evil {
        let zone = name("evil");
        let signer = EcdsaSigningKey::generate_pkcs8(Algorithm::ECDSAP256SHA256)
            .and_then(|pkcs8| EcdsaSigningKey::from_pkcs8(&pkcs8, Algorithm::ECDSAP256SHA256))
            .unwrap();
        let public = signer.to_public_key().unwrap().public_bytes().to_vec();
        let key = Key::read(&[&[1, 1, 3, 13][..], &public].concat()).unwrap();
        // Two bytes change places with two others: the sum, which is the tag, stays.
        let mut set = vec![key.data.clone()];
        for at in (4..key.data.len() - 3).step_by(2) {
            let mut other = key.data.clone();
            for byte in 0..2 {
                other.swap(at + byte, at + 2 + byte);
            }
            assert_eq!(Key::read(&other).unwrap().tag, key.tag);
            set.push(other);
        }
        set.dedup();
        assert!(set.len() > keys);
        set.truncate(keys);
        set.sort();
        let rrset = RrSet { owner: zone.clone(), rtype: Type::DNSKEY, data: set.clone(), signatures: Vec::new() };
        let anchors = Rc::new(Anchors::of_key(&zone, key.clone()));
        let mut evil = Evil { zone: zone.clone(), anchors, tag: key.tag, keys: Vec::new(), signer };
        let signature = evil.sign(&rrset);
        let mut records: Vec<_> = set.into_iter().map(|data| (zone.clone(), Type::DNSKEY, data)).collect();
        records.push((zone.clone(), Type::RRSIG, signature));
        evil.keys = message(&records);
        evil
    }

    /// The data of a good RRSIG record of the set.
    fn sign(&self, set: &RrSet) -> Vec<u8> {
        let unsigned = rrsig(set.rtype, &set.owner, &self.zone, self.tag, b"");
        let signed = set.signed_by(&Signature::read(&unsigned).unwrap()).unwrap();
        [unsigned, self.signer.sign(&TBS::from(&signed[..])).unwrap()].concat()
    }
}

#[test]
fn keys_of_one_tag_cost_five_hundred_signatures() {
    let evil = Evil::new(20);
    let owner = name("www.evil");
    let types: Vec<Type> = (1000..1060).map(Type).collect();
    let answers: Vec<Vec<u8>> = types
        .iter()
        .map(|rtype| {
            let mut records = vec![(owner.clone(), *rtype, b"data".to_vec())];
            for n in 0..100 {
                records.push((owner.clone(), Type::RRSIG, rrsig(*rtype, &owner, &evil.zone, evil.tag, &[n; 64])));
            }
            message(&records)
        })
        .collect();
    let told = types.iter().zip(&answers).map(|(rtype, message)| Told { rtype: *rtype, message, is_referral: false });
    let told: Vec<Told<'_>> = told.collect();
    let mut chain = Chain::new(evil.anchors.clone());
    let mut work = Work::default();
    let (proof, questions) = prove(&mut chain, &owner, &told, &mut work, |_| evil.keys.clone());
    assert_eq!((questions, work.signatures), (1, 0));
    assert!(proof.sets.values().all(|finding| finding.verdict == Verdict::Bogus));
    let last = &proof.sets[&types[types.len() - 1]];
    assert!(last.why.contains("more than 500 signatures for one name"), "{}", last.why);
}

#[test]
fn a_good_signature_is_found_among_bad_ones() {
    let evil = Evil::new(4);
    let owner = name("www.evil");
    let set = RrSet { owner: owner.clone(), rtype: Type::A, data: vec![vec![192, 0, 2, 1]], signatures: Vec::new() };
    let good = message(&[
        (owner.clone(), Type::A, vec![192, 0, 2, 1]),
        (owner.clone(), Type::RRSIG, rrsig(Type::A, &owner, &evil.zone, evil.tag, &[9; 64])),
        (owner.clone(), Type::RRSIG, evil.sign(&set)),
    ]);
    let told = [Told { rtype: Type::A, message: &good, is_referral: false }];
    let mut chain = Chain::new(evil.anchors.clone());
    let (proof, questions) = prove(&mut chain, &owner, &told, &mut Work::default(), |_| evil.keys.clone());
    assert_eq!((questions, proof.sets[&Type::A].verdict), (1, Verdict::Secure));
    assert_eq!(proof.chain, [format!("evil. (anchor {})", evil.tag)]);
}

#[test]
fn a_signature_beyond_its_time_is_none() {
    let evil = Evil::new(1);
    let owner = name("www.evil");
    let set = RrSet { owner: owner.clone(), rtype: Type::A, data: vec![vec![192, 0, 2, 1]], signatures: Vec::new() };
    let answer =
        message(&[(owner.clone(), Type::A, vec![192, 0, 2, 1]), (owner.clone(), Type::RRSIG, evil.sign(&set))]);
    let told = [Told { rtype: Type::A, message: &answer, is_referral: false }];
    for (now, verdict) in [
        (NOW - 1001, Verdict::Bogus),
        (NOW - 1000, Verdict::Secure),
        (NOW + 1000, Verdict::Secure),
        (NOW + 1001, Verdict::Bogus),
    ] {
        let mut chain = Chain::new(evil.anchors.clone());
        let mut work = Work::default();
        assert!(chain.prove(&owner, &told, now, &mut work).is_err());
        let [question] = &chain.wanted()[..] else { panic!("DNSKEY of evil. alone") };
        chain.tell(question, Ok(evil.keys.clone()), now);
        let proof = chain.prove(&owner, &told, now, &mut work).unwrap();
        assert_eq!(proof.sets[&Type::A].verdict, verdict, "{now}");
    }
}

#[test]
fn a_wildcards_denial_denies_no_other_name() {
    // The zone says that *.evil has no address; a server says so of www.evil, which it may have.
    let evil = Evil::new(1);
    let (star, www) = (name("*.evil"), name("www.evil"));
    let data = [name("zzz.evil").wire(), &[0, 6, 0, 1, 0, 0, 0, 3]].concat();
    let set = RrSet { owner: star.clone(), rtype: Type::NSEC, data: vec![data.clone()], signatures: Vec::new() };
    let signature = evil.sign(&set);
    for (owner, verdict) in [(&star, Verdict::Secure), (&www, Verdict::Bogus)] {
        let denial = in_section(
            1,
            &[(owner.clone(), Type::NSEC, data.clone()), (owner.clone(), Type::RRSIG, signature.clone())],
        );
        let told = [Told { rtype: Type::A, message: &denial, is_referral: false }];
        let mut chain = Chain::new(evil.anchors.clone());
        let (proof, _) = prove(&mut chain, owner, &told, &mut Work::default(), |_| evil.keys.clone());
        let finding = &proof.denials[&Type::A];
        assert_eq!(finding.verdict, verdict, "{owner}: {finding:?}");
    }
}

#[test]
fn a_question_without_a_reply_is_asked_again_later() {
    let evil = Evil::new(1);
    let owner = name("www.evil");
    let set = RrSet { owner: owner.clone(), rtype: Type::A, data: vec![vec![192, 0, 2, 1]], signatures: Vec::new() };
    let answer =
        message(&[(owner.clone(), Type::A, vec![192, 0, 2, 1]), (owner.clone(), Type::RRSIG, evil.sign(&set))]);
    let told = [Told { rtype: Type::A, message: &answer, is_referral: false }];
    let mut chain = Chain::new(evil.anchors.clone());
    assert!(chain.prove(&owner, &told, NOW, &mut Work::default()).is_err());
    let question = chain.wanted().remove(0);
    chain.tell(&question, Err("lost".to_owned()), NOW + 12);
    for now in [NOW + 12, NOW + 41] {
        let proof = chain.prove(&owner, &told, now, &mut Work::default()).unwrap();
        assert!(proof.sets[&Type::A].failed && proof.sets[&Type::A].verdict == Verdict::Indeterminate);
    }
    assert!(chain.prove(&owner, &told, NOW + 42, &mut Work::default()).is_err());
    assert_eq!(chain.wanted(), std::slice::from_ref(&question));
    chain.tell(&question, Ok(evil.keys.clone()), NOW + 43);
    let proof = chain.prove(&owner, &told, NOW + 43, &mut Work::default()).unwrap();
    assert_eq!(proof.sets[&Type::A].verdict, Verdict::Secure);
}
