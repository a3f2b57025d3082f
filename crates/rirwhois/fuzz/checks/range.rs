//! Blocks as registries write them, a line each: a block is written as it was
//! read, its prefixes are all of it, and what IANA's registries say of one holds
//! for what is inside it.
use plainnet_common::{
    block::{Block, Family},
    special,
};
use rirwhois::read::range;

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let blocks: Vec<Block> = text.lines().take(8).filter_map(range::parse).collect();
    for block in &blocks {
        assert!(block.first <= block.last && block.last <= block.family.top(), "{block:?}");
        assert_eq!(range::parse(&block.to_string()), Some(*block), "{block}");
        assert_eq!(Block::between(block.first_addr(), block.last_addr()), Some(*block));
        let prefixes: Vec<Block> = range::prefixes(*block).collect();
        assert!(prefixes.len() <= if block.family == Family::V4 { 62 } else { 254 }, "{block}");
        assert!(prefixes.windows(2).all(|two| two[0].last + 1 == two[1].first), "{block}");
        assert_eq!((prefixes[0].first, prefixes[prefixes.len() - 1].last), (block.first, block.last));
        for prefix in &prefixes {
            let len = prefix.prefix_len().unwrap_or_else(|| panic!("{prefix} is no prefix"));
            assert_eq!(Block::prefix(prefix.first_addr(), len), Some(*prefix));
            assert!(block.holds(prefix));
        }
        assert_eq!(block.prefix_len().is_some(), prefixes.len() == 1, "{block}");
        for addr in [block.first_addr(), block.last_addr()] {
            let row = special::row(&Block::of(addr));
            assert!(!special::is_public(addr) || special::is_global(addr), "{addr}");
            // A row of the whole block is one of each address in it, or one inside of that.
            assert!(special::row(block).is_none() || row.is_some(), "{block}");
            if let std::net::IpAddr::V6(v6) = addr {
                let embedded: Vec<_> = special::embedded(v6).collect();
                assert!(!special::is_public(addr) || embedded.iter().all(|(v4, _)| special::is_public((*v4).into())));
            }
        }
    }
    for (one, other) in blocks.iter().flat_map(|one| blocks.iter().map(move |other| (one, other))) {
        let shared = one.family == other.family && one.first.max(other.first) <= one.last.min(other.last);
        assert_eq!(one.holds(other), shared && one.first <= other.first && other.last <= one.last, "{one} {other}");
    }
}
