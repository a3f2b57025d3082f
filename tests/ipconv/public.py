#!/usr/bin/env python3
"""Asks ipconv which spellings of addresses are public, and says where it is wrong.

usage: public.py IPCONV SPECIAL-PURPOSE.TSV [COUNT]

The truth is computed here from IANA's tables and the words of the RFCs, without
any code of ipconv. Then COUNT addresses are compared with what Python's
ipaddress and netaddr call global; every difference must have one of the reasons
that are listed below.
"""
import ipaddress
import random
import socket
import subprocess
import sys

IPCONV, TABLE = sys.argv[1:3]
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 20_000
rng = random.Random(6890)


def rows():
    """Network and the cell "globally reachable" of each row that has not ended."""
    with open(TABLE, encoding="utf-8") as file:
        lines = file.read().splitlines()
    head = next(line for line in lines if line.startswith("#prefix"))
    columns = head[1:].split("\t")
    for line in lines:
        if not line.startswith("#"):
            row = dict(zip(columns, line.split("\t")))
            yield ipaddress.ip_network(row["prefix"]), row["global"]


ROWS = sorted(rows(), key=lambda row: -row[0].prefixlen)
assert len(ROWS) > 40


def reachable(address):
    """The most specific row speaks; where it says neither yes nor no, nobody promises anything. No row is a yes."""
    for network, cell in ROWS:
        if address.version == network.version and address in network:
            return cell == "1"
    return True


def public_v4(bits):
    # RFC 5771: multicast from 224.0.0.0 on; RFC 1112: reserved from 240.0.0.0 on.
    return bits < 224 << 24 and reachable(ipaddress.IPv4Address(bits))


def public_v6(bits):
    low = bits & 0xFFFFFFFF
    # RFC 4291 2.5.5.2, RFC 2765 2.1 and RFC 6052 2.1: around an IPv4 address, which decides.
    if bits >> 32 in (0xFFFF, 0xFFFF << 16, 0x0064FF9B << 64):
        return public_v4(low)
    # RFC 3513 2.4: global unicast addresses are given out from 2000::/3.
    if bits >> 125 != 1 or not reachable(ipaddress.IPv6Address(bits)):
        return False
    # RFC 5214 6.1, with and without the universal bit.
    return public_v4(low) if bits >> 32 & 0xFFFFFFFF in (0x5EFE, 0x02005EFE) else True


