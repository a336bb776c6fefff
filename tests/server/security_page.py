#!/usr/bin/env python3
"""Every test that docs/security.md names exists. usage: security_page.py --build build/release"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    build = parser.parse_args().build
    listed = subprocess.run(["ctest", "-N"], cwd=build, capture_output=True, check=True, encoding="utf-8",
                            errors="replace").stdout
    known = set(re.findall(r"Test +#\d+: (\S+)", listed))
    rows = [line for line in (ROOT / "docs/security.md").read_text().splitlines() if line.startswith("| V")]
    wrong = []
    for row in rows:
        names = re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1])
        if not names:
            wrong.append(f"no test: {row[:60]}")
        wrong += [f"no such test: {name}" for name in names if name not in known]
    print("\n".join(wrong) or f"{len(rows)} points, every one with its tests")
    return 1 if wrong or len(rows) < 15 else 0


sys.exit(main())
