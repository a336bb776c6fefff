#!/usr/bin/env python3
"""Uploads as clients really send them, right and wrong: by form, bit by bit, cut, twice, too large, of no sound at all.
Nothing is half kept, and every refusal says why.

usage: uploads.py --guardian PROGRAM
"""
import argparse
import base64
import hashlib
import http.client
import json
import pathlib
import random
import shutil
import socket
import sys
import tempfile
import time

from live_server import Calls, Server

TUS = {"Tus-Resumable": "1.0.0"}


def part(name, content, filename=None, kind=None):
    head = f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
    return (f"--x\r\n{head}\r\n" + (f"Content-Type: {kind}\r\n" if kind else "") + "\r\n").encode() + content + b"\r\n"


class Office:
    def __init__(self, server):
        self.server = server

    def form(self, *parts, end=b"--x--\r\n", headers=None):
        status, _, body = self.server.ask("POST", "/api/v1/recordings", b"".join(parts) + end,
                                          {"Content-Type": "multipart/form-data; boundary=x", **(headers or {})})
        return status, json.loads(body)

    def recordings(self):
        return json.loads(self.server.ask("GET", "/api/v1/recordings?limit=200")[2])["items"]

    def sound(self, recording):
        return self.server.ask("GET", f"/api/v1/recordings/{recording}/audio")[2]


def check_forms(office, sound):
    """Fields before and behind the file count the same."""
    for parts in ([part("counterpart", b"K-1"), part("direction", b"inbound"), part("file", sound, "a.wav")],
                  [part("file", sound, "a.wav"), part("counterpart", b"K-1"), part("direction", b"inbound")]):
        status, made = office.form(*parts)
        assert status == 201, made
        one = json.loads(office.server.ask("GET", f"/api/v1/recordings/{made['id']}")[2])
        assert (one["counterpart"], one["direction"], one["name"], one["bytes"]) == ("K-1", "inbound", "a.wav", len(sound))
        assert office.sound(made["id"]) == sound
    first, second = (one["id"] for one in office.recordings()[::-1][:2])
    assert json.loads(office.server.ask("GET", f"/api/v1/recordings/{second}")[2])["same_as"] == first, "not recognised"


def check_refusals(office, sound):
    before = len(office.recordings())
    name = "x" * 2000 + ".wav"
    for reason, parts in (
            ("there is no file", [part("counterpart", b"K-1")]),
            ("must be one file", [part("file", sound, "a.wav"), part("file", sound, "b.wav")]),
            ("empty", [part("file", b"", "a.wav")]),
            ("unknown field", [part("file", sound, "a.wav"), part("colour", b"red")]),
            ("direction", [part("direction", b"up"), part("file", sound, "a.wav")]),
            ("direction", [part("file", sound, "a.wav"), part("direction", b"up")]),
            ("started_at", [part("file", sound, "a.wav"), part("started_at", b"2999-01-01T00:00:00Z")]),
            ("filetype", [part("file", sound, "a.exe", "application/x-msdownload")]),
            ("filename", [part("file", sound, name)]),
            ("too long", [part("file", sound, "a.wav"), part("counterpart", b"x" * 5000)]),
            ("not a well-formed form", [part("file", sound, "a.wav")[:-30]])):
        status, told = office.form(*parts, headers={"Accept-Language": "en"}, end=b"" if "well" in reason else b"--x--\r\n")
        text = json.dumps(told)
        assert status in (400, 415, 422) and (reason in text or reason.split()[-1] in text), (reason, status, told)
    status, told = office.form(part("file", sound, "a.wav"), headers={"Content-Type": "multipart/form-data"})
    assert status == 400, told
    assert len(office.recordings()) == before, "something refused was kept"


def check_names(office, calls, chance):
    """A file name is words for people, whatever is in it; never a path, never a header."""
    for name in ("../../../etc/passwd.wav", "C:\\\\Windows\\\\a.wav", "通話 (1).wav", "a%0d%0aSet-Cookie: x=1.wav", "<b>.wav"):
        status, made = office.form(part("file", calls.make(chance, 10), name))
        assert status == 201, (name, made)
        status, headers, body = office.server.ask("GET", f"/api/v1/recordings/{made['id']}/audio")
        assert status == 200 and "Set-Cookie" not in headers and body
        assert "\r" not in headers["Content-Disposition"]


