#!/usr/bin/env python3
"""kill -9 at random moments: does `guardian serve` keep what it has acknowledged?

usage: kills.py --guardian PROGRAM [--kills 200] [--seed 7] [--longest 5.0] [--keep]

A real server with real analysis of short calls, a real receiver of webhooks and a real mail server. Uploads by form
and by tus run in parallel all the time and are resumed after every kill. Moments: half at random, a quarter right
after an acknowledgement of uploaded bytes, a quarter right after a notice arrived. At the end the server is left
alone until nothing waits, and then stopped. Then:
  - every acknowledged upload is there, byte for byte; no acknowledged offset ever went back
  - every recording is charged once, every content is charged at most once
  - the audit chain is whole and knows every upload once; SQLite finds itself and all references whole
  - every case was told by mail and by webhook
  - the object store holds what the database names and nothing else; no process of the server is left
Exit codes: 0 all of it, 1 something is not, 77 what the test needs is missing.
"""
import argparse
import base64
import collections
import hashlib
import http.client
import json
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from live_server import Calls, Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAIL_PACKAGE = ROOT / ".deps/mail-server"
BACKLOG = 6             # recordings that may wait before more are sent
SECRET = "webhook-secret-of-this-test"
BOUNDARY = "guardian-kills"
GONE = (OSError, http.client.HTTPException)


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