def public(text):
    """What inet_pton(3) takes and nothing more: one plain address."""
    try:
        if "\0" in text:
            return False
        if ":" in text:
            return public_v6(int.from_bytes(socket.inet_pton(socket.AF_INET6, text), "big"))
        return public_v4(int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big"))
    except (OSError, UnicodeEncodeError):
        return False


INNER = "127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 192.0.0.9 192.88.99.1 192.88.99.2 8.8.8.8 1.1.1.1"


def spellings(inner):
    """How an address is written, and how others smuggle it past a check."""
    octets = [int(octet) for octet in inner.split(".")]
    bits = int.from_bytes(bytes(octets), "big")
    a, b, c, d = octets
    high, low = bits >> 16, bits & 0xFFFF
    pair = f"{high:x}:{low:x}"
    inverted = f"{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}"
    yield from (inner, str(bits), f"{bits:#x}", f"{bits:#o}", f"0{bits:o}", f"{bits:08x}", f"0x{bits:X}")
    yield from (f"{a}.{bits & 0xFFFFFF}", f"{a}.{b}.{low}", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}")
    yield from (f"{a:03}.{b:03}.{c:03}.{d:03}", f"{a}.{b}.{c}.{d}.", f".{inner}", f"{a}..{b}.{c}.{d}", f"{a}.{b}.{c}.{d + 256}", f"+{inner}", f"{inner}.0")
    yield from (f"::ffff:{inner}", f"::FFFF:{pair}", f"0:0:0:0:0:ffff:{inner}", f"0000:0000:0000:0000:0000:ffff:{high:04x}:{low:04x}", f"::ffff:0:{inner}", f"::ffff:0:{pair}", f"0::ffff:0:{pair}")
    yield from (f"::{inner}", f"::{pair}", f"64:ff9b::{inner}", f"64:ff9b::{pair}", f"0064:FF9B::{pair}", f"64:ff9b:1::{inner}", f"64:ff9b:1:{high:x}:{low >> 8:x}:{(low & 255) << 8:x}::")
    yield from (f"2002:{pair}::", f"2002:{pair}::1", f"2001:0:{pair}::1", f"2001:0:808:808:0:0:{inverted}", f"2001::{inverted}")
    for prefix in ("2600:", "2a00:1450:4001:81b", "2001:db8", "fe80:", "fd00:", "2001:20"):
        yield from (f"{prefix}::5efe:{pair}".replace(":::", "::"), f"{prefix}::200:5efe:{inner}".replace(":::", "::"))
    yield from (f"2600:1:2:3::5efe:{inner}", f"2600:1:2:3:0:5efe:{inner}", f"2600:1:2:3:100:5efe:{inner}", f"2600::{inner}", f"4000::{pair}", f"::1:{pair}")
    yield from (f"::ffff:{inner}%eth0", f"{inner}%eth0", f"2600::1%]@[::ffff:{inner}", f"64:ff9b::{pair}%1", f"2600::1%25{inner}")
    yield from (f"{inner}/32", f"{inner}/0", f"::ffff:{inner}/128", f"{inner}-{inner}", f"8.8.8.8-{inner}", f"{inner}/255.255.255.255", f"8.8.8.8,{inner}", f"8.8.8.8 {inner}")
    yield from (f"[::ffff:{inner}]", f"{inner}:80", f"[::ffff:{inner}]:80", f"http://{inner}/", f"//{inner}", f"user@{inner}", f"{inner}#@8.8.8.8", f"8.8.8.8#@{inner}", f"{inner}?8.8.8.8", f"{inner}\\@8.8.8.8")
    yield from (f" {inner}", f"{inner} ", f"{inner}\n", f"{inner}\t", f"\n{inner}", f"8.8.8.8\n{inner}", f"{inner}\r", f"\ufeff{inner}", f"{inner}\u200b", f"\x1b[31m{inner}", f"{inner}\x7f")
    wide = str.maketrans("0123456789.:", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0e\uff1a")
    arabic = str.maketrans("0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")
    yield from (inner.translate(wide), inner.translate(arabic), inner.replace(".", "\u3002"), inner.replace(".", "%2e"), inner.replace(".", "[.]"), f"{inner}.nip.io", f"::ffff:{inner}:0")
    yield from (f":::{inner}", f"::ffff::{pair}", f"1:2:3:4:5:6:7:{inner}", f"1:2:3:4:5:6:7::{pair}", f"::ffff:{a}.{b}.{c}", f"::ffff:0{a}.{b}.{c}.{d}", f"::ffff:{a:#x}.{b}.{c}.{d}", f"::fffff:{pair}")


def plain():
    """Both ends of every row, their neighbours, and addresses that everybody meets."""
    for network, _ in ROWS:
        top = (1 << network.max_prefixlen) - 1
        kind = type(network[0])
        for bits in (int(network[0]), int(network[-1]), int(network[0]) - 1, int(network[-1]) + 1):
            if 0 <= bits <= top:
                yield text_of(kind(bits))
    yield from "223.255.255.255 224.0.0.0 239.255.255.250 240.0.0.0 ff02::1 ff0e::1 fec0::1 feff::1 4000::1 200::1 1fff:ffff::1".split()
    yield from "2000:: 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3ffe::1 5f00::1 2001:4860:4860::8888 2606:4700:4700::1111 2620:fe::fe".split()
    yield from ("localhost", "", "-", "--help", "-q", "#", "0", "::", "::1", "ip6-localhost", "example.com", "*", "10.0.*.*", "10/8", "..", "%", "/", "::/0")


def text_of(address):
    return socket.inet_ntop(socket.AF_INET if address.version == 4 else socket.AF_INET6, address.packed)


def guard(text):
    """The guard of the manual. It says nothing, whatever it is asked."""
    done = subprocess.run([IPCONV, "-q", "--is", "public", "--", text], stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode in (0, 1) and not done.stdout and not done.stderr, (text, done)
    return done.returncode == 0


def passes(lines, **more):
    """Which lines are public, by the field and by the filter, many at once."""
    given = "".join(line + "\n" for line in lines).encode()
    ask = lambda *words: subprocess.run([IPCONV, "-k", *words], input=given, capture_output=True, **more).stdout.decode().split()
    told, passed = ask("-o", "is_public"), ask("--is", "public")
    assert [line != "-" for line in passed] == [word == "true" for word in told], more
    return told


def guarded():
    texts = list(dict.fromkeys([*(s for inner in INNER.split() for s in spellings(inner)), *plain()]))
    assert len(texts) > 1000, len(texts)
    truth = {text: public(text) for text in texts}
    told = subprocess.run([IPCONV, "-k", "-o", "is_public", "--", *texts], stdin=subprocess.DEVNULL, capture_output=True).stdout.decode().split()
    # For the operand - the inputs are standard input, where there is none.
    asked = [text for text in texts if text != "-"]
    wrong = [(text, truth[text]) for text, word in zip(asked, told, strict=True) if (word == "true") != truth[text]]
    # The guard itself is a process for each.
    for text in texts if COUNT > 100_000 else rng.sample(texts, 400):
        if guard(text) != truth[text]:
            wrong.append((text, truth[text]))
    for text, truth in wrong:
        print(f"{text!r}: {'public' if truth else 'not public'}, says IANA's table")
    if wrong:
        sys.exit(f"{len(wrong)} of {len(texts)} spellings are misjudged")
    hostile = list(truth.values()).count(False)
    print(f"{len(texts)} spellings, {hostile} of which must not pass: none is misjudged")


def sample():
    """An address, most often where something changes or with another one inside."""
    network, _ = rng.choice(ROWS)
    width = network.max_prefixlen
    r = rng.random()
    if r < 0.3:
        return network[0] + rng.getrandbits(rng.randrange(width - network.prefixlen + 1) or 1) % network.num_addresses
    if r < 0.45:
        return ipaddress.IPv4Address(rng.getrandbits(32))
    inner = rng.choice((rng.getrandbits(32), int(ipaddress.IPv4Address(rng.choice(INNER.split())))))
    if r < 0.6:
        return ipaddress.IPv6Address(rng.choice((0xFFFF, 0xFFFF << 16, 0x0064FF9B << 64, 0)) << 32 | inner)
    if r < 0.7:
        return ipaddress.IPv6Address(1 << 125 | rng.getrandbits(61) << 64 | rng.choice((0x5EFE, 0x02005EFE)) << 32 | inner)
    if r < 0.8:
        return ipaddress.IPv6Address(0x2002 << 112 | inner << 80 | rng.getrandbits(80))
    return ipaddress.IPv6Address(rng.choice((1 << 125, 0)) | rng.getrandbits(125 if rng.random() < 0.5 else 128))


MAPPED, TRANSLATED, NAT64 = (ipaddress.ip_network(n) for n in ("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96"))
UNICAST = ipaddress.ip_network("2000::/3")
# Rows that came after the Pythons and netaddrs that are about, or that these read in another way: there the registry decides.
YOUNGER = [ipaddress.ip_network(n) for n in (
    "192.88.99.2/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.0/24", "192.0.0.8/32", "192.0.0.170/31", "192.31.196.0/24", "192.52.193.0/24",
    "192.175.48.0/24", "192.88.99.0/24", "100.64.0.0/10", "0.0.0.0/8", "198.18.0.0/15",
    "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "100::/64", "100:0:0:1::/64", "2620:4f:8000::/48")]


def reason(address, theirs):
    """Why `theirs` may differ from ours, which is `not theirs`."""
    if theirs:
        if address.is_multicast:
            return "multicast is global there; nobody can connect to it"
        if address.version == 6 and address not in UNICAST:
            return "no address outside 2000::/3 is given out"
        if address.version == 6 and int(address) >> 32 & 0xFFFFFFFF in (0x5EFE, 0x02005EFE):
            return "the address inside an ISATAP address"
    elif address.version == 6 and any(address in network for network in (MAPPED, TRANSLATED, NAT64)):
        return "the public address inside decides"
    if reachable(address) != theirs and any(address.version == n.version and address in n for n in YOUNGER):
        return "the registry says so"
    return None


def compared():
    all_ = [sample() for _ in range(COUNT)]
    texts = [text_of(address) for address in all_]
    truth = [public(text) for text in texts]
    for kernel in ("plain", "sse4.1", "avx2", "avx512"):
        told = passes(texts, env={"IPCONV_KERNEL": kernel})
        wrong = [(text, mine) for text, mine, yes in zip(texts, told, truth, strict=True) if (mine == "true") != yes]
        if wrong:
            sys.exit(f"{kernel}: {wrong[:20]}")
    others = {"ipaddress": lambda address: address.is_global}
    try:
        import netaddr

        others["netaddr"] = lambda address: netaddr.IPAddress(str(address)).is_global()
    except ImportError:
        print("netaddr is missing")
    for name, is_global in others.items():
        reasons = {}
        for address, mine in zip(all_, truth):
            theirs = is_global(address)
            if theirs != mine:
                why = reason(address, theirs)
                if why is None:
                    sys.exit(f"{address}: public {mine}, {name} says {theirs}, and no reason is known")
                reasons[why] = reasons.get(why, 0) + 1
        print(f"{name} differs for {sum(reasons.values())} of {COUNT}: {reasons}")


guarded()
compared()
