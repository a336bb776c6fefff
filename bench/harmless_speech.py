#!/usr/bin/env python3
"""False findings per hour on about an hour of harmless speech whose words nobody tuned anything on: every 14th of the polite booking
dialogues of ASDC and the 324 sentences for recitation of the ITA corpus (../shared/eval/text), spoken by bench/speak_calls.py and
recognised by the default model. Synthetic speech, and easy words: a customer who complains in earnest is not among them.

Every finding is a false one. Intervals of the rates are exact Poisson intervals.

usage: bench/harmless_speech.py [--guardian build/release/bin/guardian] [--shared ../shared] [--json] [--show]
The recordings stay in build/speech/harmless, so that the second run only recognises. Exit code 1 where the goal, one false finding
per hour, is missed.
"""
import argparse
import json
import pathlib
import sys

import speak_calls
from recognised_speech import PER_HOUR_GOAL, ROOT, error_rate, false_findings, reports, said_and_heard

RECORDINGS = ROOT / "build/speech/harmless"
ONE_DIALOGUE_IN = 14
SENTENCES_PER_CALL = 27
MARKS = str.maketrans("", "", "│▁ ")  # sentence and message ends of ASDC


def dialogue(name, turns):
    return {"id": name, "turns": [{"speaker": speaker, "text": text, "labels": []} for speaker, text in turns],
            "call": {"harassment": False}}


def booking_dialogues(folder):
    for file in sorted((folder / "asdc/data/main/dialog/text").glob("*.tsv"))[::ONE_DIALOGUE_IN]:
        turns = [line.split("\t") for line in file.read_text(encoding="utf8").splitlines() if "\t" in line]
        yield dialogue(f"asdc-{file.stem}", [("employee" if who.startswith("operator") else "customer", text.translate(MARKS))
                                             for who, text, *_ in turns])


def recited_sentences(folder):
    lines = (folder / "ita-corpus/recitation_transcript_utf8.txt").read_text(encoding="utf8").splitlines()
    sentences = [line.split(":", 1)[1].split(",")[0] for line in lines if ":" in line]
    for first in range(0, len(sentences), SENTENCES_PER_CALL):
        yield dialogue(f"ita-{first:03}", [("customer", text) for text in sentences[first:first + SENTENCES_PER_CALL]])


def measure(guardian, calls):
    """Reports in the order of the calls, and what was said and heard."""
    heard = reports(guardian, "--customer-channel", "right", *speak_calls.speak_calls(calls, RECORDINGS))
    scored = [{"id": call["id"], "suspected": report["suspected"], "duration_s": report["recording"]["duration_s"],
               "false": report["findings"]} for call, report in zip(calls, heard)]
    return scored, [pair for call, report in zip(calls, heard) for pair in said_and_heard(call, report)]


def summary(scored, pairs):
    return {"calls": len(scored), "suspected": sum(call["suspected"] for call in scored),
            "false_findings": false_findings(scored), "error_rate": error_rate(pairs)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guardian", type=pathlib.Path, default=ROOT / "build/release/bin/guardian")
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT / "../shared")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="print every false finding")
    options = parser.parse_args()
    folder = options.shared / "eval/text"
    if not folder.is_dir() or not speak_calls.is_possible():
        sys.exit(f"needs the texts in {folder}, and {speak_calls.NEEDS}")
    result, everything = {}, ([], [])
    for name, calls in (("bookings", list(booking_dialogues(folder))), ("sentences", list(recited_sentences(folder)))):
        scored, pairs = measure(options.guardian, calls)
        result[name] = summary(scored, pairs)
        everything = (everything[0] + scored, everything[1] + pairs)
    result["all"] = summary(*everything)
    if options.show:
        for call in everything[0]:
            for finding in call["false"]:
                print(f"{call['id']} {finding['category']} {finding['confidence']}: {finding['quote']}", file=sys.stderr)
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        for name, row in result.items():
            false = row["false_findings"]
            print(f"{name:9}: {false['count']} false findings in {false['minutes']} minutes, {false['per_hour']['value']} "
                  f"[{false['per_hour']['low']}, {false['per_hour']['high']}] an hour; {row['suspected']} of {row['calls']} suspected; "
                  f"{row['error_rate']['rate']:.1%} of characters wrong")
    sys.exit(0 if result["all"]["false_findings"]["per_hour"]["value"] <= PER_HOUR_GOAL else 1)


if __name__ == "__main__":
    main()
