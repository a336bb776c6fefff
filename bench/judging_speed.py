#!/usr/bin/env python3
"""What judging costs beside recognising: ten minutes of synthetic calls, most of them harassing and without pauses, which is the
dearest that judging can meet. By the clock, and by the work of all cores, which a busy machine falsifies less. Each time is less
the loading of its models, measured by the same command on next to nothing; runs alternate, and medians are compared.

usage: bench/judging_speed.py [--guardian build/release/bin/guardian] [--runs 3] [--threads 2] [--json]
Exit code 1 where the goal is missed: judging takes at most 2 % of the time of recognising.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from against_faster_whisper import LENGTH_S, ROOT, run, ten_minutes

GOAL = 0.02
WALL, CORES = 0, 2  # of what `run` answers
NOTHING_SAID = {"turns": [{"speaker": "customer", "text": "はい", "start": 0, "end": 1}]}


def as_transcript(guardian, recording):
    """What is judged is what was recognised, not the cleaner script."""
    answer = subprocess.run([guardian, "transcribe", "--json", "--customer-channel", "right", recording], check=True,
                            capture_output=True, text=True).stdout
    return {"setting": "phone", "turns": [{"speaker": turn["speaker"], "text": turn["text"], "start": turn["start_s"],
                                           "end": turn["end_s"]} for turn in json.loads(answer)["transcript"]]}


def written(folder, name, transcript):
    file = folder / name
    file.write_text(json.dumps(transcript, ensure_ascii=False), encoding="utf8")
    return file


def commands(options, folder):
    recording = ten_minutes(options.calls, folder)
    silence = folder / "silence.wav"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "anullsrc=r=8000:cl=stereo", "-t", "2", silence],
                   check=True)
    transcript = as_transcript(options.guardian, recording)
    transcribe = [options.guardian, "transcribe", "--json", "--threads", options.threads]
    judge = [options.guardian, "analyze", "--json", "--transcript"]
    return len(transcript["turns"]), {
        "recognising": [*transcribe, recording], "loading_recogniser": [*transcribe, silence],
        "judging": [*judge, written(folder, "call.json", transcript)],
        "loading_judge": [*judge, written(folder, "nothing.json", NOTHING_SAID)]}


def costs(taken, measured):
    """Seconds per hour of calls and their ratio; `measured` says which of a run's figures are compared."""
    seconds = {name: statistics.median(run[measured] for run in runs) for name, runs in taken.items()}
    judging, recognising = (seconds["judging"] - seconds["loading_judge"],
                            seconds["recognising"] - seconds["loading_recogniser"])
    per_hour = 3600 / LENGTH_S
    return {"ratio": round(judging / recognising, 4), "judging_s_per_hour": round(judging * per_hour, 1),
            "recognising_s_per_hour": round(recognising * per_hour, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guardian", type=pathlib.Path, default=ROOT / "build/release/bin/guardian")
    parser.add_argument("--calls", type=pathlib.Path, default=ROOT / "../shared/data/calls")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
    with tempfile.TemporaryDirectory() as folder:
        turns, jobs = commands(options, pathlib.Path(folder))
        taken = {name: [] for name in jobs}
        for _ in range(options.runs):
            for name, command in jobs.items():
                taken[name].append(run(command, environment))
    result = {"turns": turns, "minutes": LENGTH_S / 60, "threads": options.threads, "runs": options.runs, "goal": GOAL,
              "wall": costs(taken, WALL), "cores": costs(taken, CORES)}
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        for name, row in (("wall clock", result["wall"]), ("all cores", result["cores"])):
            print(f"{name}: judging {row['judging_s_per_hour']} s, recognising {row['recognising_s_per_hour']} s per hour of calls: "
                  f"{row['ratio']:.1%}, goal {GOAL:.0%}")
        print(f"{turns} turns in {LENGTH_S / 60:.0f} minutes, {options.threads} threads, {options.runs} runs")
    sys.exit(0 if result["wall"]["ratio"] <= GOAL else 1)


if __name__ == "__main__":
    main()
