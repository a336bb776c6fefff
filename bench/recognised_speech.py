#!/usr/bin/env python3
"""What recognition costs the judgement: the synthetic calls of ../shared/data/calls judged from their sound and, beside it, from
their gold transcripts; and false findings on harmless speech, also on the real recordings of ../shared/eval/audio.

A labelled phrase (harassing labels only; two labels on one phrase are one phrase) is found if a finding lies on it: of whatever
category, its time within half a second of the phrase's. A phrase's time is its share of the characters of its turn, whose true
start and end the calls carry. Phrases are counted in the calls labelled as harassment. A false finding is any finding on another
recording that lies on no labelled phrase. One of the recordings of ../shared/eval/audio does not say whether its voice is real.

usage: bench/recognised_speech.py [--guardian build/release/bin/guardian] [--shared ../shared] [--json] [--show] [--pairs FILE]
  --pairs FILE   also write what was said and heard, one line per call and speaker, for `guardian evaluate --degrade`
Exit code 1 where a goal is missed: 80 % of the phrases found, 1 false finding per hour.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from intervals import bootstrap, events_per_hour
from recognition_accuracy import edits, letters

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLERANCE_S = 0.5
NOT_HARASSMENT = {"legit_complaint", "customer_distress"}
RECALL_GOAL = 0.80
PER_HOUR_GOAL = 1.0


def reports(guardian, *arguments):
    answer = subprocess.run([guardian, "analyze", "--json", *arguments], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in answer.splitlines()]


def judged_as_written(guardian, calls):
    """Reports of calls that are only written down, a list of turns each, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / f"{number:05}.json" for number in range(len(calls))]
        for turns, file in zip(calls, files):
            file.write_text(json.dumps({"turns": turns}, ensure_ascii=False), encoding="utf8")
        return reports(guardian, "--transcript", *files)


def phrases(call):
    """Every labelled phrase of a call with its categories and its time."""
    found = {}
    for turn in call["turns"]:
        for label in turn["labels"]:
            if label["category"] in NOT_HARASSMENT:
                continue
            begin = turn["text"].index(label["span"])
            length_s = (turn["end"] - turn["start"]) / len(turn["text"])
            start_s = turn["start"] + begin * length_s
            phrase = found.setdefault((turn["start"], label["span"]), {
                "text": label["span"], "categories": set(), "start_s": start_s,
                "end_s": start_s + len(label["span"]) * length_s})
            phrase["categories"].add(label["category"])
    return list(found.values())


def lies_on(finding, phrase):
    return (finding["utterance"] >= 0 and finding["start_s"] < phrase["end_s"] + TOLERANCE_S and
            finding["end_s"] > phrase["start_s"] - TOLERANCE_S)


def score_call(call, report):
    """What was found of one call and what was found wrongly."""
    labelled = phrases(call)
    hits = [[finding for finding in report["findings"] if lies_on(finding, phrase)] for phrase in labelled]
    return {"id": call["id"], "harassment": call["call"]["harassment"], "suspected": report["suspected"],
            "duration_s": report["recording"]["duration_s"],
            "phrases": [{"text": phrase["text"], "found": bool(on), "categories": sorted(phrase["categories"]),
                         "same_category": any(f["category"] in phrase["categories"] for f in on)}
                        for phrase, on in zip(labelled, hits)],
            "false": [f for f in report["findings"] if not any(lies_on(f, phrase) for phrase in labelled)]}


def share(calls, key):
    flags = [phrase[key] for call in calls for phrase in call["phrases"]]
    return sum(flags) / len(flags) if flags else 1.0


def false_findings(calls):
    seconds = sum(call["duration_s"] for call in calls)
    count = sum(len(call["false"]) for call in calls)
    return {"count": count, "minutes": round(seconds / 60, 1), "per_hour": events_per_hour(count, seconds)}


def summary(scored):
    harassing = [call for call in scored if call["harassment"]]
    harmless = [call for call in scored if not call["harassment"]]
    return {"calls": len(harassing), "phrases": sum(len(call["phrases"]) for call in harassing),
            "recall": bootstrap(harassing, lambda calls: share(calls, "found")),
            "recall_same_category": bootstrap(harassing, lambda calls: share(calls, "same_category")),
            "suspected": sum(call["suspected"] for call in harassing),
            "harmless_calls": len(harmless), "harmless_suspected": sum(call["suspected"] for call in harmless),
            "false_findings": false_findings(harmless)}


