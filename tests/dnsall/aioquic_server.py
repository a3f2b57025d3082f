"""DNS over QUIC (RFC 9250) and over HTTP/3 (RFC 8484) by aioquic.

python3 aioquic_server.py doq|h3 PORT CERTIFICATE KEY BACKEND_PORT

Each question goes to 127.0.0.1:BACKEND_PORT by TCP. What the protocols forbid
is answered by an error that they have for it.
"""

import asyncio
import sys

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamDataReceived

PROTOCOL, PORT, CERTIFICATE, KEY, BACKEND = sys.argv[1:]
DOQ_PROTOCOL_ERROR = 2

# asyncio itself keeps no task alive.
TASKS = set()


def begin(work):
    """Does the work beside everything else."""
    task = asyncio.ensure_future(work)
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


async def answer(question):
    """What the server behind us says."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(BACKEND))
    writer.write(len(question).to_bytes(2, "big") + question)
    length = int.from_bytes(await reader.readexactly(2), "big")
    reply = await reader.readexactly(length)
    writer.close()
    return reply


class Doq(QuicConnectionProtocol):
    """A stream for each question."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.came = {}

    def quic_event_received(self, event):
        if not isinstance(event, StreamDataReceived):
            return
        stream = event.stream_id
        self.came[stream] = self.came.get(stream, b"") + event.data
        if event.end_stream:
            begin(self.reply(stream, self.came.pop(stream)))

    async def reply(self, stream, came):
        length, question = int.from_bytes(came[:2], "big"), came[2:]
        # Sections 4.2 and 4.2.1: one message behind its length, its identifier 0.
        if stream % 4 != 0 or length != len(question) or question[:2] != b"\0\0":
            self._quic.close(error_code=DOQ_PROTOCOL_ERROR)
        else:
            reply = await answer(question)
            self._quic.send_stream_data(stream, len(reply).to_bytes(2, "big") + reply, True)
        self.transmit()


class Doh(QuicConnectionProtocol):
    """A request for each question."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.headers, self.bodies = {}, {}

    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated):
            return
        for part in self.http.handle_event(event):
            stream = part.stream_id
            if isinstance(part, HeadersReceived):
                self.headers[stream] = dict(part.headers)
            elif isinstance(part, DataReceived):
                self.bodies[stream] = self.bodies.get(stream, b"") + part.data
            if part.stream_ended:
                begin(self.reply(stream))

    async def reply(self, stream):
        headers, body = self.headers.pop(stream), self.bodies.pop(stream, b"")
        wanted = {
            b":method": b"POST",
            b":scheme": b"https",
            b":path": b"/dns-query",
            b"content-type": b"application/dns-message",
            b"content-length": str(len(body)).encode(),
        }
        if any(headers.get(name) != value for name, value in wanted.items()):
            self.http.send_headers(stream, [(b":status", b"400")], True)
        else:
            reply = await answer(body)
            head = [(b":status", b"200"), (b"content-type", b"application/dns-message"), (b"server", b"aioquic")]
            self.http.send_headers(stream, head)
            self.http.send_data(stream, reply, True)
        self.transmit()


async def main():
    configuration = QuicConfiguration(alpn_protocols=[PROTOCOL], is_client=False)
    configuration.load_cert_chain(CERTIFICATE, KEY)
    protocol = Doq if PROTOCOL == "doq" else Doh
    await serve("127.0.0.1", int(PORT), configuration=configuration, create_protocol=protocol)
    print("ready", flush=True)
    await asyncio.Future()


asyncio.run(main())
