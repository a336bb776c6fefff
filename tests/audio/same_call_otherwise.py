#!/usr/bin/env python3
"""The same call recorded otherwise must be judged the same: louder, quieter, as MP3, as G.711, with the channels swapped and
with a harmless minute behind it, the call score moves by at most five points. Through the `guardian` program, on synthetic calls.

usage: tests/audio/same_call_otherwise.py --guardian PROGRAM [--shared FOLDER] [--calls d030,d054 | --all] [--json]
Exit code 1: a score moved further; 77: skipped, because the calls are not there.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BOUND = 5
# One harassing call, whose score leaves room above and below, and one harmless call.
CALLS = "d030,d054"
HARMLESS = "d056"
PCM = ["-c:a", "pcm_s16le"]
VARIANTS = {  # how ffmpeg makes it; the customer is on the right channel but where the channels are swapped
    "louder +6 dB": ["-af", "volume=6dB", *PCM],
    "quieter -12 dB": ["-af", "volume=-12dB", *PCM],
    "MP3 64 kbit/s": ["-b:a", "64k", "-f", "mp3"],
    "G.711 mu-law 8 kHz": ["-ar", "8000", "-c:a", "pcm_mulaw"],
    "channels swapped": ["-af", "pan=stereo|c0=c1|c1=c0", *PCM],
    "a harmless minute more": ["-filter_complex", "[0:a][1:a]concat=v=0:a=1", *PCM],
}


def make_variant(name, call, harmless, folder):
    target = folder / (f"{call.stem} {name}".replace("/", " ") + (".mp3" if "MP3" in name else ".wav"))
    inputs = ["-i", call, *(["-i", harmless] if "harmless" in name else [])]
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *inputs, *VARIANTS[name], target], check=True)
    return target


def scores(guardian, recordings, customer):
    """Score of each recording, in order; all in one run, since loading the models takes longer than listening to a minute."""
    if not recordings:
        return []
    answer = subprocess.run([guardian, "analyze", "--json", "--customer-channel", customer, *recordings], check=True,
                            capture_output=True, text=True).stdout
    return [json.loads(line)["score"] for line in answer.splitlines()]


def measure(guardian, calls, harmless, folder):
    names = [(call, name) for call in calls for name in VARIANTS]
    recordings = {key: make_variant(key[1], key[0], harmless, folder) for key in names}
    swapped = [key for key in names if key[1] == "channels swapped"]
    others = [key for key in names if key not in swapped]
    found = dict(zip([*calls, *others], scores(guardian, [*calls, *(recordings[key] for key in others)], "right")))
    found |= dict(zip(swapped, scores(guardian, [recordings[key] for key in swapped], "left")))
    return [{"call": call.stem, "score": found[call], "variant": name, "moved": found[call, name] - found[call]}
            for call, name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guardian", required=True, type=pathlib.Path)
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT / "../shared")
    parser.add_argument("--calls", default=CALLS)
    parser.add_argument("--all", action="store_true", help="every call there is, not only two")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.shared / "data/calls"
    if not folder.is_dir():
        print(f"skipped: needs the synthetic calls in {folder}, not present", file=sys.stderr)
        sys.exit(77)
    calls = sorted(folder.glob("*.wav")) if options.all else [folder / f"{name}.wav" for name in options.calls.split(",")]
    with tempfile.TemporaryDirectory() as work:
        rows = measure(options.guardian, calls, folder / f"{HARMLESS}.wav", pathlib.Path(work))
    if options.json:
        print(json.dumps({"bound": BOUND, "rows": rows}))
    else:
        for row in rows:
            print(f"{'ok    ' if abs(row['moved']) <= BOUND else 'FAILED'} {row['call']} {row['score']:3d} "
                  f"{row['moved']:+3d}  {row['variant']}")
    sys.exit(0 if all(abs(row["moved"]) <= BOUND for row in rows) else 1)


if __name__ == "__main__":
    main()
