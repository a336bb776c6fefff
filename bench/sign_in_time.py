#!/usr/bin/env python3
"""Does the time of a refused sign-in tell whether a login exists? Median time of a wrong password for a known login against
that for unknown ones, asked in turn, as a ratio with its 95 % interval (bootstrap over pairs).

usage: sign_in_time.py --guardian PROGRAM [--pairs 200] [--seed 1]
"""
import argparse
import json
import pathlib
import random
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/server"))
from live_server import Server  # noqa: E402


def refused(server, login):
    begun = time.perf_counter()
    status, _, _ = server.ask("POST", "/api/v1/session", json.dumps({"login": login, "password": "not-the-password-1"}),
                              {"Content-Type": "application/json"})
    assert status == 401, status
    return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guardian", required=True)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="guardian-sign-in-"))
    server = Server(options.guardian, folder)
    try:
        server.configure("workers: {number: 0}\n")
        server.start()
        server.make_key("manage_people")
        known = []
        for i in range(options.pairs):  # each is asked once: five failures would lock it
            status, _, body = server.ask("POST", "/api/v1/users", json.dumps({"login": f"k{i}@example.jp", "name": "k",
                                                                              "roles": ["auditor"]}),
                                         {"Content-Type": "application/json"})
            assert status == 201, body
            secret = json.loads(body)["secret"]
            if i < 20:  # some with a password, as most people have
                server.ask("POST", "/api/v1/invitations/accept", json.dumps({"secret": secret, "password": "long-enough-word-31"}),
                           {"Content-Type": "application/json"})
            known.append(f"k{i}@example.jp")
        pairs = []
        for i in range(options.pairs):
            both = [refused(server, known[i % 20 if i < 80 else i]), refused(server, f"u{i}@example.jp")]
            pairs.append(both)
        ratio = lambda some: statistics.median(a for a, _ in some) / statistics.median(b for _, b in some)
        spread = sorted(ratio([chance.choice(pairs) for _ in pairs]) for _ in range(2000))
        print(json.dumps({"known_ms": round(1000 * statistics.median(a for a, _ in pairs), 1),
                          "unknown_ms": round(1000 * statistics.median(b for _, b in pairs), 1),
                          "ratio": round(ratio(pairs), 3), "interval": [round(spread[50], 3), round(spread[1949], 3)],
                          "pairs": len(pairs)}))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
