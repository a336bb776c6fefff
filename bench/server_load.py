#!/usr/bin/env python3
"""What `guardian serve` bears, measured on the real program. Figures of one machine: docs/performance.md.

usage: server_load.py uploads [--guardian PROGRAM] [--number 8] [--bytes 1000000000]
           large uploads at once, generated on the fly; peak memory of the server process
       server_load.py readers [--guardian PROGRAM] [--connections 200] [--seconds 20]
           many readers while recordings are analysed, with wrk, and nginx with the same bytes beside it
Needs the Debian packages wrk and nginx for `readers`. What it writes lies in a temporary folder and is removed.
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/server"))
from live_server import Calls, Server  # noqa: E402

BOUNDARY = "guardian-load"
MIB = 1 << 20
RANGE = (380_000, 412_000)  # two seconds of the sample call
# A reader looks, thinks for about a second, and looks again.
THINKS = "function delay() return math.random(500, 1500) end\n"


def memory_mib(process, field):
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", status)[1]) / 1024


def form(call, size, seed):
    """A form with a call of `size` bytes, in pieces; the rest of it is a chunk that players skip."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{seed}.wav"\r\n\r\n'.encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    skipped = size - len(call) - 8
    begun = call + b"JUNK" + skipped.to_bytes(4, "little")
    begun = b"RIFF" + (size - 8).to_bytes(4, "little") + begun[8:]

    def pieces():
        yield head + begun
        block = bytearray(random.Random(seed).randbytes(MIB))
        for place in range(0, skipped, MIB):
            block[:8] = place.to_bytes(8, "little")
            yield bytes(block[:min(MIB, skipped - place)])
        yield tail
    return len(head) + len(begun) + skipped + len(tail), pieces()


def upload(server, call, size, seed, answers):
    length, body = form(call, size, seed)
    status, _, text = server.ask("POST", "/api/v1/recordings", body, {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(length)}, timeout=600)
    answers.append((status, json.loads(text)))


def measure_uploads(server, options):
    server.configure()
    server.start()
    server.make_key()
    call = Calls().make(random.Random(1), 0)[:-8]  # without the chunk that is skipped
    before, answers, begun = memory_mib(server.process.pid, "VmRSS"), [], time.monotonic()
    threads = [threading.Thread(target=upload, args=(server, call, options.bytes, seed, answers))
               for seed in range(options.number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, peak = time.monotonic() - begun, memory_mib(server.process.pid, "VmHWM")
    if [answer[0] for answer in answers] != [201] * options.number:
        raise SystemExit(f"refused: {answers}")
    stored = sum(answer[1]["bytes"] for answer in answers)
    if stored != options.number * options.bytes:
        raise SystemExit(f"{stored} bytes were stored")
    print(f"| uploads at once | bytes each | took | throughput | memory before | peak (VmHWM) |\n|---|---|---|---|---|---|\n"
          f"| {options.number} | {options.bytes} | {took:.1f} s | {stored / took / 1e6:.0f} MB/s | {before:.0f} MiB | "
          f"{peak:.0f} MiB |")


def wrk(url, headers, options, thinking):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(THINKS if thinking else "")
        script.flush()
        words = ["wrk", "-t2", f"-c{options.connections}", f"-d{options.seconds}s", "--latency", "-s", script.name]
        for name, value in headers.items():
            words += ["-H", f"{name}: {value}"]
        told = subprocess.run([*words, url], capture_output=True, text=True, check=True).stdout
    factor = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    percent = {}
    for share, number, unit in re.findall(r"^\s+(50|90|99)%\s+([\d.]+)(us|ms|s)\s*$", told, re.M):
        percent[share] = float(number) * factor[unit]
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    cut = re.search(r"Socket errors: (.*)", told)
    return percent, float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1]), \
        (wrong[1] if wrong else "0") + (f" ({cut[1]})" if cut else "")


class Nginx:
    """With the answers of the server as files."""

    def __init__(self, folder, files):
        root = folder / "nginx"
        (root / "www").mkdir(parents=True)
        for name, content in files.items():
            (root / "www" / name).write_bytes(content)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (root / "nginx.conf").write_text(
            f"user root; worker_processes auto; pid {root}/pid; error_log {root}/error.log;\n"
            "events { worker_connections 1024; }\n"
            f"http {{ access_log {root}/access.log; keepalive_requests 1000000; sendfile on; server {{\n"
            f"  listen 127.0.0.1:{self.port}; root {root}/www; }} }}\n")
        self.process = subprocess.Popen(["nginx", "-p", root, "-c", root / "nginx.conf", "-g", "daemon off;"],
                                        stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def end(self):
        self.process.terminate()
        self.process.wait()


def measure_readers(server, folder, options):
    for tool in ("wrk", "nginx"):
        if not shutil.which(tool):
            raise SystemExit(f"needs the Debian package {tool}")
    server.configure()
    server.start()
    server.make_key()
    answers = []
    sample = (ROOT / "data/sample/call.wav").read_bytes()
    length, body = form(sample, len(sample) + 1000, 0)
    status, _, text = server.ask("POST", "/api/v1/recordings", body, {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(length)})
    recording = json.loads(text)["id"]
    # Enough of them that the analysis goes on all the time.
    for seed in range(1, 200):
        upload(server, sample, len(sample) + 1000, seed, answers)
    paths = {"a recording (JSON)": f"/api/v1/recordings/{recording}", "list of 20 (JSON)": "/api/v1/recordings?limit=20",
             "2 s of sound (Range)": f"/api/v1/recordings/{recording}/audio"}
    files = {}
    for path in paths.values():
        files[str(len(files))] = server.ask("GET", path)[2]
    nginx = Nginx(folder, files)
    part = {"Range": f"bytes={RANGE[0]}-{RANGE[1] - 1}"}
    print("| what | readers | server | answers/s | p50 | p90 | p99 | not 2xx |\n|---|---|---|---|---|---|---|---|")
    try:
        for thinking in (True, False):
            for number, (what, path) in enumerate(paths.items()):
                headers = part if "sound" in what else {}
                p99 = {}
                for name, url, more in (("guardian", f"http://127.0.0.1:{server.port}{path}",
                                         {"Authorization": f"Bearer {server.key}"}),
                                        ("nginx", f"http://127.0.0.1:{nginx.port}/{number}", {})):
                    percent, rate, wrong = wrk(url, headers | more, options, thinking)
                    p99[name] = percent["99"]
                    print(f"| {what} | {options.connections}, {'one look a second' if thinking else 'without a pause'} | {name} | "
                          f"{rate:.0f} | {percent['50']:.1f} ms | {percent['90']:.1f} ms | {percent['99']:.1f} ms | {wrong} |",
                          flush=True)
                print(f"| | | ratio of p99 | | | | {p99['guardian'] / p99['nginx']:.1f} | |", flush=True)
    finally:
        nginx.end()
    running = server.rows("SELECT COUNT(*) FROM jobs WHERE state = 'running'")[0][0]
    if running == 0:
        raise SystemExit("nothing was analysed at the end: the figures are too good")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["uploads", "readers"])
    parser.add_argument("--guardian", type=pathlib.Path, default=ROOT / "build/release/bin/guardian")
    parser.add_argument("--number", type=int, default=8)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="guardian-load-"))
    server = Server(options.guardian.resolve(), folder)
    try:
        if options.what == "uploads":
            measure_uploads(server, options)
        else:
            measure_readers(server, folder, options)
    finally:
        if server.process and server.process.poll() is None:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


main()
