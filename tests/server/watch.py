#!/usr/bin/env python3
"""`guardian watch` against the real server: what a recorder drops arrives once, with what lies beside it, also when the
connection is cut, the program is killed, or some files are wrong.

usage: watch.py --guardian PROGRAM
"""
import argparse
import hashlib
import json
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from live_server import Calls, Server


class Cut(threading.Thread):
    """Passes bytes on to the server and cuts every connection after `most` bytes from the client, until told not to."""

    def __init__(self, port, most):
        super().__init__(daemon=True)
        self.target, self.most, self.cuts = port, most, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.pass_on, args=(client,), daemon=True).start()

    def pass_on(self, client):
        server = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self.back, args=(server, client), daemon=True).start()
        passed = 0
        try:
            while part := client.recv(65536):
                passed += len(part)
                if self.most and passed > self.most:
                    self.cuts += 1
                    break
                server.sendall(part)
        except OSError:
            pass
        for end in (client, server):
            try:
                end.shutdown(socket.SHUT_RDWR)  # the other thread waits on it, so closing alone would not end it
            except OSError:
                pass
            end.close()

    @staticmethod
    def back(server, client):
        try:
            while part := server.recv(65536):
                client.sendall(part)
        except OSError:
            pass


class Watch:
    def __init__(self, program, server, folder, port=None):
        self.command = [program, "watch", folder, "--server", f"http://127.0.0.1:{port or server.port}", "--settle", "0"]
        self.environment = dict(server.environment, GUARDIAN_API_KEY=server.key)

    def once(self, *more):
        done = subprocess.run([*self.command, "--once", *more], env=self.environment, capture_output=True, text=True,
                              timeout=60)
        assert self.environment["GUARDIAN_API_KEY"] not in done.stdout + done.stderr, "the key was told"
        return done


def recordings(server):
    items = json.loads(server.ask("GET", "/api/v1/recordings?limit=200")[2])["items"]
    return {item["name"]: item for item in items}


def sound_of(server, recording):
    return server.ask("GET", f"/api/v1/recordings/{recording['id']}/audio")[2]


def check_once(program, server, folder, calls, chance):
    """Sidecars of both kinds; wrong ones keep their recording back and no other; nothing is sent twice."""
    for name in ("a.wav", "b.wav", "c.wav", "bad.wav"):
        (folder / name).write_bytes(calls.make(chance, 1000))
    (folder / "a.json").write_text(json.dumps({"counterpart": "K-1", "direction": "着信", "started_at": "2026/11/20 10:00"}))
    (folder / "bad.wav.json").write_text('{"colour": "red"}')
    (folder / "list.csv").write_bytes("ファイル,顧客番号,方向\r\nb.wav,K-2,発信\r\n".encode("cp932"))
    (folder / "d.wav.part").write_bytes(b"unfinished")
    (folder / ".hidden.wav").write_bytes(b"hidden")
    (folder / "link.wav").symlink_to("/etc/passwd")
    (folder / "empty.wav").write_bytes(b"")
    watch = Watch(program, server, folder)
    done = watch.once()
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert "colour" in done.stderr and "empty.wav" in done.stderr, done.stderr
    found = recordings(server)
    assert sorted(found) == ["a.wav", "b.wav", "c.wav"], sorted(found)
    assert (found["a.wav"]["counterpart"], found["a.wav"]["direction"]) == ("K-1", "inbound"), found["a.wav"]
    assert found["a.wav"]["started_at"] == "2026-11-20T10:00:00+09:00", found["a.wav"]
    assert (found["b.wav"]["counterpart"], found["b.wav"]["direction"]) == ("K-2", "outbound"), found["b.wav"]
    (folder / "bad.wav.json").write_text('{"counterpart": "K-3"}')
    (folder / "empty.wav").unlink()
    done = watch.once()
    assert done.returncode == 0 and "sent 1," in done.stdout, (done.stdout, done.stderr)
    assert len(recordings(server)) == 4
    assert "sent 0," in watch.once().stdout, "sent again"


def check_cuts(program, server, folder, calls, chance):
    """A large recording through a connection that is cut again and again, and a program killed on the way."""
    whole = calls.make(chance, 20_000_000)
    (folder / "large.wav").write_bytes(whole)
    cut = Cut(server.port, 2_500_000)
    cut.start()
    watch = Watch(program, server, folder, cut.port)
    for _ in range(3):
        assert watch.once().returncode == 1
    process = subprocess.Popen(watch.command, env=watch.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    cut.most = 0
    for _ in range(100):  # the server may still be reading from the killed one
        done = watch.once("--move-to", str(folder.parent / "sent"))
        if "409" not in done.stderr:
            break
        time.sleep(0.1)
    assert done.returncode == 0, done.stderr
    assert cut.cuts >= 3
    found = recordings(server)["large.wav"]
    assert hashlib.sha256(sound_of(server, found)).digest() == hashlib.sha256(whole).digest(), "other bytes arrived"
    assert not (folder / "large.wav").exists() and (folder.parent / "sent/large.wav").read_bytes() == whole


def check_going_on(program, server, folder, calls, chance):
    """A file that is still being written waits; the server may be away; SIGTERM ends it."""
    watch = Watch(program, server, folder)
    command = [*watch.command[:-1], "1"]
    server.stop()
    port = server.port
    process = subprocess.Popen(command, env=watch.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    sound = calls.make(chance, 200_000)
    with open(folder / "growing.wav", "wb") as file:
        for begin in range(0, len(sound), 50_000):
            file.write(sound[begin:begin + 50_000])
            file.flush()
            time.sleep(0.2)
    server.configure_port(port)
    server.start()
    for _ in range(300):
        if "growing.wav" in recordings(server):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0, process.stderr.read()
    assert sound_of(server, recordings(server)["growing.wav"]) == sound


def check_mistakes(program, server, folder):
    """Told at once, with the exit code of the contract."""
    def run(*arguments, key=""):
        return subprocess.run([program, "watch", folder, *arguments], env=dict(server.environment, GUARDIAN_API_KEY=key),
                              capture_output=True, text=True, timeout=30)
    here = f"http://127.0.0.1:{server.port}"
    assert run("--server", here, "--once").returncode == 2, "no key"
    assert run("--server", "http://203.0.113.5", "--once", key=server.key).returncode == 2, "unencrypted to the outside"
    (folder / "one.wav").write_bytes(b"RIFF")
    wrong = run("--server", here, "--once", "--settle", "0", key="kgk_" + "x" * 43)
    assert wrong.returncode == 1 and "401" in wrong.stderr, wrong.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guardian", required=True)
    program = parser.parse_args().guardian
    base = pathlib.Path(tempfile.mkdtemp(prefix="guardian-watch-"))
    server, calls, chance = Server(program, base), Calls(), random.Random(3)
    try:
        server.configure("workers: {number: 0}\n")
        server.start()
        server.make_key()
        (base / "sent").mkdir()
        for check in (check_once, check_cuts, check_going_on):
            folder = base / check.__name__
            folder.mkdir()
            begun = time.monotonic()
            check(program, server, folder, calls, chance)
            print(f"{check.__name__}: {time.monotonic() - begun:.1f} s")
        (base / "mistakes").mkdir()
        check_mistakes(program, server, base / "mistakes")
    finally:
        server.stop()
        shutil.rmtree(base, ignore_errors=True)


main()
