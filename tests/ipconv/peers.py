#!/usr/bin/env python3
"""Compares ipconv with Python's ipaddress and the C library's inet_* functions.

usage: peers.py IPCONV FORM [COUNT [SEED]]

Generates COUNT inputs of FORM, good and bad ones, asks ipconv once, and prints
the first lines that differ. Where the two are meant to differ, the truth below
says so beside the word EXCEPTION.
"""
import base64
import ipaddress
import random
import re
import socket
import subprocess
import sys
import tempfile

IPCONV, FORM = sys.argv[1:3]
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
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


def text():
    def one():
        return socket.inet_ntop(V4, v4()) if rng.random() < 0.4 else spelled(v6())

    lines = lines_of(one, DIGITS + "..:::::abcdefABCDEFgGx \t+_?" + "0")
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

    lines = lines_of(one, DIGITS + "./ +", 10, COUNT // 4)
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
        text = (v4() if rng.random() < 0.5 else v6()).hex()
        return text.upper() if rng.random() < 0.3 else text

    good = re.compile("[0-9a-fA-F]{8}|[0-9a-fA-F]{32}")

    def truth(line):
        line = line.strip(" \t\r")
        return canonical(bytes.fromhex(line)) if good.fullmatch(line) else "-"

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

    def truth(line):
        line = line.strip(" \t\r")
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
        value, text = int.from_bytes(v6(), "big") if rng.random() < 0.95 else (1 << 128) + rng.randrange(-9, 9), ""
        for _ in range(20):
            value, digit = divmod(value, 85)
            text = ALPHABET85[digit] + text
        return text

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


def near():
    """Networks and ranges close enough to one another to meet, in both families."""
    kind, bits = (ipaddress.IPv4Address, 32) if rng.random() < 0.5 else (ipaddress.IPv6Address, 128)
    top = (1 << bits) - 1
    # The lowest, the highest, and some in between.
    base = rng.choice((0, top - 0xFFFF, 0x0A000000, 0xC0000200 if bits == 32 else 0x20010DB8 << 96))
    first = base + rng.getrandbits(16)
    if rng.random() < 0.3:
        last = min(first + rng.getrandbits(rng.randrange(1, 12)), top)
        return kind(first), kind(last), f"{kind(first)}{rng.choice(('-', ' - '))}{kind(last)}"
    if rng.random() < 0.3:
        return kind(first), kind(first), str(kind(first))
    net = ipaddress.ip_network((first, bits - rng.randrange(13)), strict=False)
    return net[0], net[-1], f"{kind(first)}/{net.prefixlen}"


def cidrs():
    for _ in range(COUNT // 10_000):
        blocks = [near() for _ in range(rng.choice((1, 2, 3, 5, 10, 30, 300, 2000)))]
        want = []
        for version in (4, 6):
            nets = [n for a, b, _ in blocks if a.version == version for n in ipaddress.summarize_address_range(a, b)]
            want += [str(n) for n in ipaddress.collapse_addresses(nets)]
        lines = [text for _, _, text in blocks]
        got = ipconv(["--cidrs"], "\n".join(lines)).split("\n")[:-1]
        # IPv4-mapped addresses are not among them, which older Pythons write otherwise.
        if got != want:
            sys.exit(f"--cidrs of {lines}:\nipconv {got}\npeer {want}")


def exclude():
    for _ in range(COUNT // 20_000):
        less = [near() for _ in range(rng.choice((1, 2, 5, 30)))]
        lines, want = [], []
        for _ in range(200):
            a, b, text = near()
            lines.append(text)
            # By numbers, since Python excludes one network from one other.
            at, rest = int(a), []
            holes = sorted((int(x), int(y)) for x, y, _ in less if x.version == a.version and x <= b and a <= y)
            for x, y in holes:
                if at < x:
                    rest.append((at, x - 1))
                at = max(at, y + 1)
            if at <= int(b):
                rest.append((at, int(b)))
            if holes:
                want += [str(n) for x, y in rest for n in ipaddress.summarize_address_range(type(a)(x), type(a)(y))]
            else:
                want.append(text.replace(" - ", "-"))
        words = ["--exclude", ",".join(text.replace(" - ", "-") for _, _, text in less)]
        got = ipconv(words, "\n".join(lines)).split("\n")[:-1]
        if got != want:
            diff = next((p for p in zip(got, want) if p[0] != p[1]), (len(got), len(want)))
            sys.exit(f"{words} of {lines}: {diff}")
        # One network less one other, as Python itself does it.
        inner = ipaddress.ip_network((rng.getrandbits(128), 128 - rng.randrange(20)), strict=False)
        outer = inner.supernet(new_prefix=rng.randrange(inner.prefixlen + 1))
        if outer != inner:
            theirs = sorted(outer.address_exclude(inner))
            mine = ipconv(["--exclude", str(inner), str(outer)], "").split("\n")[:-1]
            if mine != [canonical(n[0].packed) + f"/{n.prefixlen}" for n in theirs]:
                sys.exit(f"--exclude {inner} {outer}: {mine}, not {theirs}")


def split():
    for length in list(range(0, 33, 4)) + [1, 31, 33, 47, 64, 65, 112, 127, 128]:
        lines, want = [], []
        for _ in range(COUNT // 100_000):
            bits = rng.choice((32, 128))
            net = ipaddress.ip_network((rng.getrandbits(bits) if bits == 128 else str(ipaddress.IPv4Address(rng.getrandbits(32))), rng.randrange(max(length - 6, 0), min(length + 3, bits) + 1) if length <= bits else bits), strict=False)
            lines.append(f"{canonical(net[0].packed)}/{net.prefixlen}")
            if net.prefixlen <= length <= bits:
                want += [f"{canonical(n[0].packed)}/{n.prefixlen}" for n in net.subnets(new_prefix=length)]
            else:
                want.append("-")
        got = ipconv(["-k", "--split", str(length)], "\n".join(lines)).split("\n")[:-1]
        if got != want:
            sys.exit(f"--split {length}: {next(p for p in zip(got, want) if p[0] != p[1])}")


def sort():
    values = [(rng.getrandbits(32 - 2 * rng.randrange(9)), rng.randrange(8)) for _ in range(COUNT // 5)]
    lines, keys = [], {}
    for bits, kind in values:
        if kind:
            line, key = socket.inet_ntop(V4, bits.to_bytes(4, "big")), (4, bits, 33)
        else:
            packed = bits.to_bytes(4, "big") * 4
            length = bits % 130
            value = int.from_bytes(packed, "big")
            line = canonical(packed)
            if length <= 128:
                line += f"/{length}"
                key = (6, value >> (128 - length) << (128 - length), length, value)
            else:
                key = (6, value, 127.5)
        lines.append(line)
        keys[line] = key
    # A plain address comes before the same address with its full length.
    order = {line: (k[0], k[1], 32 if k[2] == 33 else k[2]) + k[3:] for line, k in keys.items()}
    want = sorted(lines, key=order.__getitem__)
    compare(["--sort"], want, want, "\n".join(lines))
    once = list(dict.fromkeys(want))
    compare(["--sort", "--unique"], once, once, "\n".join(lines))
    first = list(dict.fromkeys(lines))
    compare(["--unique"], first, first, "\n".join(lines))


LEFT = r"(?<![A-Za-z0-9_.])(?<![0-9A-Fa-f:]:)(?<![A-Za-z0-9_]/)"
RIGHT = r"(?![A-Za-z0-9_])(?!\.[A-Za-z0-9_])"
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
QUAD = re.compile(rf"{LEFT}(?:{OCTET}\.){{3}}{OCTET}{RIGHT}", re.A)
RUN = re.compile(rf"{LEFT}[0-9A-Fa-f:][0-9A-Fa-f:.]*", re.A)
START = re.compile(rf"{LEFT}[0-9A-Fa-f:]", re.A)
LENGTH = re.compile(rf"/(0|[1-9][0-9]{{0,2}}){RIGHT}(?!/)", re.A)


def matches(line):
    """The addresses in a line, by regular expressions and inet_pton(3)."""
    at = 0
    while start := START.search(line, at):
        at = start.start()
        quad = QUAD.match(line, at)
        if quad:
            found, end, most = quad[0], quad.end(), 32
        else:
            found, most = None, 128
            run = RUN.match(line, at)
            if run and run[0].count(":") > 1 and not (run[0].startswith(":::")) and not (
                line[max(at - 1, 0) : at] == ":" and run[0].startswith("::") and not (at > 1 and re.match("[A-Za-z0-9_]", line[at - 2]))
            ):
                text = run[0].rstrip(".")
                for text in (text, text[:-1] if text.endswith(":") else text):
                    end = at + len(text)
                    if re.match(RIGHT, line[end:], re.A) and text_truth(text) != "-" and ":" in text:
                        found = text
                        break
        if found is None:
            at += 1
            continue
        length = LENGTH.match(line, end)
        if length and int(length[1]) <= most:
            found, end = found + length[0], length.end()
        at = end
        if found != "::":
            head, slash, tail = found.partition("/")
            yield text_truth(head) + slash + tail


def extract():
    pieces = [".", ":", "::", "/", "-", " ", " ", " ", "x", "g", "_", "%", "[", "]", ",", "=", "fe80", "ffff", "/24", "/128", "/024", "12:34:56", "00:11:22:33:44:55", "std::", "Chrome/", "http://", "é", "1", "0", "255", "256", "addr:"]
    texts = []
    for _ in range(COUNT // 20):
        parts = []
        for _ in range(rng.randrange(1, 9)):
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


FORMS = dict(text=text, prefix=prefix, int=number, hex=hexadecimal, raw=raw, arpa=arpa, base85=base85, aton=aton, mac=mac,
             cidrs=cidrs, exclude=exclude, split=split, sort=sort, extract=extract)
FORMS[FORM]()
print(f"{FORM}: no difference")
