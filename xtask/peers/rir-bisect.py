"""The obvious way in Python: the same blocks, bisect, a loop over lines.

Usage: rir-bisect.py crates/rirwhois/data/ipv4_rir_blocks.tsv < addresses
"""
import bisect
import ipaddress
import sys


def ends(block):
    """The first and the last address of FIRST-LAST or a prefix without its last zeros."""
    if "-" in block:
        return [int(ipaddress.IPv4Address(end)) for end in block.split("-")]
    octets, length = block.split("/")
    full = octets + ".0" * (3 - octets.count("."))
    network = ipaddress.IPv4Network(f"{full}/{length}")
    return int(network[0]), int(network[-1])


rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1]) if not line.startswith("#")]
starts = []
names = []
for block, name in rows:
    first, last = ends(block)
    starts += [first, last + 1]
    names += [name, "IANA"]
out = []
for line in sys.stdin:
    address = int(ipaddress.IPv4Address(line.strip()))
    at = bisect.bisect_right(starts, address) - 1
    out.append(names[at] if at >= 0 else "IANA")
print("\n".join(out))
