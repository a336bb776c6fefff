#!/usr/bin/env python3
"""The nginx of packaging/nginx.example.conf before a real server: TLS, a large upload, a stream of events that is not held
back, and the client's own address in the audit log, whatever the client claims.

usage: nginx.py --guardian PROGRAM        Exit codes: 0 all of it, 1 not, 77 there is no nginx
"""
import argparse
import http.client
import json
import pathlib
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from live_server import Calls, Server

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def configure(folder, server_port, tls_port, plain_port):
    """The example with nothing changed but names, ports and folders."""
    site = (ROOT / "packaging/nginx.example.conf").read_text()
    for old, new in (("/etc/ssl/guardian", str(folder)), ("listen 443", f"listen 127.0.0.1:{tls_port}"),
                     ("listen 80;", f"listen 127.0.0.1:{plain_port};"), ("guardian.example.jp", "localhost"),
                     ("http://127.0.0.1:8080", f"http://127.0.0.1:{server_port}")):
        assert old in site, f"{old} is not in the example"
        site = site.replace(old, new)
    temporary = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}"
        f"  access_log off;\n{site}}}\n")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "chain.pem"],
                   check=True, capture_output=True)


class Client:
    def __init__(self, folder, port, key):
        self.context = ssl.create_default_context(cafile=str(folder / "chain.pem"))
        self.port, self.key = port, key

    def open(self, method, path, body=None, headers=None):
        connection = http.client.HTTPSConnection("localhost", self.port, context=self.context, timeout=30)
        connection.request(method, path, body, {"Authorization": f"Bearer {self.key}", **(headers or {})})
        return connection.getresponse()


def check_upload(client, calls):
    sound = calls.make(random.Random(5), 30_000_000)
    form = (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + sound + b"\r\n--x--\r\n")
    answer = client.open("POST", "/api/v1/recordings", form, {"Content-Type": "multipart/form-data; boundary=x",
                                                              "X-Forwarded-For": "198.51.100.7"})
    made = json.loads(answer.read())
    assert answer.status == 201, made
    assert answer.getheader("Strict-Transport-Security"), "the server does not know that it is behind TLS"
    audio = client.open("GET", f"/api/v1/recordings/{made['id']}/audio").read()
    assert audio == sound, "other bytes came back"
    return made["id"]


def check_events(client, recording):
    """What happens while the stream is open arrives at once, not when a buffer is full."""
    stream = client.open("GET", "/api/v1/events")
    assert stream.status == 200, stream.status
    assert client.open("POST", f"/api/v1/recordings/{recording}/cancel").status in (200, 409)
    client.open("POST", f"/api/v1/recordings/{recording}/analyse")
    begun = time.monotonic()
    while b"progress" not in stream.readline():
        assert time.monotonic() - begun < 10, "the event was held back"
    stream.close()


def check_address(client):
    entries = json.loads(client.open("GET", "/api/v1/audit?limit=200").read())["items"]
    heard = {entry["address"] for entry in entries if entry["action"].startswith("recording.")}
    assert heard and "198.51.100.7" not in heard and "127.0.0.1" in heard, heard


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guardian", required=True)
    program = parser.parse_args().guardian
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if not nginx:
        print("skipped: no nginx (apt-get install nginx-light)")
        return 77
    folder = pathlib.Path(tempfile.mkdtemp(prefix="guardian-nginx-"))
    server, calls = Server(program, folder), Calls()
    proxy = None
    try:
        tls_port, plain_port = free_port(), free_port()
        server.configure(f"behind_proxy: true\npublic_url: https://localhost\nworkers: {{number: 0}}\n")
        server.configure_port(free_port())
        server.start()
        server.make_key("read_audit")
        configure(folder, server.port, tls_port, plain_port)
        proxy = subprocess.Popen([nginx, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.PIPE, text=True)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", tls_port), 1).close()
                break
            except OSError:
                assert proxy.poll() is None, proxy.stderr.read()
                time.sleep(0.05)
        client = Client(folder, tls_port, server.key)
        recording = check_upload(client, calls)
        check_events(client, recording)
        check_address(client)
        assert client.open("GET", "/metrics").status == 404
        plain = http.client.HTTPConnection("localhost", plain_port, timeout=10)
        plain.request("GET", "/today")
        told = plain.getresponse()
        assert told.status == 308 and re.match(r"https://localhost", told.getheader("Location")), told.status
        return 0
    finally:
        if proxy:
            proxy.terminate()
            proxy.wait()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
