//! How much is read at once, by what the processor can keep near.
use std::fs;

/// Least and most that is read at once, in bytes.
const SIZES: [usize; 2] = [64 * 1024, 256 * 1024];
/// Of the second-level cache, one part in so many is the buffer: what a socket
/// holds of the same bytes, twice, has to fit as well.
const SHARE: usize = 8;

/// The size of a read, in bytes: 64 to 256 KiB.
///
/// Measured with 64 to 512 KiB. Where a core's second-level cache has 512 KiB,
/// pipelined lines went 1.5 times as fast with 64 as with 128; where it has
/// 2 MiB, 256 made them 1.3 and one big stream 2 times as fast as 64.
pub fn read_size() -> usize {
    let path = "/sys/devices/system/cpu/cpu0/cache/index2/size";
    let cache = fs::read_to_string(path).ok().and_then(|text| bytes(text.trim_end()));
    (cache.unwrap_or(0) / SHARE).clamp(SIZES[0], SIZES[1])
}

/// What sysfs calls `512K` or `2M`.
fn bytes(text: &str) -> Option<usize> {
    let unit =
        [("K", 1 << 10), ("M", 1 << 20)].into_iter().find_map(|(end, unit)| Some((text.strip_suffix(end)?, unit)));
    let (number, unit) = unit.unwrap_or((text, 1));
    number.parse::<usize>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_the_kernel_writes_them() {
        for (text, size) in [("512K", Some(512 << 10)), ("2M", Some(2 << 20)), ("1000", Some(1000))] {
            assert_eq!(bytes(text), size, "{text}");
        }
        for text in ["", "K", "-1K", "2G", "99999999999999999999K", "18446744073709551615M"] {
            assert_eq!(bytes(text), None, "{text}");
        }
        assert!((SIZES[0]..=SIZES[1]).contains(&read_size()));
    }
}
