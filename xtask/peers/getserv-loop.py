"""What a script does today for each line: getservbyname or, for a number, getservbyport."""
import socket
import sys

for line in sys.stdin:
    key = line.strip()
    try:
        print(socket.getservbyport(int(key)) if key.isdigit() else socket.getservbyname(key))
    except OSError:
        print("-")
