"""The obvious way in Python: the same table, bisect, a loop over lines.

Usage: rir-bisect.py crates/rirwhois/src/table/lookup/data.rs < addresses
"""
import bisect
import ipaddress
import re
import sys

NAMES = {"F": "AFRINIC", "P": "APNIC", "N": "ARIN", "L": "LACNIC", "R": "RIPE", "I": "IANA"}
text = open(sys.argv[1]).read()
table = text[text.index("static V4:"):text.index("static V4_SUMS")]
rows = [(int(first, 16), NAMES[letter]) for first, letter in re.findall(r"\((0x[0-9a-f]+),([A-Z])\)", table)]
starts = [row[0] for row in rows]
names = [row[1] for row in rows]
out = []
for line in sys.stdin:
    address = int(ipaddress.IPv4Address(line.strip()))
    out.append(names[bisect.bisect_right(starts, address) - 1])
print("\n".join(out))
