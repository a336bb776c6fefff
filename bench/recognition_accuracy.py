#!/usr/bin/env python3
"""Character error rate of `guardian transcribe` on the eight Common Voice clips of the evaluation material, as they are
and through a telephone: 300-3400 Hz, 8 kHz, mu-law.

usage: bench/recognition_accuracy.py [--guardian build/release/bin/guardian] [--clips FOLDER]
Exit code 1 where a goal is missed: 25 % clean, 28 % telephone.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parent.parent
TELEPHONE = "highpass=f=300,lowpass=f=3400"
GOALS = {"clean": 0.25, "telephone": 0.28}


def letters(text):
    """NFKC without punctuation, symbols and spaces, as Japanese character error rates are usually counted."""
    return [c for c in unicodedata.normalize("NFKC", text).lower() if unicodedata.category(c)[0] not in "PSZC"]


def edits(reference, heard):
    row = list(range(len(heard) + 1))
    for i, expected in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, found in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (expected != found))
    return row[-1]


def through_telephone(clip, folder):
    narrow = folder / clip.name
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", clip, "-af", TELEPHONE, "-ar", "8000",
                    "-c:a", "pcm_mulaw", narrow], check=True)
    return narrow


def transcribe(guardian, clip):
    answer = subprocess.run([guardian, "transcribe", "--json", clip], check=True, capture_output=True, text=True).stdout
    return "".join(utterance["text"] for utterance in json.loads(answer)["transcript"])


def measure(name, guardian, clips, show):
    wrong = total = 0
    for clip, text in clips:
        heard = transcribe(guardian, clip)
        mistakes = edits(letters(text), letters(heard))
        wrong, total = wrong + mistakes, total + len(letters(text))
        if show:
            print(f"  {mistakes:3d}/{len(letters(text)):3d}  {clip.name}\n    said:  {text}\n    heard: {heard}")
    rate = wrong / total
    print(f"{name}: CER {rate:.1%} ({wrong} of {total} characters, {len(clips)} clips), goal {GOALS[name]:.0%}: "
          f"{'met' if rate <= GOALS[name] else 'MISSED'}")
    return rate <= GOALS[name]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guardian", default=ROOT / "build/release/bin/guardian")
    parser.add_argument("--clips", type=pathlib.Path, default=ROOT / "../shared/eval/audio/common_voice_ja")
    parser.add_argument("--show", action="store_true", help="print what was said and what was heard")
    options = parser.parse_args()
    with open(options.clips / "transcripts.tsv", encoding="utf-8") as table:
        rows = list(csv.reader(table, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    clips = [(options.clips / file, text) for file, text in rows]
    with tempfile.TemporaryDirectory() as folder:
        narrow = [(through_telephone(clip, pathlib.Path(folder)), text) for clip, text in clips]
        met = [measure("clean", options.guardian, clips, options.show),
               measure("telephone", options.guardian, narrow, options.show)]
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
