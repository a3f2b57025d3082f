"""Python's socketserver, a thread per connection: python3 echo-socketserver.py PORT"""
import socketserver
import sys


class Upper(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data.upper())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 4096


Server(("127.0.0.1", int(sys.argv[1])), Upper).serve_forever()