class Uploader(threading.Thread):
    """Sends one call after the other until it is told to end; what it has begun it brings in."""

    def __init__(self, server, calls, seed, kind, ended, acknowledged):
        super().__init__(daemon=True)
        self.server, self.calls, self.kind, self.ended, self.acknowledged = server, calls, kind, ended, acknowledged
        self.chance = random.Random(seed)
        self.kept, self.wrong, self.cuts, self.failure = {}, [], 0, None

    def run(self):
        try:
            while not self.ended.is_set():
                if self.kind != "trickle" and not self.has_room():
                    time.sleep(0.1)
                    continue
                size = self.chance.randrange(8_000_000, 24_000_000) if self.kind == "trickle" else \
                    self.chance.randrange(1_000, 3_000_000)
                call = self.calls.make(self.chance, size)
                name = self.send_form(call) if self.kind == "form" else self.send_tus(call)
                self.kept[name] = (hashlib.sha256(call).hexdigest(), len(call))
        except Exception as failure:  # told at the end
            self.failure = f"{self.kind}: {failure!r}"

    def has_room(self):
        try:
            return self.server.rows("SELECT COUNT(*) FROM jobs WHERE state IN ('waiting', 'running')")[0][0] < BACKLOG
        except sqlite3.Error:
            return False

    def insist(self, method, path, body=None, headers=None):
        """An answer, or nothing if the server went away; what it answers with 5xx is wrong."""
        self.server.up.wait()
        try:
            status, answered, text = self.server.ask(method, path, body, headers)
        except GONE:
            self.cuts += 1
            time.sleep(0.02)
            return None
        if status >= 500:
            self.wrong.append(f"{method} {path}: {status} {text[:300]}")
            time.sleep(0.2)
        return status, answered, text

    def send_form(self, call):
        body = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="call.wav"\r\n\r\n'.encode() +
                call + f"\r\n--{BOUNDARY}--\r\n".encode())
        while True:
            answer = self.insist("POST", "/api/v1/recordings", body,
                                 {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
            if answer and answer[0] == 201:
                self.acknowledged.set()
                return json.loads(answer[2])["id"]
            if answer and answer[0] < 500:
                raise RuntimeError(f"form refused: {answer[0]} {answer[2][:300]}")

    def send_tus(self, call):
        where, done = None, 0
        name = base64.b64encode(b"call.wav").decode()
        version = {"Tus-Resumable": "1.0.0"}
        while done < len(call):
            if where is None:
                answer = self.insist("POST", "/api/v1/uploads", None, version | {
                    "Upload-Length": str(len(call)), "Upload-Metadata": f"filename {name}"})
                if answer and answer[0] == 201:
                    where = "/api/v1/uploads/" + answer[1]["Location"].rsplit("/", 1)[1]
                elif answer and answer[0] < 500:
                    raise RuntimeError(f"tus refused: {answer[0]} {answer[2][:300]}")
                continue
            part = call[done:done + (self.chance.randrange(20_000, 300_000) if self.kind == "trickle" else 1_000_000)]
            answer = self.insist("PATCH", where, part, version | {
                "Upload-Offset": str(done), "Content-Type": "application/offset+octet-stream"})
            if answer and answer[0] == 204:
                done = int(answer[1]["Upload-Offset"])
                self.acknowledged.set()
                if self.kind == "trickle":
                    time.sleep(self.chance.uniform(0, 0.15))
                continue
            answer = self.insist("HEAD", where, None, version)
            if answer and answer[0] in (200, 204):
                offset = int(answer[1]["Upload-Offset"])
                if offset < done:
                    self.wrong.append(f"{where}: {done} bytes were acknowledged, {offset} are there")
                done = offset
            elif answer and answer[0] < 500:
                raise RuntimeError(f"an acknowledged upload is gone: {where} {answer[0]}")
        return where.rsplit("/", 1)[1]


class Receivers:
    """The mail server and the receiver of webhooks that the tests of casework/ use."""

    def __init__(self, folder):
        self.mails, self.hooks = folder / "mails", folder / "hooks"
        python = sys.executable
        self.processes = [
            subprocess.Popen([python, ROOT / "tests/casework/mail_server.py", MAIL_PACKAGE, self.mails, "plain", "", ""],
                             stdout=subprocess.PIPE, text=True),
            subprocess.Popen([python, ROOT / "tests/casework/webhook_server.py", self.hooks, SECRET],
                             stdout=subprocess.PIPE, text=True)]
        self.mail_port = int(self.processes[0].stdout.readline())
        self.hook = self.processes[1].stdout.readline().strip() + "/ok"

    def arrived(self):
        return sum(file.read_bytes().count(b"\n") for file in (self.mails, self.hooks) if file.exists())

    def deliveries(self):
        lines = {file: [json.loads(line) for line in file.read_text().splitlines()] for file in (self.mails, self.hooks)}
        return [mail["delivery"] for mail in lines[self.mails]], [hook["delivery"] for hook in lines[self.hooks]]

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()


def choose_moment(chance, longest_s, receivers, acknowledged):
    kind = chance.choice(["random", "random", "acknowledged", "notified"])
    late_s = chance.uniform(0, 0.03)
    if kind == "random":
        time.sleep(chance.uniform(0, longest_s))
        return kind
    until, before = time.monotonic() + longest_s, receivers.arrived()
    if kind == "acknowledged":
        time.sleep(chance.uniform(0, longest_s / 2))
        acknowledged.clear()
    while time.monotonic() < until:
        if (acknowledged.wait(0.005) if kind == "acknowledged" else receivers.arrived() > before):
            time.sleep(late_s)
            return kind
        time.sleep(0.002)
    return "random"


def prepare(server, receivers):
    server.configure(f"smtp: {{host: 127.0.0.1, port: {receivers.mail_port}, security: none, from: guardian@example.jp}}\n"
                     "notices: {allowed_networks: [127.0.0.0/8]}\n")
    server.start()
    server.make_key("manage_settings")
    route = {"name": "all", "minimum_score": 0, "recipients": [
        {"channel": "mail", "address": "desk@example.jp"},
        {"channel": "webhook", "address": receivers.hook, "secret": SECRET}]}
    status, _, text = server.ask("POST", "/api/v1/notification-routes", json.dumps(route),
                                 {"Content-Type": "application/json"})
    if status != 201:
        raise SystemExit(f"no route: {status} {text}")


def settle(server, limit_s):
    """Until nothing waits any more."""
    until = time.monotonic() + limit_s
    left = (0, 0)
    while time.monotonic() < until:
        left = (server.rows("SELECT COUNT(*) FROM jobs WHERE state IN ('waiting', 'held', 'running')")[0][0],
                server.rows("SELECT COUNT(*) FROM notices WHERE state IN ('waiting', 'sending')")[0][0])
        if left == (0, 0):
            return []
        time.sleep(0.2)
    return [f"still waiting after {limit_s} s: {left[0]} jobs, {left[1]} notices"]


def check_uploads(server, kept):
    wrong = []
    for name, (sha256, size) in kept.items():
        status, _, sound = server.ask("GET", f"/api/v1/recordings/{name}/audio", timeout=60)
        if status != 200 or len(sound) != size or hashlib.sha256(sound).hexdigest() != sha256:
            wrong.append(f"recording {name} is not what was acknowledged: {status}, {len(sound)} of {size} bytes")
    return wrong


def check_database(server, kept):
    wrong = []

    def none(what, sql):
        rows = server.rows(sql)
        if rows:
            wrong.append(f"{what}: {rows[:5]}")

    if server.rows("PRAGMA integrity_check") != [("ok",)]:
        wrong.append("SQLite's integrity_check fails")
    none("references to nothing", "PRAGMA foreign_key_check")
    none("not analysed", "SELECT id, state, reason_en FROM recordings WHERE state <> 'analysed'")
    none("jobs not done", "SELECT id, state, reason_en FROM jobs WHERE state <> 'done'")
    none("not charged exactly once", "SELECT r.id, COUNT(u.id) FROM recordings r LEFT JOIN usage_entries u ON "
         "u.recording_id = r.id GROUP BY r.id HAVING COUNT(u.id) <> 1")
    none("content charged twice", "SELECT content, COUNT(*) FROM usage_entries WHERE charged_s > 0 GROUP BY content "
         "HAVING COUNT(*) > 1")
    none("uploads not in the audit log exactly once", "SELECT r.id, COUNT(a.number) FROM recordings r LEFT JOIN audit a "
         "ON a.subject = r.id AND a.action = 'recording.upload' GROUP BY r.id HAVING COUNT(a.number) <> 1")
    none("cases without notices", "SELECT c.id, COUNT(n.id) FROM cases c LEFT JOIN notices n ON n.case_id = c.id AND "
         "n.state = 'sent' GROUP BY c.id HAVING COUNT(n.id) <> 2")
    none("grave and no case", "SELECT r.id FROM recordings r LEFT JOIN cases c ON c.recording_id = r.id "
         "WHERE r.grade = 'case' AND c.id IS NULL")
    known = {row[0] for row in server.rows("SELECT id FROM recordings")}
    if missing := set(kept) - known:
        wrong.append(f"acknowledged and not in the database: {sorted(missing)[:5]}")
    audit = server.run("audit", "verify", "--data", str(server.data))
    if audit.returncode != 0:
        wrong.append(f"guardian audit verify: {audit.stderr}")
    return wrong


def check_notices(server, receivers):
    mails, hooks = receivers.deliveries()
    sent = {row[0]: row[1] for row in server.rows("SELECT id, channel FROM notices")}
    wrong = [f"{channel} {name} never arrived" for name, channel in sent.items()
             if name not in (mails if channel == "mail" else hooks)]
    repeated = sum(count - 1 for count in collections.Counter(mails + hooks).values())
    return wrong, len(sent), repeated


def check_objects(server):
    """An upload that was cut off before its first byte counted has a row and need not have a file."""
    needed = {row[0] for row in server.rows(
        "SELECT object_id FROM recordings UNION SELECT report_id FROM recordings WHERE report_id IS NOT NULL "
        "UNION SELECT id FROM uploads WHERE state = 'open' AND done_bytes > 0")}
    named = needed | {row[0] for row in server.rows("SELECT id FROM uploads")}
    there = {file.name for file in (server.data / "objects").rglob("*") if file.is_file()}
    wrong = [f"objects that nothing names: {sorted(there - named)[:5]} ({len(there - named)})"] if there - named else []
    return wrong + ([f"objects that are missing: {sorted(needed - there)[:5]}"] if needed - there else [])


def children_of(server):
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "work" in words and str(server.data / "objects") in words:
            found.append(folder.name)
    return found


def at_the_kill(server):
    """What the kill has met, as the database tells: jobs that ran, uploads under way, notices being sent."""
    running, open_uploads, sending = server.rows(
        "SELECT (SELECT COUNT(*) FROM jobs WHERE state = 'running'), (SELECT COUNT(*) FROM uploads WHERE state = 'open'), "
        "(SELECT COUNT(*) FROM notices WHERE state IN ('waiting', 'sending'))")[0]
    return {"analysis": running > 0, "upload": open_uploads > 0, "notice": sending > 0}


def kill_often(server, receivers, options):
    chance = random.Random(options.seed)
    calls, ended, acknowledged = Calls(), threading.Event(), threading.Event()
    uploaders = [Uploader(server, calls, options.seed * 100 + number, kind, ended, acknowledged)
                 for number, kind in enumerate(["form", "tus", "form", "trickle"])]
    for uploader in uploaders:
        uploader.start()
    met, moments, died = collections.Counter(), collections.Counter(), []
    for number in range(options.kills):
        moments[choose_moment(chance, options.longest, receivers, acknowledged)] += 1
        if (code := server.process.poll()) is not None:
            died.append(f"the server ended by itself with {code}")
        server.kill()
        met.update(kind for kind, was in at_the_kill(server).items() if was)
        server.start()
        if (number + 1) % 20 == 0:
            say(f"{number + 1} kills, {sum(len(u.kept) for u in uploaders)} uploads acknowledged, "
                f"{server.rows('SELECT COUNT(*) FROM usage_entries')[0][0]} analysed, {receivers.arrived()} notices")
    ended.set()
    for uploader in uploaders:
        uploader.join(timeout=120)
    wrong = died + [text for uploader in uploaders for text in uploader.wrong + ([uploader.failure] if uploader.failure else [])]
    wrong += [f"{uploader.kind} does not end" for uploader in uploaders if uploader.is_alive()]
    kept = {name: what for uploader in uploaders for name, what in uploader.kept.items()}
    return kept, wrong, met, moments, sum(uploader.cuts for uploader in uploaders)


def examine(server, receivers, options):
    kept, wrong, met, moments, cuts = kill_often(server, receivers, options)
    say(f"{options.kills} kills; now the server is left alone")
    wrong += settle(server, 300)
    wrong += check_uploads(server, kept)
    children = children_of(server)
    if len(children) > 1:
        wrong.append(f"analysing processes were left over: {children}")
    # One more start, since what a killed server left lying is cleared away at the next.
    if (code := server.stop()) != 0:
        wrong.append(f"stopped with exit code {code}")
    server.start()
    server.stop()
    wrong += check_database(server, kept)
    missing, notices, repeated = check_notices(server, receivers)
    wrong += missing + check_objects(server)
    recordings = server.rows("SELECT COUNT(*) FROM recordings")[0][0]
    cases = server.rows("SELECT COUNT(*) FROM cases")[0][0]
    starts = sorted(server.starts_s)
    say(f"kills {options.kills} (moments: {dict(moments)}); met while: {dict(met)}")
    say(f"uploads acknowledged {len(kept)}, requests cut {cuts}, recordings {recordings}, cases {cases}, notices {notices} "
        f"(sent twice: {repeated}), start to first answer: median {starts[len(starts) // 2]:.2f} s, longest {starts[-1]:.2f} s")
    if not kept or not cases or not notices:
        wrong.append("nothing was tested: no upload, no case or no notice")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guardian", required=True, type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--longest", type=float, default=5.0, help="seconds from a start to its kill, at most")
    parser.add_argument("--keep", action="store_true", help="leave the data folder for inspection")
    options = parser.parse_args()
    if not (MAIL_PACKAGE / "aiosmtpd").is_dir():
        print("needs aiosmtpd in .deps/mail-server; scripts/setup brings it")
        return 77
    folder = pathlib.Path(tempfile.mkdtemp(prefix="guardian-kills-"))
    receivers, server = Receivers(folder), Server(options.guardian.resolve(), folder)
    wrong = []
    try:
        prepare(server, receivers)
        wrong = examine(server, receivers, options)
    finally:
        if server.process and server.process.poll() is None:
            server.kill()
        receivers.end()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"data: {folder}")
    for text in wrong:
        print("WRONG:", text)
    print("FAILED" if wrong else "PASSED")
    return 1 if wrong else 0


sys.exit(main())
