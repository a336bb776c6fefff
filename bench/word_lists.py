#!/usr/bin/env python3
"""The plain union of the public lists of bad words against `guardian judge`: is a text harassing or not?

A text is flagged by the lists if it contains any of their words (NFKC, lower case, without white space). Measured on the labelled
utterances of data/test, and on the 437 web sentences of inspection-ai-toxic, which are rated for toxicity (toxic: more than half
of the raters said Toxic or Very Toxic) and are not customers' speech: neither side was made for the other's question.

usage: bench/word_lists.py [--guardian build/release/bin/guardian] [--shared ../shared] [--json]
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unicodedata

from intervals import bootstrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
LISTS = ["inappropriate-words-ja/Offensive.txt", "inappropriate-words-ja/Sexual.txt", "ldnoobw/ja", "open2ch/ng_words.txt"]


def normal(text):
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def read_lists(folder):
    return {word for name in LISTS for line in (folder / name).read_text(encoding="utf8").splitlines() if (word := normal(line))}


def read_utterances(file):
    lines = map(json.loads, file.read_text(encoding="utf8").splitlines())
    return [(line["text"], line["category"] != "none") for line in lines]


def is_toxic(row):
    votes = [int(row[level]) for level in ("Not Toxic", "Hard to Say", "Toxic", "Very Toxic")]
    return sum(votes[2:]) * 2 > sum(votes)


def read_web_sentences(file):
    with open(file, encoding="utf8", newline="") as table:
        return [(row["text"], is_toxic(row)) for row in csv.DictReader(table)]


def judge(guardian, texts):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf8") as lines:
        lines.writelines(json.dumps({"id": str(i), "text": text}, ensure_ascii=False) + "\n" for i, text in enumerate(texts))
        lines.flush()
        answer = subprocess.run([guardian, "judge", "--utterances", lines.name], check=True, capture_output=True, text=True)
    return [json.loads(line)["category"] != "none" for line in answer.stdout.splitlines()]


def f1(cases, which):
    """`cases` are (truth, lists, ours)."""
    right = sum(case[0] and case[which] for case in cases)
    wrong = sum(case[0] != case[which] for case in cases)
    return 2 * right / (2 * right + wrong) if right + wrong else 1.0


def share(cases, which):
    return round(sum(case[which] for case in cases) / len(cases), 4) if cases else 0.0


def measure(data, words, guardian):
    ours = judge(guardian, [text for text, _ in data])
    cases = [(truth, any(word in normal(text) for word in words), found) for (text, truth), found in zip(data, ours)]
    harassing, harmless = [c for c in cases if c[0]], [c for c in cases if not c[0]]
    sides = {name: {"f1": bootstrap(cases, lambda sample, which=which: f1(sample, which)),
                    "recall": share(harassing, which), "flagged_harmless": share(harmless, which)}
             for which, name in enumerate(("lists", "ours"), 1)}
    return {"size": len(cases), "positive": len(harassing), **sides,
            "difference": bootstrap(cases, lambda sample: f1(sample, 2) - f1(sample, 1))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guardian", type=pathlib.Path, default=ROOT / "build/release/bin/guardian")
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT / "../shared")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.shared / "eval/text"
    if not folder.is_dir():
        sys.exit(f"needs the word lists in {folder}, not present")
    words = read_lists(folder)
    result = {"words": len(words),
              "utterances": measure(read_utterances(ROOT / "data/test/utterances.jsonl"), words, options.guardian),
              "web_sentences": measure(read_web_sentences(folder / "inspection-ai-toxic/subset.csv"), words, options.guardian)}
    if options.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{result['words']} words")
    for name in ("utterances", "web_sentences"):
        row = result[name]
        print(f"{name} ({row['positive']} of {row['size']} positive): F1 lists {row['lists']['f1']}, ours {row['ours']['f1']}, "
              f"difference {row['difference']}")


if __name__ == "__main__":
    main()
