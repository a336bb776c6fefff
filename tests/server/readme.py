#!/usr/bin/env python3
"""Does what README.md and README.ja.md tell a new user to do with the server, word by word.

usage: readme.py --guardian PROGRAM
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data/sample/call.wav"
PASSWORD = "nagai-aikotoba-2026"


def blocks(name):
    return re.findall(r"```sh\n(.*?)```", (ROOT / name).read_text(), re.S)


def block_with(name, word):
    found = [block for block in blocks(name) if word in block]
    assert len(found) == 1, f"{name}: {len(found)} blocks with {word}"
    return found[0]


def without_comments(block):
    return re.sub(r"\s+#.*", "", block)


def start(program, folder):
    """In a folder that looks like a built checkout, with nothing configured."""
    (folder / "build/release/bin").mkdir(parents=True)
    (folder / "build/release/bin/guardian").symlink_to(program)
    (folder / "data").symlink_to(ROOT / "data")
    server = subprocess.Popen([program, "serve", "--port", "0"], cwd=folder, stdout=subprocess.PIPE,
                              stderr=open(folder / "log", "w"), text=True, env=dict(os.environ, GUARDIAN_LANG="en"))
    url = re.search(r"http://\S+", server.stdout.readline())[0]
    server.stdout.readline()
    link = server.stdout.readline().strip()
    assert re.fullmatch(r"http://\S+/invitation#first:\S+", link), f"no first-run link: {link}"
    return server, url, server.stdout.readline().strip()


def shell(commands, folder):
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=folder, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def check_minute(folder, url):
    commands = block_with("README.md", "api-key add")
    assert without_comments(commands) == without_comments(block_with("README.ja.md", "api-key add")), \
        "the two READMEs tell different commands"
    progress = shell(commands.replace("http://127.0.0.1:8080", url), folder)
    assert '"progress":' in progress, "no progress was seen"
    report = (folder / "report.html").read_text()
    assert "殺すぞ" in report or "ころすぞ" in report, "the report does not quote the threat"
    assert (folder / "two-seconds.ulaw").read_bytes() == SAMPLE.read_bytes()[760_000:792_000], "not those two seconds"


def check_people(folder, url, invitation):
    """The printed command with what it asks for filled in, then signing in as the README says."""
    assert invitation.startswith("curl "), f"no first-run command: {invitation}"
    user = json.loads(shell(invitation.replace("curl ", "curl -sS ").replace('"..."', f'"{PASSWORD}"'), folder))
    assert user["login"] == "you@example.jp", user
    commands = block_with("README.md", "-c cookies").replace('"..."', f'"{PASSWORD}"')
    assert "administrator" in shell(f"server={url}\n{commands}", folder), "signed in as nobody"


def check_keeping(program, folder):
    """Paths of the example are moved into the test's folder; nothing else is changed."""
    shutil.copy(ROOT / "packaging/guardian.example.yaml", folder / "guardian.yaml")
    shutil.copy(folder / "guardian-data/master.key", folder / "master.key")
    commands = block_with("README.md", "guardian backup")
    assert without_comments(commands) == without_comments(block_with("README.ja.md", "guardian backup"))
    told = shell(f"guardian() {{ '{program}' --lang en \"$@\"; }}\n" + commands.replace("/backup/", f"{folder}/backup-"),
                 folder)
    assert "The audit log is whole" in told and "Restored" in told, told


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guardian", required=True, type=pathlib.Path)
    program = parser.parse_args().guardian.resolve()
    with tempfile.TemporaryDirectory(prefix="guardian-readme-") as name:
        folder = pathlib.Path(name)
        server, url, invitation = start(program, folder)
        try:
            check_minute(folder, url)
            check_people(folder, url, invitation)
            check_keeping(program, folder)
        except AssertionError:
            print((folder / "log").read_text()[-3000:], f"the server: {server.poll()}", file=sys.stderr)
            raise
        finally:
            server.terminate()
            server.wait(timeout=60)
        assert server.returncode == 0, "the server did not stop cleanly"
    print("PASSED")


sys.exit(main())
