#!/usr/bin/env python3
"""What is reported of short plain words when nothing else is said in a call: every labelled line of data/validation/plain.jsonl is
the only thing its customer says. With --lines data/validation/amid-business.jsonl: of a rough phrase amid ordinary business.

usage: bench/plain_words.py [--guardian build/release/bin/guardian] [--lines FILE] [--json] [--show]
"""
import argparse
import collections
import json
import pathlib

from recognised_speech import ROOT, judged_as_written

GREETING = {"speaker": "employee", "text": "はい、お電話ありがとうございます。", "start": 0.0, "end": 3.0}


def turns_of(line):
    return [GREETING, {"speaker": "customer", "text": line["text"], "start": 3.5, "end": 7.0}]


def what_was_made_of(line, report):
    kind = line["category"] if line["category"] != "none" else line.get("slice", "none")
    return {"id": line["id"], "text": line["text"], "kind": kind, "harassment": line["category"] != "none",
            "found": bool(report["findings"]), "suspected": report["suspected"], "score": report["score"]}


def print_table(rows):
    for harassment, name in ((True, "harassment"), (False, "harmless")):
        kinds = collections.defaultdict(list)
        for row in rows:
            if row["harassment"] == harassment:
                kinds[row["kind"]].append(row)
                kinds[f"all {name}"].append(row)
        for kind, part in sorted(kinds.items()):
            print(f"{kind:26} found {sum(r['found'] for r in part):4} / {len(part):4}   "
                  f"suspected {sum(r['suspected'] for r in part):4}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guardian", type=pathlib.Path, default=ROOT / "build/release/bin/guardian")
    parser.add_argument("--lines", type=pathlib.Path, default=ROOT / "data/validation/plain.jsonl")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="print the lines that came out wrong")
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.lines.read_text(encoding="utf8").splitlines()]
    judged = judged_as_written(options.guardian, [turns_of(line) for line in lines])
    rows = [what_was_made_of(line, report) for line, report in zip(lines, judged)]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    print_table(rows)
    if options.show:
        for row in rows:
            if row["found"] != row["harassment"]:
                print(row["id"], row["kind"], row["score"], row["text"], sep="  ")


if __name__ == "__main__":
    main()
