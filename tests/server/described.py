#!/usr/bin/env python3
"""Does the real server do what its OpenAPI description says? Schemathesis (PyPI) asks each path with values that fit the
description and values that do not. No answer of 5xx, no status, header or body that is not described, nothing accepted
that the description forbids, nothing open without a key.

usage: described.py --guardian PROGRAM [--examples 8] [--seed 7]
Exit codes: 0 as described, 1 not, 77 Schemathesis cannot be installed.
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv

from live_server import Calls, Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = "4.32.5"
VENV = ROOT / "build/schemathesis"
SCOPES = ["review", "delete_recordings", "hold_recordings", "work_cases", "read_own_load", "read_group_load", "read_usage",
          "manage_usage", "manage_people", "manage_settings", "manage_keys", "read_audit"]
# What never ends, what would take away the key that everything is asked with, and PDFs, which take seconds each (they are asked
# for in tests/web/casework.test.js).
LEFT_OUT = r"^/api/v1/events$|^/api/v1/api-keys/\{id\}$|\.pdf$"

# Tus answers a missing or wrong Tus-Resumable with 412 (section 2.2 of the protocol), and a header that nobody described
# is ignored, as HTTP says. A TRACE with too much in it is no HTTP for this server (400). Rules over several fields ("to after from") stand in words only, so fitting values may be refused. The ids that this test
# gives may be deleted by it while it goes on.
CONFIG = """
continue-on-failure = true
hooks = "hooks"
[checks]
positive_data_acceptance.enabled = false
ensure_resource_availability.enabled = false
[[operations]]
include-path = "/api/v1/uploads"
include-method = ["POST"]
checks.negative_data_rejection.enabled = false
[[operations]]
include-path-regex = "^/api/v1/uploads"
[operations.checks]
missing_required_header.expected-statuses = [400, 401, 403, 404, 406, 412, 415, 422]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]
unsupported_method.enabled = false
"""
HOOKS = """
import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def chunk(context, value):
    return {"data": value if isinstance(value, bytes) else str(value).encode()}

"""


def prepare_venv():
    program = VENV / "bin/schemathesis"
    if program.exists() and VERSION in subprocess.run([program, "--version"], capture_output=True, text=True).stdout:
        return program
    venv.create(VENV, with_pip=True, clear=True)
    made = subprocess.run([VENV / "bin/pip", "install", "--quiet", f"schemathesis=={VERSION}"])
    if made.returncode:
        print(f"skipped: schemathesis {VERSION} could not be installed from PyPI")
        sys.exit(77)
    return program


def upload(server):
    wav = Calls().make(random.Random(1), 10)
    body = (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + wav + b"\r\n--x--\r\n")
    status, _, answer = server.ask("POST", "/api/v1/recordings", body, {"Content-Type": "multipart/form-data; boundary=x"})
    assert status == 201, answer
    return json.loads(answer)["id"]


def wait_for_case(server):
    """The finding of the sample is grave enough for one."""
    for _ in range(600):
        items = json.loads(server.ask("GET", "/api/v1/cases")[2])["items"]
        if items:
            return items[0]["id"]
        time.sleep(0.1)
    raise SystemExit("no case was opened")


def known_ids(recording, case):
    """Real ids, so that what lies behind `404` is met, too; deleting the recording comes with an id that is none."""
    lines = []
    for path, one in (("recordings", recording), ("cases", case)):
        lines += ["[[operations]]", f'include-path-regex = "^/api/v1/{path}/.id."', 'exclude-method = ["DELETE"]',
                  "[operations.parameters]", f'"path.id" = "{one}"']
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guardian", required=True)
    parser.add_argument("--examples", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    program = prepare_venv()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="guardian-described-"))
    server = Server(options.guardian, folder)
    try:
        server.configure()
        server.start()
        server.make_key(*SCOPES)
        ids = known_ids(upload(server), wait_for_case(server))
        (folder / "schemathesis.toml").write_text(CONFIG + ids)
        (folder / "hooks.py").write_text(HOOKS)
        done = subprocess.run(
            [program, "--config-file", "schemathesis.toml", "run", f"http://127.0.0.1:{server.port}/api/v1/openapi.json",
             "--header", f"Authorization: Bearer {server.key}", "--exclude-path-regex", LEFT_OUT, "--warnings", "off",
             "--max-examples", str(options.examples), "--seed", str(options.seed)],
            cwd=folder, env=dict(server.environment, PYTHONPATH=str(folder)))
        assert server.process.poll() is None, "the server has ended"
        told = (folder / "errors").read_text()
        assert not re.search(r'"level":"(error|fatal)"', told), told[-2000:]
        return 1 if done.returncode else 0
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
