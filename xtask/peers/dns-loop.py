"""The loop that dnsall replaces: every type that dnspython knows, one after the
other.   dns-loop.py ADDRESS PORT NAME"""
import sys

import dns.message
import dns.query
import dns.rdatatype

address, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
for rtype in dns.rdatatype.RdataType:
    if rtype == 0 or dns.rdatatype.is_metatype(rtype):
        continue
    try:
        reply = dns.query.udp(dns.message.make_query(name, rtype), address, port=port, timeout=5)
    except Exception as error:
        print(rtype.name, error, file=sys.stderr)
        continue
    for rrset in reply.answer:
        if rrset.rdtype == rtype:
            for rdata in rrset:
                print(f"{rtype.name}:{rdata}")