def check_limits(office, limit):
    """A recording that is too large is refused as soon as that can be known."""
    status, told = office.form(part("file", b"RIFF" + bytes(limit), "a.wav"))
    assert status == 413, (status, told)
    status, headers, _ = office.server.ask("POST", "/api/v1/uploads", None, {**TUS, "Upload-Length": str(limit + 1)})
    assert status == 413, status


def check_cuts(office, sound):
    """A form that ends in the middle leaves nothing; one that dribbles is taken whole."""
    before = len(office.recordings())
    body = part("file", sound, "cut.wav") + b"--x--\r\n"
    head = (f"POST /api/v1/recordings HTTP/1.1\r\nHost: 127.0.0.1:{office.server.port}\r\nAuthorization: Bearer "
            f"{office.server.key}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n")
    with socket.create_connection(("127.0.0.1", office.server.port)) as client:
        client.sendall(head.encode() + body[:len(body) // 2])
    time.sleep(0.3)
    assert len(office.recordings()) == before
    with socket.create_connection(("127.0.0.1", office.server.port)) as client:
        client.sendall(head.encode())
        for begin in range(0, len(body), len(body) // 20):
            client.sendall(body[begin:begin + len(body) // 20])
            time.sleep(0.02)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.status == 201, answer.read()
    assert len(office.recordings()) == before + 1


def check_tus(office, sound):
    """Bytes in pieces, a wrong offset, another's upload, the end of one that nobody wants any more."""
    ask = office.server.ask
    metadata = "filename " + base64.b64encode("録音.wav".encode()).decode()
    _, headers, _ = ask("POST", "/api/v1/uploads", None, {**TUS, "Upload-Length": str(len(sound)), "Upload-Metadata": metadata})
    place = headers["Location"]
    piece = {**TUS, "Content-Type": "application/offset+octet-stream"}
    half = len(sound) // 2
    assert ask("PATCH", place, sound[:half], {**piece, "Upload-Offset": "0"})[0] == 204
    assert ask("PATCH", place, sound[:half], {**piece, "Upload-Offset": "0"})[0] == 409, "bytes were taken twice"
    assert ask("HEAD", place, None, TUS)[1]["Upload-Offset"] == str(half)
    assert ask("PATCH", place, sound[half:] + b"more", {**piece, "Upload-Offset": str(half)})[0] in (400, 413)
    status, headers, _ = ask("PATCH", place, sound[half:], {**piece, "Upload-Offset": str(half)})
    if status == 409:  # what fitted of the too long piece was taken
        half = int(ask("HEAD", place, None, TUS)[1]["Upload-Offset"])
        if half < len(sound):
            status, headers, _ = ask("PATCH", place, sound[half:], {**piece, "Upload-Offset": str(half)})
        else:
            status = 204
    assert status == 204, status
    recording = place.rsplit("/", 1)[1]
    assert hashlib.sha256(office.sound(recording)).digest() == hashlib.sha256(sound).digest()
    _, headers, _ = ask("POST", "/api/v1/uploads", None, {**TUS, "Upload-Length": "100"})
    assert ask("DELETE", headers["Location"], None, TUS)[0] == 204
    assert ask("HEAD", headers["Location"], None, TUS)[0] in (404, 410)
    assert ask("POST", "/api/v1/uploads", None, {**TUS, "Upload-Length": "100", "Upload-Metadata": "filename !!!"})[0] == 400


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guardian", required=True)
    program = parser.parse_args().guardian
    folder = pathlib.Path(tempfile.mkdtemp(prefix="guardian-uploads-"))
    server, calls, chance = Server(program, folder), Calls(), random.Random(11)
    limit = 2 << 20
    try:
        server.configure(f"workers: {{number: 0}}\nlimits: {{upload_bytes: {limit}}}\n")
        server.start()
        server.make_key()
        office = Office(server)
        check_forms(office, calls.make(chance, 50_000))
        check_refusals(office, calls.make(chance, 10))
        check_names(office, calls, chance)
        check_limits(office, limit)
        check_cuts(office, calls.make(chance, 400_000))
        check_tus(office, calls.make(chance, 100_000))
        left = sum(1 for file in (server.data / "objects").rglob("*") if file.is_file())
        kept = server.rows("SELECT COUNT(DISTINCT object_id) FROM recordings WHERE state <> 'deleted'")[0][0]
        assert left <= kept + 1, f"{left} files for {kept} recordings: something refused lies on the disk"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
