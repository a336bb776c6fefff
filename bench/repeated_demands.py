#!/usr/bin/env python3
"""How often a demand that comes back in other words after a refusal is noticed, on written calls (data/validation/repeating.jsonl:
calls in which it does, and calls that go on about other things).

usage: bench/repeated_demands.py [--guardian build/release/bin/guardian] [--calls FILE] [--json] [--show]
"""
import argparse
import json
import pathlib

from recognised_speech import ROOT, judged_as_written


def what_was_noticed(call, report):
    found = [f for f in report["findings"] if f["category"] == "repetitive_contact" and f["utterance"] < 0]
    return {"id": call["id"], "repeats": call["repeats"], "refused": bool(report["warned_utterances"]), "found": bool(found),
            "severity": found[0]["severity"] if found else 0, "score": report["score"], "suspected": report["suspected"],
            "grounds": found[0]["grounds"] if found else []}


def share(rows, key):
    return f"{sum(row[key] for row in rows)} / {len(rows)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guardian", type=pathlib.Path, default=ROOT / "build/release/bin/guardian")
    parser.add_argument("--calls", type=pathlib.Path, default=ROOT / "data/validation/repeating.jsonl")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="print what was found in each call")
    options = parser.parse_args()
    calls = [json.loads(line) for line in options.calls.read_text(encoding="utf8").splitlines()]
    judged = judged_as_written(options.guardian, [call["turns"] for call in calls])
    rows = [what_was_noticed(call, report) for call, report in zip(calls, judged)]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for repeats, name in ((True, "demand repeated"), (False, "other talk")):
        part = [row for row in rows if row["repeats"] == repeats]
        print(f"{name}: refusal noticed {share(part, 'refused')}, repetition found {share(part, 'found')}, "
              f"suspected {share(part, 'suspected')}")
    if options.show:
        for row in rows:
            print(row["id"], "repeats" if row["repeats"] else "other", row["severity"], row["score"], *row["grounds"], sep="  ")


if __name__ == "__main__":
    main()