def said_and_heard(call, report):
    for speaker in ("customer", "employee"):
        yield {"call": call["id"], "speaker": speaker,
               "said": "".join(turn["text"] for turn in call["turns"] if turn["speaker"] == speaker),
               "heard": "".join(turn["text"] for turn in report["transcript"] if turn["speaker"] == speaker)}


def error_rate(pairs):
    wrong = sum(edits(letters(pair["said"]), letters(pair["heard"])) for pair in pairs)
    return {"wrong": wrong, "characters": (total := sum(len(letters(pair["said"])) for pair in pairs)),
            "rate": round(wrong / total, 4)}


def measure(guardian, shared):
    sounds = sorted((shared / "data/calls").glob("*.wav"))
    texts = [sound.with_suffix(".json") for sound in sounds]
    calls = [json.loads(text.read_text(encoding="utf8")) for text in texts]
    heard = reports(guardian, "--customer-channel", "right", *sounds)
    read = reports(guardian, "--transcript", *texts)
    real = [{"id": report["recording"]["name"], "harassment": False, "suspected": report["suspected"], "phrases": [],
             "duration_s": report["recording"]["duration_s"], "false": report["findings"]}
            for report in reports(guardian, *sorted((shared / "eval/audio").glob("*/*.wav")))]
    return [pair for call, report in zip(calls, heard) for pair in said_and_heard(call, report)], {
        "recognised": [score_call(call, report) for call, report in zip(calls, heard)],
        "gold": [score_call(call, report) for call, report in zip(calls, read)], "real": real}


def show(scored):
    for name, calls in scored.items():
        for call in calls:
            for phrase in call["phrases"]:
                print(f"{name:10} {call['id']} {'found ' if phrase['found'] else 'MISSED'} {','.join(phrase['categories'])}: "
                      f"{phrase['text']}")
            for finding in call["false"] if not call["harassment"] else []:
                print(f"{name:10} {call['id']} FALSE  {finding['category']}: {finding['quote']}")


def print_summary(result):
    for name in ("gold", "recognised"):
        row = result[name]
        print(f"{name:10}: {row['recall']['value']:.1%} [{row['recall']['low']:.1%}, {row['recall']['high']:.1%}] of "
              f"{row['phrases']} phrases in {row['calls']} calls found, goal {RECALL_GOAL:.0%}; "
              f"{row['false_findings']['count']} false findings in {row['false_findings']['minutes']} harmless minutes")
    harmless = result["harmless_speech"]
    print(f"harmless speech, synthetic and real: {harmless['count']} false findings in {harmless['minutes']} minutes, "
          f"{harmless['per_hour']['value']} [{harmless['per_hour']['low']}, {harmless['per_hour']['high']}] an hour, "
          f"goal {PER_HOUR_GOAL:g}")
    print(f"characters wrong: {result['error_rate']['rate']:.1%} of {result['error_rate']['characters']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guardian", type=pathlib.Path, default=ROOT / "build/release/bin/guardian")
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT / "../shared")
    parser.add_argument("--pairs", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="print every phrase and every false finding")
    options = parser.parse_args()
    if not (options.shared / "data/calls").is_dir():
        sys.exit(f"needs the synthetic calls in {options.shared / 'data/calls'}, not present")
    pairs, scored = measure(options.guardian, options.shared)
    if options.pairs:
        options.pairs.write_text("".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs), encoding="utf8")
    harmless = [call for call in scored["recognised"] if not call["harassment"]]
    result = {"gold": summary(scored["gold"]), "recognised": summary(scored["recognised"]), "error_rate": error_rate(pairs),
              "real_recordings": false_findings(scored["real"]), "real_recordings_size": len(scored["real"]),
              "harmless_speech": false_findings(harmless + scored["real"])}
    if options.show:
        show(scored)
    if options.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        print_summary(result)
    sys.exit(0 if result["recognised"]["recall"]["value"] >= RECALL_GOAL and
             result["harmless_speech"]["per_hour"]["value"] <= PER_HOUR_GOAL else 1)


if __name__ == "__main__":
    main()
