#!/usr/bin/env python3
"""Compares ipconv with Python's ipaddress and the C library's inet_* functions.

usage: peers.py IPCONV FORM [COUNT [SEED]]

Generates COUNT inputs of FORM, good and bad ones, asks ipconv, and prints
the first lines that differ. Where the two are meant to differ, the truth below
says so beside the word EXCEPTION.
"""
import ast
import base64
import bisect
import functools
import ipaddress
import random
import re
import socket
import subprocess
import sys
import tempfile

IPCONV, FORM = sys.argv[1:3]
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
# Of what no peer has, and what is put together from other truths here.
OWN = COUNT // 4
rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 5952)
V4, V6 = socket.AF_INET, socket.AF_INET6
DIGITS = "0123456789"


def ipconv(words, data):
    """Standard output of ipconv; complaints are not compared here."""
    with tempfile.TemporaryFile() as file:
        file.write(data if isinstance(data, bytes) else data.encode("latin-1"))
        file.seek(0)
        done = subprocess.run([IPCONV, *words], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if done.returncode not in (0, 1):
        sys.exit(f"{words}: status {done.returncode}")
    return done.stdout.decode("latin-1")


def compare(words, lines, want, data=None):
    """One answer for each of `lines`."""
    got = ipconv(words, "\n".join(lines) + "\n" if data is None else data).split("\n")[:-1]
    if got == want:
        return
    if len(got) != len(want):
        print(f"{words}: {len(got)} lines, not {len(want)}")
    bad = [(a, b, c) for a, b, c in zip(lines, got, want) if b != c]
    for line, mine, theirs in bad[:20]:
        print(f"{line!r}: ipconv {mine!r}, peer {theirs!r}")
    sys.exit(f"{words}: {len(bad)} of {len(lines)} differ")


def canonical(packed):
    """RFC 5952."""
    if len(packed) == 4:
        return socket.inet_ntop(V4, packed)
    # EXCEPTION: the C library writes IPv4-compatible addresses with dots; Python and we don't.
    if packed[:12] == bytes(12):
        return str(ipaddress.IPv6Address(packed))
    # Python before 3.13 writes IPv4-mapped addresses without dots; the C library and newer ones do it as we do.
    return socket.inet_ntop(V6, packed)


def octet():
    return rng.choice((0, 1, 9, 10, 99, 100, 127, 199, 200, 249, 250, 255)) if rng.random() < 0.3 else rng.getrandbits(8)


def v4():
    return bytes(octet() for _ in range(4))


def group():
    r = rng.random()
    return 0 if r < 0.45 else rng.getrandbits(4) if r < 0.6 else 0xFFFF if r < 0.65 else rng.getrandbits(16)


def v6():
    r = rng.random()
    if r < 0.3:
        return rng.randbytes(16)
    if r < 0.4:
        return bytes(10) + b"\xff\xff" + v4()
    return b"".join(group().to_bytes(2, "big") for _ in range(8))


def spelled(packed):
    """Some valid text of an IPv6 address."""
    groups = [int.from_bytes(packed[i : i + 2], "big") for i in range(0, 16, 2)]
    r = rng.random()
    if r < 0.3:
        return canonical(packed)
    texts = [rng.choice(("%x", "%x", "%04x", "%X", "%02X", "%03x")) % g for g in groups]
    if rng.random() < 0.3:
        texts[6:] = [socket.inet_ntop(V4, packed[12:])]
    zeros = [i for i in range(len(texts)) if groups[i] == 0 and texts[i].strip("0") == ""]
    if zeros and rng.random() < 0.7:
        start = end = rng.choice(zeros)
        while end in zeros and rng.random() < 0.8:
            end += 1
        end = max(end, start + 1)
        if all(i in zeros for i in range(start, end)):
            return ":".join(texts[:start]) + "::" + ":".join(texts[end:])
    return ":".join(texts)


def mutants(text, alphabet, count):
    """`text` with an edit, each at some place, some with two."""
    for _ in range(count):
        r = rng.getrandbits(32)
        new, r = edit(text, alphabet, r), r >> 4
        yield edit(new, alphabet, r) if r & 0x3000000 == 0 else new


def edit(text, alphabet, r):
    at = (r >> 2 & 0x3FF) % (len(text) + 1)
    kind = r & 3
    if kind == 0:
        return text[:at] + alphabet[(r >> 12 & 0xFFF) % len(alphabet)] + text[at:]
    if kind == 1:
        return text[:at] + alphabet[(r >> 12 & 0xFFF) % len(alphabet)] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[max(at - 2, 0) : at] + text[at:]


def lines_of(one, alphabet, each=40, count=COUNT):
    """`count` lines: of each good text itself and `each` mutants. None is empty or a comment."""
    lines = []
    while len(lines) < count:
        text = one()
        lines.append(text)
        lines += mutants(text, alphabet, each)
    return [line if line.strip(" \t\r") and line.lstrip(" \t\r")[0] != "#" else "?" for line in lines]


def text_truth(line):
    line = line.strip(" \t\r")
    for family in (V4, V6):
        try:
            return canonical(socket.inet_pton(family, line))
        except (OSError, ValueError):
            pass
    return "-"


def text4():
    lines = lines_of(lambda: socket.inet_ntop(V4, v4()), DIGITS + "...:x \t+_?" + "0", 9)
    compare(["-k", "-o", "compressed"], lines, [text_truth(line) for line in lines])


def text6():
    lines = lines_of(lambda: spelled(v6()), DIGITS + "..:::::abcdefABCDEFgGx \t+_?" + "0", 9)
    compare(["-k", "-o", "compressed"], lines, [text_truth(line) for line in lines])


def prefix():
    masks = [str(ipaddress.IPv4Network((0, n)).netmask) for n in range(33)]
    masks += [str(ipaddress.IPv4Network((0, n)).hostmask) for n in range(33)]

    def one():
        if rng.random() < 0.5:
            tail = rng.choice(masks) if rng.random() < 0.4 else str(rng.randrange(36))
            return socket.inet_ntop(V4, v4()) + "/" + tail
        return spelled(v6()) + "/" + str(rng.randrange(132))

    def truth(line):
        line = line.strip(" \t\r")
        head, slash, tail = line.partition("/")
        address = text_truth(head) if head == head.strip() else "-"
        if not slash or address == "-":
            return address
        # EXCEPTION: Python takes leading zeros in a prefix length.
        if tail.isdigit() and len(tail) > 1 and tail[0] == "0":
            return "-"
        network = ipaddress.IPv6Network if ":" in address else ipaddress.IPv4Network
        try:
            return f"{address}/{network._make_netmask(tail)[1]}"
        except ValueError:
            return "-"

    lines = lines_of(one, DIGITS + "./ +", 10)
    compare(["-k", "-o", "compressed"], lines, [truth(line) for line in lines])


def number():
    def one():
        bits = rng.choice((8, 16, 31, 32, 33, 64, 96, 127, 128, 129))
        return str(rng.getrandbits(bits) if rng.random() < 0.8 else (1 << bits) - rng.randrange(2))

    def truth(line, small=V4):
        line = line.strip(" \t\r")
        if not (line.isascii() and line.isdigit()) or int(line) >> 128:
            return "-"
        value = int(line)
        return canonical(value.to_bytes(4, "big") if value < 1 << 32 and small == V4 else value.to_bytes(16, "big"))

    lines = lines_of(one, DIGITS + "+-xe_. ", 3)
    compare(["--from", "int", "-k", "-o", "compressed"], lines, [truth(line) for line in lines])
    some = lines[: len(lines) // 10]
    compare(["--from", "int", "-6", "-k", "-o", "compressed"], some, [truth(line, V6) for line in some])


def hexadecimal():
    def one():
        packed = v4() if rng.random() < 0.5 else v6()
        text = packed.hex() if rng.random() < 0.5 else packed.hex(rng.choice(":-. "), rng.choice((1, 2, 4)))
        text = text.upper() if rng.random() < 0.3 else text
        return rng.choice(("", "", "0x", "0X")) + text

    # Groups of the same whole bytes with one separator between all of them.
    good = re.compile("(?:0[xX])?([0-9a-fA-F]+(?:([-:. ])(?:[0-9a-fA-F]{2})+)?(?:\\2(?:[0-9a-fA-F]{2})+)*)", re.A)

    def truth(line):
        found = good.fullmatch(line.strip(" \t\r"))
        if not found:
            return "-"
        groups = found[1].split(found[2]) if found[2] else [found[1]]
        digits = "".join(groups)
        widths = {len(group) for group in groups}
        if len(digits) not in (8, 32) or len(widths) > 1 or widths.pop() % 2:
            return "-"
        return canonical(bytes.fromhex(digits))

    lines = lines_of(one, "0123456789abcdefABCDEFgGx: ", 4)
    compare(["--from", "hex", "-k", "-o", "compressed"], lines, [truth(line) for line in lines])


def raw():
    for size, option in ((4, "-4"), (16, "-6")):
        data = rng.randbytes(size * COUNT // 2)
        records = [data[i : i + size] for i in range(0, len(data), size)]
        compare(["--from", "raw", option, "-o", "compressed"], records, [canonical(r) for r in records], data)


def reverse(packed):
    """As the reverse_pointer of Python's ipaddress, ten times as fast."""
    if len(packed) == 4:
        return ".".join(str(b) for b in reversed(packed)) + ".in-addr.arpa"
    return ".".join(reversed(packed.hex())) + ".ip6.arpa"


def arpa():
    def one():
        packed = v4() if rng.random() < 0.5 else v6()
        if rng.random() < 0.01:
            assert reverse(packed) == ipaddress.ip_address(packed).reverse_pointer
        name = reverse(packed)
        if rng.random() < 0.3:
            name = name.split(".", rng.randrange(name.count(".") - 1))[-1]
        name = name.upper() if rng.random() < 0.2 else name
        return name + "." if rng.random() < 0.2 else name

    form4 = re.compile(r"((?:[0-9]+\.){0,4})in-addr\.arpa\.?", re.I | re.A)
    form6 = re.compile(r"((?:[0-9a-f]\.){0,32})ip6\.arpa\.?", re.I | re.A)
    # RFC 2317's common spelling: the first and the last address of a part of a /24.
    part = re.compile(r"([0-9]+)-([0-9]+)\.((?:[0-9]+\.){3})in-addr\.arpa\.?", re.I | re.A)

    def truth(line):
        line = line.strip(" \t\r")
        if found := part.fullmatch(line):
            octets = [found[1], found[2], *found[3].split(".")[:-1]]
            if any(int(o) > 255 or o != str(int(o)) for o in octets) or int(found[1]) > int(found[2]):
                return "-"
            net = ".".join(octets[:1:-1])
            first, last = (ipaddress.IPv4Address(f"{net}.{o}") for o in octets[:2])
            parts = list(ipaddress.summarize_address_range(first, last))
            return str(parts[0]) if len(parts) == 1 else f"{first}-{last}"
        if found := form4.fullmatch(line):
            octets = found[1].split(".")[:-1]
            if any(int(o) > 255 or o != str(int(o)) for o in octets):
                return "-"
            address = ".".join((octets[::-1] + ["0"] * 4)[:4])
            return address if len(octets) == 4 else f"{address}/{8 * len(octets)}"
        if found := form6.fullmatch(line):
            nibbles = found[1].replace(".", "")[::-1]
            address = canonical(bytes.fromhex(nibbles.ljust(32, "0")))
            return address if len(nibbles) == 32 else f"{address}/{4 * len(nibbles)}"
        return "-"

    lines = lines_of(one, DIGITS + "abcdefg.-ip6rn ")
    compare(["--from", "arpa", "-k", "-o", "compressed"], lines, [truth(line) for line in lines])


ALPHABET85 = base64._b85alphabet.decode()


def base85():
    digits = {c: i for i, c in enumerate(ALPHABET85)}

    def one():
        return base85_of(int.from_bytes(v6(), "big") if rng.random() < 0.95 else (1 << 128) + rng.randrange(-9, 9))

    def truth(line):
        line = line.strip(" \t\r")
        if len(line) != 20 or any(c not in digits for c in line):
            return "-"
        value = 0
        for c in line:
            value = value * 85 + digits[c]
        return "-" if value >> 128 else canonical(value.to_bytes(16, "big"))

    lines = lines_of(one, ALPHABET85 + "\"',. ")
    # '#' is a digit here, so that a line may begin with it.
    lines += ["#" + line[1:] for line in lines[:1000]]
    compare(["--from", "base85", "-k", "-o", "compressed"], lines, [truth(line) for line in lines])


def aton():
    limits = [0, 1, 7, 8, 9, 10, 127, 255, 256, 65535, 65536, (1 << 24) - 1, 1 << 24, (1 << 32) - 1, 1 << 32, 1 << 64]

    def part(bits):
        value = rng.choice(limits) if rng.random() < 0.1 else rng.getrandbits(bits)
        return rng.choice(("%d", "%d", "0%o", "0x%x", "0X%X", "00%o", "0x0%x")) % value

    def one():
        n = rng.randrange(1, 5) if rng.random() < 0.97 else 5
        return ".".join([part(8) for _ in range(n - 1)] + [part(max(8 * (5 - n), 8))])

    def truth(line):
        line = line.strip(" \t\r")
        # EXCEPTION: the C library ignores white space and what follows it.
        if re.search(r"\s", line):
            return "-"
        try:
            return socket.inet_ntop(V4, socket.inet_aton(line))
        except OSError:
            return "-"

    lines = lines_of(one, DIGITS + "..xX08abfg+- ")
    compare(["--from", "aton", "-k", "-o", "compressed"], lines, [truth(line) for line in lines])


def mac():
    def one():
        digits = rng.randbytes(6).hex()
        digits = digits.upper() if rng.random() < 0.3 else digits
        size = rng.choice((2, 2, 2, 4, 6, 12))
        return rng.choice(":-.").join(digits[i : i + size] for i in range(0, 12, size))

    hex2 = "[0-9a-fA-F]{2}"
    good = re.compile(rf"{hex2*6}|{hex2*3}[:.-]{hex2*3}|{hex2*2}([:.-]){hex2*2}\1{hex2*2}|{hex2}([:.-])(?:{hex2}\2){{4}}{hex2}")

    def truth(line):
        line = line.strip(" \t\r")
        if not good.fullmatch(line):
            return "-"
        m = bytes.fromhex(re.sub("[:.-]", "", line))
        return canonical(b"\xfe\x80" + bytes(6) + bytes([m[0] ^ 2]) + m[1:3] + b"\xff\xfe" + m[3:])

    lines = lines_of(one, "0123456789abcdefABg:-. ", 4)
    compare(["--from", "mac", "-k", "-o", "compressed"], lines, [truth(line) for line in lines])


def sometimes():
    """How often a quick truth is checked against Python's own, which is slow."""
    return rng.random() < 0.01


def address(packed):
    return ipaddress.IPv4Address(packed) if len(packed) == 4 else ipaddress.IPv6Address(packed)


def packed_of(version, bits):
    return bits.to_bytes(4 if version == 4 else 16, "big")


def exploded(packed):
    # EXCEPTION: older Pythons write no dots in an IPv4-mapped address.
    if len(packed) == 4 or packed[:12] == MAPPED:
        return ("0000:" * 5 + "ffff:" if len(packed) == 16 else "") + socket.inet_ntop(V4, packed[-4:])
    return packed.hex(":", 2)


MAPPED = bytes(10) + b"\xff\xff"


def forms():
    all_ = [v4() if rng.random() < 0.4 else v6() for _ in range(COUNT)]
    want = []
    for packed in all_:
        number = int.from_bytes(packed, "big")
        want.append(f"{6 if len(packed) > 4 else 4}\t{exploded(packed)}\t{packed.hex()}\t{number}\t{reverse(packed)}")
        if sometimes() and packed[:12] != MAPPED:
            it = address(packed)
            if want[-1] != f"{it.version}\t{it.exploded}\t{it.packed.hex()}\t{int(it)}\t{it.reverse_pointer}":
                sys.exit(f"the truth about {it} is wrong: {want[-1]}")
    compare(["-o", "version,exploded,packed,int,reverse_pointer"], [canonical(packed) for packed in all_], want)


def literals():
    all_ = [v4() if rng.random() < 0.4 else v6() for _ in range(OWN)]
    hexes, bins = [f"0x{i:02x}" for i in range(256)], [f"{i:08b}" for i in range(256)]
    tens, escapes = [str(i) for i in range(256)], [f"\\x{i:02x}" for i in range(256)]
    want = []
    for packed in all_:
        array = ", ".join([hexes[i] for i in packed])
        octets, binary = ".".join([tens[i] for i in packed]), "".join([bins[i] for i in packed])
        python = "".join([escapes[i] for i in packed])
        base = base85_of(int.from_bytes(packed, "big")) if len(packed) == 16 else "-"
        want.append(f"{octets}\t{binary}\t{{{array}}}\tb'{python}'\t[{array}]\t[{len(packed)}]byte{{{array}}}\t{base}")
        if sometimes():
            c, python, rust = want[-1].split("\t")[2:5]
            assert ast.literal_eval(python) == packed == bytes(ast.literal_eval(rust)) == bytes(ast.literal_eval(f"[{c[1:-1]}]"))
    compare(["-o", "octets,binary,c,python,rust,go,base85"], [canonical(packed) for packed in all_], want)


def base85_of(value):
    text = ""
    for _ in range(20):
        value, digit = divmod(value, 85)
        text = ALPHABET85[digit] + text
    return text


def tunnel():
    """An IPv6 address that may have an IPv4 address in it."""
    r, inner, rest = rng.random(), v4() if rng.random() < 0.5 else near_edge(4), rng.randbytes(10)
    if r < 0.15:
        return MAPPED + inner
    if r < 0.25:
        return bytes(12) + inner
    if r < 0.3:
        return bytes(8) + b"\xff\xff\0\0" + inner
    if r < 0.4:
        return bytes.fromhex("0064ff9b0000000000000000") + inner
    if r < 0.55:
        return b"\x20\x02" + inner + rest
    if r < 0.7:
        return bytes.fromhex("20010000") + inner + rest[:4] + bytes(255 - i for i in (v4() if r < 0.6 else near_edge(4)))
    if r < 0.85:
        return rest[:8] + bytes((rng.choice((0, 2)), 0)) + b"\x5e\xfe" + inner
    if r < 0.95:
        return rest[:8] + inner[:3] + b"\xff\xfe" + rest[-3:]
    return v6()


def inside():
    all_ = [tunnel() for _ in range(COUNT)]
    quad, want = functools.partial(socket.inet_ntop, V4), []
    for packed in all_:
        mapped = quad(packed[12:]) if packed[:12] == MAPPED else "-"
        six = quad(packed[2:6]) if packed[:2] == b"\x20\x02" else "-"
        teredo = f"{quad(packed[4:8])},{quad(bytes(255 - i for i in packed[12:]))}" if packed[:4] == b"\x20\x01\0\0" else "-"
        nat64 = quad(packed[12:]) if packed[:12] == b"\0\x64\xff\x9b" + bytes(8) else "-"
        eui = bytes((packed[8] ^ 2,)) + packed[9:11] + packed[13:]
        mac = eui.hex(":") if packed[11:13] == b"\xff\xfe" else "-"
        want.append(f"{mapped}\t{six}\t{teredo}\t{nat64}\t{mac}")
        if sometimes():
            it = address(packed)
            theirs = ",".join(map(str, it.teredo)) if it.teredo else "-"
            assert [mapped, six, teredo] == [str(it.ipv4_mapped or "-"), str(it.sixtofour or "-"), theirs], it
    compare(["-o", "ipv4_mapped,sixtofour,teredo,nat64,mac"], [canonical(packed) for packed in all_], want)


PROPERTIES = "unspecified loopback link_local site_local multicast reserved private global".split()

# The lists of CPython's main branch of 2026. EXCEPTION, and here as IANA's registries of 2025-10-09 have it: 192.88.99.2,
# 5f00::/16 and 100:0:0:1::/64 are private, 2001:1::3 is not.
LISTS = {
    4: dict(
        unspecified="0.0.0.0", loopback="127.0.0.0/8", link_local="169.254.0.0/16", site_local="", multicast="224.0.0.0/4",
        reserved="240.0.0.0/4", shared="100.64.0.0/10",
        private="0.0.0.0/8 10.0.0.0/8 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.170/31 192.0.2.0/24 "
        "192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 192.88.99.2",
        public="192.0.0.9 192.0.0.10",
    ),
    6: dict(
        unspecified="::", loopback="::1", link_local="fe80::/10", site_local="fec0::/10", multicast="ff00::/8",
        reserved="::/8 100::/8 200::/7 400::/6 800::/5 1000::/4 4000::/3 6000::/3 8000::/3 a000::/3 c000::/3 e000::/4 "
        "f000::/5 f800::/6 fe00::/9", shared="",
        private="::1 :: ::ffff:0:0/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 fc00::/7 fe80::/10 "
        "5f00::/16 100:0:0:1::/64",
        public="2001:1::1 2001:1::2 2001:1::3 2001:3::/32 2001:4:112::/48 2001:20::/28 2001:30::/28",
    ),
}


def cut():
    """For each family the addresses at which some property changes, ascending, and what holds from there on."""
    made = {}
    for version, lists in LISTS.items():
        nets = {name: [ipaddress.ip_network(n) for n in text.split()] for name, text in lists.items()}
        edges = {0} | {e for n in sum(nets.values(), []) for e in (int(n[0]), int(n[-1]) + 1)}
        if version == 6:
            edges |= {0xFFFF << 32 | e for e in made[4][0]} | {1 << 48}
        edges = sorted(e for e in edges if e >> (32 if version == 4 else 128) == 0)
        made[version] = (edges, [holds(version, nets, e, made) for e in edges])
    return made


def holds(version, nets, bits, made):
    if version == 6 and bits >> 32 == 0xFFFF:
        inner = properties(4, bits & 0xFFFFFFFF, made)
        return [name != "site_local" and yes for name, yes in zip(PROPERTIES, inner)]
    kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    has = {name: any(kind(bits) in n for n in nets) for name, nets in nets.items()}
    has["private"] &= not has["public"]
    has["global"] = not has["private"] and not has["shared"]
    return [has[name] for name in PROPERTIES]


def properties(version, bits, made=None):
    edges, having = (made or CUT)[version]
    return having[bisect.bisect_right(edges, bits) - 1]


def properties_of_block(version, first, last):
    edges, having = CUT[version]
    touched = having[bisect.bisect_right(edges, first) - 1 : bisect.bisect_right(edges, last)]
    return [all(each) for each in zip(*touched)]


def near_edge(version):
    """An address at, or a little off, a place where a property changes."""
    edge = rng.choice(CUT[version][0]) + (rng.randrange(-2, 3) if rng.random() < 0.5 else rng.getrandbits(rng.randrange(1, 30)))
    return packed_of(version, edge % (1 << (32 if version == 4 else 128)))


CUT = cut()
IS = ",".join(f"is_{name}" for name in PROPERTIES)


def words(version, has):
    texts = ["true" if yes else "false" for yes in has]
    if version == 4:
        texts[3] = "-"
    return "\t".join(texts)


def classes():
    all_ = [near_edge(rng.choice((4, 6))) if rng.random() < 0.6 else v4() if rng.random() < 0.4 else v6() for _ in range(COUNT)]
    want = []
    for packed in all_:
        version = 4 if len(packed) == 4 else 6
        has = properties(version, int.from_bytes(packed, "big"))
        want.append(words(version, has))
        # Private and global changed from one Python to the next; the lists are those of the newest.
        if sometimes() and packed[:12] != MAPPED:
            it = address(packed)
            for name, yes in list(zip(PROPERTIES, has))[:6]:
                assert getattr(it, f"is_{name}", False) == yes, (it, name)
    compare(["-o", IS], [canonical(packed) for packed in all_], want)


def classes_of_networks():
    lines, want = [], []
    for _ in range(COUNT):
        version = rng.choice((4, 6))
        width = 32 if version == 4 else 128
        packed = near_edge(version)
        bits = int.from_bytes(packed, "big")
        if rng.random() < 0.7:
            length = rng.randrange(width + 1)
            host = (1 << (width - length)) - 1
            first, last = bits & ~host, bits | host
            lines.append(f"{canonical(packed)}/{length}")
        else:
            first, last = sorted((bits, int.from_bytes(near_edge(version), "big")))
            lines.append(f"{canonical(packed_of(version, first))}-{canonical(packed_of(version, last))}")
        # EXCEPTION: Python looks at both ends alone.
        want.append(words(version, properties_of_block(version, first, last)))
    compare(["-o", IS], lines, want)


def deep():
    all_ = [tunnel() for _ in range(OWN)]
    want = []
    for packed in all_:
        bits = int.from_bytes(packed, "big")
        has = [properties(6, bits)]
        inner = []
        if packed[:12] in (MAPPED, b"\0\x64\xff\x9b" + bytes(8), bytes(8) + b"\xff\xff\0\0") or 1 < bits < 1 << 32 or packed[8:12] in (b"\0\0\x5e\xfe", b"\2\0\x5e\xfe"):
            inner.append(packed[12:])
        if packed[:2] == b"\x20\x02":
            inner.append(packed[2:6])
        if packed[:4] == b"\x20\x01\0\0":
            inner += [packed[4:8], bytes(255 - i for i in packed[12:])]
        has += [properties(4, int.from_bytes(i, "big")) for i in inner]
        want.append(words(6, [(all if name == "global" else any)(each) for name, each in zip(PROPERTIES, zip(*has))]))
    compare(["--deep", "-o", IS], [canonical(packed) for packed in all_], want)


def networks():
    lines, want = [], []
    masks = {4: [ipaddress.IPv4Network((0, n)) for n in range(33)], 6: [ipaddress.IPv6Network((0, n)) for n in range(129)]}
    masks = {v: [(canonical(n.netmask.packed), canonical(n.hostmask.packed)) for n in nets] for v, nets in masks.items()}
    for _ in range(COUNT):
        packed = v4() if rng.random() < 0.4 else v6()
        version, width = (4, 32) if len(packed) == 4 else (6, 128)
        length = rng.randrange(width + 1)
        netmask, hostmask = masks[version][length]
        bits, host = int.from_bytes(packed, "big"), (1 << (width - length)) - 1
        first, last = bits & ~host, bits | host
        low, high = (first, last) if length + 1 >= width else (first + 1, last - (version == 4))
        first_, last_, low_, high_ = (canonical(packed_of(version, n)) for n in (first, last, low, high))
        lines.append(f"{canonical(packed)}/{length if version == 6 else rng.choice((length, netmask, hostmask if length % 32 else netmask))}")
        want.append(f"{first_}/{length}\t{last_}\t{netmask}\t{hostmask}\t{length}\t{first_}\t{last_}\t{host + 1}\t{low_}\t{high_}\t{high - low + 1}")
        if sometimes() and packed[:12] != MAPPED:
            net = ipaddress.ip_interface(lines[-1]).network
            hosts = list(net.hosts()) if length + 8 >= width else None
            own = lambda each: canonical(each.packed)
            theirs = [f"{own(net[0])}/{net.prefixlen}", own(net.broadcast_address), own(net.netmask), own(net.hostmask)]
            theirs += [str(net.prefixlen), own(net[0]), own(net[-1]), str(net.num_addresses)]
            theirs += [own(hosts[0]), own(hosts[-1]), str(len(hosts))] if hosts else []
            assert want[-1].split("\t")[: len(theirs)] == theirs, (net, theirs)
    compare(["-o", "network,broadcast,netmask,hostmask,prefixlen,first,last,num_addresses,first_host,last_host,num_hosts"], lines, want)


def zones():
    """The zones of prefixes: no peer has them, so that they are put together from the names of addresses."""
    lines, want = [], []
    for _ in range(OWN):
        packed = v4() if rng.random() < 0.4 else v6()
        version, width, label = (4, 32, 8) if len(packed) == 4 else (6, 128, 4)
        length = rng.randrange(width // label + 1) * label if rng.random() < 0.7 else rng.randrange(width + 1)
        first = int.from_bytes(packed, "big") >> (width - length) << (width - length)
        lines.append(f"{canonical(packed)}/{length}")
        if 24 < length < 32 == width:
            last, rest = reverse(packed_of(4, first)).split(".", 1)
            want.append(f"{last}/{length}.{rest}")
            continue
        up = -(-length // label) * label
        each = [reverse(packed_of(version, first + (i << (width - up)))) for i in range(1 << (up - length))]
        want.append(",".join(name.split(".", (width - up) // label)[-1] for name in each))
    compare(["-o", "reverse_pointer"], lines, want)


def near():
    """Networks and ranges close enough to one another to meet, in both families."""
    version, width = rng.choice(((4, 32), (6, 128)))
    top = (1 << width) - 1
    # The lowest, the highest, and some in between.
    base = rng.choice((0, top - 0xFFFF, 0x0A000000, 0xC0000200 if version == 4 else 0x20010DB8 << 96))
    first = base + rng.getrandbits(16)
    text = canonical(packed_of(version, first))
    r = rng.random()
    if r < 0.1:
        last = min(first + rng.getrandbits(rng.randrange(1, 12)), top)
        return version, first, last, f"{text}{rng.choice(('-', ' - '))}{canonical(packed_of(version, last))}"
    if r < 0.4:
        return version, first, first, text
    length = width - rng.randrange(13)
    host = (1 << (width - length)) - 1
    return version, first & ~host, first | host, f"{text}/{length}"


def prefixes(version, first, last):
    """By the library where they are few, since that takes long: the same is asserted of both for some."""
    width, kind, found, at = (32, ipaddress.IPv4Address, [], first) if version == 4 else (128, ipaddress.IPv6Address, [], first)
    while at <= last:
        bits = width if at == 0 else (at & -at).bit_length() - 1
        while at + (1 << bits) - 1 > last:
            bits -= 1
        found.append(f"{canonical(packed_of(version, at))}/{width - bits}")
        at += 1 << bits
    if sometimes():
        assert found == [str(n) for n in ipaddress.summarize_address_range(kind(first), kind(last))], found
    return found


def cidrs():
    done = 0
    while done < COUNT:
        blocks = [near() for _ in range(rng.choice((1, 2, 3, 5, 10, 30, 300, 2000, 10_000)))]
        done += len(blocks)
        want, merged = [], []
        for version, first, last, _ in sorted(blocks):
            if merged and merged[-1][0] == version and first <= merged[-1][2] + 1:
                merged[-1][2] = max(merged[-1][2], last)
            else:
                merged.append([version, first, last])
        for block in merged:
            want += prefixes(*block)
        lines = [text for *_, text in blocks]
        if len(blocks) <= 300:
            kinds = {4: ipaddress.IPv4Address, 6: ipaddress.IPv6Address}
            nets = [n for v, a, b, _ in blocks for n in ipaddress.summarize_address_range(kinds[v](a), kinds[v](b))]
            theirs = [str(n) for v in (4, 6) for n in ipaddress.collapse_addresses(n for n in nets if n.version == v)]
            assert theirs == want, lines
        # IPv4-mapped addresses are not among them, which older Pythons write otherwise.
        got = ipconv(["--cidrs"], "\n".join(lines)).split("\n")[:-1]
        if got != want:
            sys.exit(f"--cidrs of {lines}:\nipconv {got}\npeer {want}")


def exclude():
    for _ in range(COUNT // 5000):
        less = [near() for _ in range(rng.choice((1, 2, 5, 30)))]
        lines, want = [], []
        for _ in range(5000):
            version, first, last, text = near()
            lines.append(text)
            # By numbers, since Python excludes one network from one other.
            at, rest = first, []
            holes = sorted((x, y) for v, x, y, _ in less if v == version and x <= last and first <= y)
            for x, y in holes:
                if at < x:
                    rest.append((at, x - 1))
                at = max(at, y + 1)
            if at <= last:
                rest.append((at, last))
            want += [n for x, y in rest for n in prefixes(version, x, y)] if holes else [text.replace(" - ", "-")]
        options = ["--exclude", ",".join(text.replace(" - ", "-") for *_, text in less)]
        compare_all(options, lines, want)
        # One network less one other, as Python itself does it.
        for _ in range(20):
            inner = ipaddress.ip_network((rng.getrandbits(128), 128 - rng.randrange(20)), strict=False)
            outer = inner.supernet(new_prefix=rng.randrange(inner.prefixlen))
            theirs = [str(n) for n in sorted(outer.address_exclude(inner))]
            if outer.network_address.packed[:12] != MAPPED:
                block, hole = [(int(n[0]), int(n[-1])) for n in (outer, inner)]
                parts = [(block[0], hole[0] - 1), (hole[1] + 1, block[1])]
                assert theirs == [n for x, y in parts if x <= y for n in prefixes(6, x, y)], (inner, outer)
        compare_all(["--exclude", str(inner)], [str(outer)], theirs)


def compare_all(options, lines, want):
    """Any number of answers for each of `lines`."""
    got = ipconv(options, "\n".join(lines)).split("\n")[:-1]
    if got != want:
        diff = next((p for p in zip(got, want) if p[0] != p[1]), (len(got), len(want)))
        sys.exit(f"{options} of {lines[:20]}: {diff}")


def split():
    lengths = list(range(0, 33, 4)) + [1, 31, 33, 47, 64, 65, 112, 127, 128]
    for length in lengths:
        lines, want = [], []
        while len(want) < COUNT // len(lengths):
            version, width = rng.choice(((4, 32), (6, 128)))
            own = rng.randrange(max(length - 6, 0), min(length + 3, width) + 1) if length <= width else width
            first = rng.getrandbits(width) >> (width - own) << (width - own)
            lines.append(f"{canonical(packed_of(version, first))}/{own}")
            if own <= length <= width:
                step = 1 << (width - length)
                mine = [f"{canonical(packed_of(version, first + i * step))}/{length}" for i in range(1 << (length - own))]
                want += mine
                if sometimes():
                    net = ipaddress.ip_network(lines[-1])
                    assert net[0].packed[:12] == MAPPED or mine == [str(n) for n in net.subnets(new_prefix=length)], net
            else:
                want.append("-")
        compare_all(["-k", "--split", str(length)], lines, want)


def expand():
    for _ in range(10):
        lines, want = [], []
        while len(want) < COUNT // 10:
            version, first, last, text = near()
            lines.append(text)
            want += [canonical(packed_of(version, n)) for n in range(first, last + 1)]
            if sometimes() and "-" not in text:
                assert want[first - last - 1 :] == [str(n) for n in ipaddress.ip_network(text, strict=False)], text
        compare_all(["--expand"], lines, want)


def member():
    """Addresses, networks and ranges against a thousand blocks."""
    blocks = sorted(near()[:3] for _ in range(1000))
    merged = []
    for version, first, last in blocks:
        if merged and merged[-1][0] == version and first <= merged[-1][2] + 1:
            merged[-1] = (version, merged[-1][1], max(merged[-1][2], last))
        else:
            merged.append((version, first, last))
    top = {4: 1 << 32, 6: 1 << 128}
    lines, want = [], []
    for _ in range(OWN):
        version, first, last, text = near()
        lines.append(text)
        at = bisect.bisect_right(merged, (version, first, top[version])) - 1
        if at >= 0 and merged[at][0] == version and last <= merged[at][2]:
            want.append(text)
    with tempfile.NamedTemporaryFile("w") as file:
        for version, first, last in blocks:
            file.write(f"{canonical(packed_of(version, first))}-{canonical(packed_of(version, last))}\n")
        file.flush()
        compare_all(["--in-file", file.name], lines, want)


def sort():
    values = [(rng.getrandbits(32 - 2 * rng.randrange(9)), rng.randrange(8)) for _ in range(COUNT)]
    lines, keys = [], {}
    for bits, kind in values:
        if kind:
            line, key = socket.inet_ntop(V4, bits.to_bytes(4, "big")), (4, bits, 32, bits)
        else:
            packed = bits.to_bytes(4, "big") * 4
            length = bits % 130
            value = int.from_bytes(packed, "big")
            line = canonical(packed)
            # A plain address comes before the same address with its full length.
            key = (6, value, 127.5, value)
            if length <= 128:
                line += f"/{length}"
                key = (6, value >> (128 - length) << (128 - length), length, value)
        lines.append(line)
        keys[line] = key
    want = sorted(lines, key=keys.__getitem__)
    compare_all(["--sort"], lines, want)
    compare_all(["--sort", "--unique"], lines, list(dict.fromkeys(want)))
    compare_all(["--unique"], lines, list(dict.fromkeys(lines)))


RIGHT = r"(?![A-Za-z0-9_])(?!\.[A-Za-z0-9_])"
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
QUAD = re.compile(rf"(?:{OCTET}\.){{3}}{OCTET}{RIGHT}", re.A)
RUN = re.compile(r"[0-9A-Fa-f:][0-9A-Fa-f:.]*", re.A)
LENGTH = re.compile(rf"/(0|[1-9][0-9]{{0,2}}){RIGHT}(?!/)", re.A)
COLOUR = r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|#033|\\e)\[[0-9;:?]*[A-Za-z]"
HARD = rf"\\u[0-9A-Fa-f]{{4}}|\\x[0-9A-Fa-f]{{2}}|%[0-9A-Fa-f]{{2}}|[\\#]0[0-3][0-7]|{COLOUR}"
ESCAPE = re.compile(rf"(?:\\[nrtbf]|{HARD})$", re.A)
HARD = re.compile(rf"(?:{HARD})$", re.A)
HOST = re.compile(r"://(?:\S*@)?$", re.A)


def word_before(text):
    """The letters, digits, _, - and . at the end of a text, of which an escape is none."""
    word = re.search(r"[A-Za-z0-9_.-]*$", text, re.A)[0]
    for at in range(len(text), len(text) - len(word) - 1, -1):
        if ESCAPE.search(text[:at]):
            return text[at:]
    return word


def is_open(line, at, version, end):
    """May an address from at to end stand there, by what is before it?"""
    before = line[:at]
    if before == "" or ESCAPE.search(before):
        return True
    if before[-1] == ":":
        before = before[:-1]
        if before.endswith(":"):
            return False
        word = word_before(before)
        # A word goes on before a dot, and where no range of IPv6 can be meant before a hyphen.
        joined = re.search(r"[A-Za-z0-9_][.-]([A-Za-z0-9_]*)$" if version == 4 else r"[A-Za-z0-9_]\.([A-Za-z0-9_]*)$", word, re.A)
        group = re.search(r"[A-Za-z0-9_]*$", word, re.A)[0]
        return bool(joined) or not re.fullmatch("[0-9A-Fa-f]{1,4}", group)
    if before[-1] == "/":
        word = word_before(before[:-1])
        run = re.search(r"[0-9A-Fa-f:.]*$", before[:-1])[0]
        host = word in ("", "localhost") or re.search("[0-9.-]", word, re.A) or ":" in run and text_truth(run) != "-"
        return bool(host) or version == 4 and bool(re.match(":[0-9]", line[end:], re.A))
    return not re.match(r"[A-Za-z0-9_.]", before[-1], re.A)


def matches(line):
    """The addresses in a line, by regular expressions and inet_pton(3)."""
    at = -1
    while (at := at + 1) < len(line):
        found = None
        quad = QUAD.match(line, at)
        if quad:
            dot = line.index(".", at)
            # The digits before the first dot may begin with an escape's.
            inside = any(HARD.search(line[:place]) for place in range(at + 1, dot))
            if not inside and is_open(line, at, 4, quad.end()):
                found, end, most = quad[0], quad.end(), 32
        run = RUN.match(line, at)
        if not found and run and run[0].count(":") > 1 and not run[0].startswith(":::"):
            netstat = line[max(at - 1, 0) : at] == ":" and run[0].startswith("::") and not (at > 1 and re.match("[A-Za-z0-9_]", line[at - 2], re.A))
            colon = line.index(":", at)
            inside = any(HARD.search(line[:place]) for place in range(at + 1, colon + 1))
            if not netstat and not inside and is_open(line, at, 6, None):
                text = run[0].rstrip(".")
                for text in (text, text[:-1] if text.endswith(":") else text):
                    end = at + len(text)
                    if re.match(RIGHT, line[end:], re.A) and text_truth(text) != "-" and ":" in text:
                        found, most = text, 128
                        break
        if not found:
            continue
        length = LENGTH.match(line, end)
        if length and int(length[1]) <= most and not HOST.search(line[:at]):
            found, end = found + length[0], length.end()
        at = end - 1
        if found != "::":
            head, slash, tail = found.partition("/")
            yield text_truth(head) + slash + tail


def extract():
    pieces = [".", ":", "::", "/", "-", " ", " ", " ", "x", "g", "_", "%", "[", "]", ",", "=", "fe80", "ffff", "/24", "/128", "/024", "12:34:56", "00:11:22:33:44:55", "std::", "Chrome/", "http://", "é", "1", "0", "255", "256", "addr:",
              "inside:", "face:", "host-1/", "localhost/", "user@", "://", ":80", "\\n", "\\t", "\\u0041", "\\x22", "%3D", "%20", "\x1b[31m", "\x1b[K", "#012", "\\b", "1.2.3.4:"]
    # Three pieces of text a line, more or less.
    texts = []
    for _ in range(COUNT // 3):
        parts = []
        for _ in range(rng.randrange(1, 7)):
            r = rng.random()
            if r < 0.25:
                parts.append(socket.inet_ntop(V4, v4()))
            elif r < 0.45:
                parts.append(spelled(v6()))
            elif r < 0.5:
                parts += mutants(spelled(v6()), "0123456789abcdef.:/x ", 1)
            else:
                parts.append(rng.choice(pieces))
        texts.append("".join(parts))
    want = [match for line in texts for match in matches(line)]
    got = ipconv(["--extract"], "\n".join(texts)).split("\n")[:-1]
    if got != want:
        for line in texts:
            mine, theirs = ipconv(["--extract"], line).split("\n")[:-1], list(matches(line))
            if mine != theirs:
                sys.exit(f"--extract of {line!r}: ipconv {mine}, peer {theirs}")


FORMS = dict(text4=text4, text6=text6, prefix=prefix, int=number, hex=hexadecimal, raw=raw, arpa=arpa, base85=base85, aton=aton, mac=mac,
             forms=forms, literals=literals, inside=inside, classes=classes, classes_of_networks=classes_of_networks, deep=deep,
             networks=networks, zones=zones, cidrs=cidrs, exclude=exclude, split=split, expand=expand, member=member, sort=sort,
             extract=extract)
FORMS[FORM]()
print(f"{FORM}: no difference")
