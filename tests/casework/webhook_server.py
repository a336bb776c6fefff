#!/usr/bin/env python3
"""A real receiver of webhooks for tests. Prints its address; writes each request as a line of JSON.

usage: webhook_server.py FILE SECRET
Paths: /ok 204   /500   /hang answers after 30 s   /drop closes without an answer   /redirect to /ok
       /flood 200 with an endless body   /twice fails twice, then 200   anything else: 404
"""
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

FILE, SECRET = sys.argv[1:]
lock = threading.Lock()
failures = {}


def is_signed(header, body):
    fields = dict(part.split("=", 1) for part in header.split(","))
    wanted = hmac.new(SECRET.encode(), fields["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(fields["v1"], wanted) and abs(time.time() - int(fields["t"])) < 60


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        path = self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        delivery = self.headers["X-Guardian-Delivery"]
        with lock, open(FILE, "a") as file:
            file.write(json.dumps({"path": self.path, "delivery": delivery, "body": json.loads(body),
                                   "type": self.headers["Content-Type"],
                                   "signed": is_signed(self.headers["X-Guardian-Signature"], body)}) + "\n")
            failures[delivery] = failures.get(delivery, 0) + 1
        if path == "/ok" or path == "/twice" and failures[delivery] > 2:
            self.answer(204)
        elif path in ("/500", "/twice"):
            self.answer(500)
        elif path == "/hang":
            time.sleep(30)
        elif path == "/drop":
            self.close_connection = True
        elif path == "/redirect":
            self.answer(302, [("Location", "/ok")])
        elif path == "/flood":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)
        else:
            self.answer(404)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, *_):
        pass


open(FILE, "a").close()
server = Server(("127.0.0.1", 0), Receiver)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
