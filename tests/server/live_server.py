"""A real `guardian serve` for tests and measurements in Python, and short calls that it can analyse."""
import http.client
import os
import pathlib
import signal
import sqlite3
import struct
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data/sample/call.wav"
GRAVE_S = (47.4, 51.8)  # of the sample: 「電話を切ったら、お前を殺すぞ。夜道に気をつけろよ。」


class Calls:
    """Endless different short calls: a few seconds of the sample, and random bytes in a chunk that players skip."""

    def __init__(self):
        wav = SAMPLE.read_bytes()
        place, self.format, sound = 12, b"", b""
        while place + 8 <= len(wav):
            name, size = wav[place:place + 4], struct.unpack("<I", wav[place + 4:place + 8])[0]
            if name == b"fmt ":
                self.format = wav[place:place + 8 + size]
            if name == b"data":
                sound = wav[place + 8:place + 8 + size]
            place += 8 + size + size % 2
        rate, frame = struct.unpack("<I", self.format[12:16])[0], struct.unpack("<H", self.format[20:22])[0]
        self.sound = sound[int(GRAVE_S[0] * rate) * frame:int(GRAVE_S[1] * rate) * frame]

    def make(self, chance, skipped):
        chunks = self.format + b"data" + struct.pack("<I", len(self.sound)) + self.sound
        chunks += b"JUNK" + struct.pack("<I", skipped) + chance.randbytes(skipped)
        return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


class Server:
    def __init__(self, program, folder):
        self.program, self.folder, self.data = program, folder, folder / "data"
        self.process, self.port, self.fixed_port, self.key = None, 0, 0, ""
        self.up, self.starts_s = threading.Event(), []
        self.config = folder / "guardian.yaml"
        self.environment = dict(os.environ, GUARDIAN_LANG="en")

    def configure(self, more=""):
        """As usual, but no rates that a test would meet; `more` is YAML."""
        often = "{per_minute: 1000000, burst: 100000}"
        self.config.write_text(
            f"data: {self.data}\nlisten: {{port: 0}}\nlog_level: warn\n"
            f"rates: {{caller: {often}, address: {often}, sign_in: {often}}}\n{more}")

    def configure_port(self, port):
        """The same as before, but on this port, whatever the address that is told to people."""
        self.fixed_port = port
        self.config.write_text(self.config.read_text().replace("listen: {port: 0}", f"listen: {{port: {port}}}"))

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments], env=self.environment, capture_output=True, text=True)

    def start(self):
        begun = time.monotonic()
        errors = open(self.folder / "errors", "ab")
        self.process = subprocess.Popen([self.program, "serve", "--config", self.config], env=self.environment,
                                        stdout=subprocess.PIPE, stderr=errors, text=True)
        errors.close()
        line = self.process.stdout.readline()
        if "http" not in line:
            raise SystemExit(f"the server does not start: {(self.folder / 'errors').read_text()[-2000:]}")
        self.port = self.fixed_port or int(line.strip().rsplit(":", 1)[1])
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.starts_s.append(time.monotonic() - begun)
        self.up.set()

    def make_key(self, *more_scopes):
        scopes = ["upload", "read_recordings", "listen", "see_personal", *more_scopes]
        made = self.run("api-key", "add", "test", "--data", str(self.data), *(f"--scope={scope}" for scope in scopes))
        if made.returncode:
            raise SystemExit(made.stderr)
        self.key = made.stdout.strip()

    def kill(self):
        self.up.clear()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.up.clear()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def ask(self, method, path, body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {self.key}", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def rows(self, sql):
        """Read beside the server, as a backup would."""
        base = sqlite3.connect(f"file:{self.data}/guardian.db?mode=ro", uri=True, timeout=20)
        try:
            return base.execute(sql).fetchall()
        finally:
            base.close()
