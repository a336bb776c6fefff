#!/usr/bin/env python3
"""Our whole pipeline (`guardian analyze`) against faster-whisper on the same ten minutes of stereo calls: time and peak
memory as ratios, ours / theirs; below 1 we are faster or smaller.

Both run the same weights, beam 5, int8, on the same number of threads, each as a fresh process including the loading of its
model. faster-whisper runs with its voice activity filter and, as it always does, on the mix of both channels; we listen to
each channel by itself and also judge the call. Runs alternate, so that a busy machine hurts both; medians are compared.

usage: bench/against_faster_whisper.py [--guardian build/release/bin/guardian] [--runs 3] [--threads 2]
Exit code 1 where a goal is missed: time ratio 1.0, real-time factor 0.25.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
LENGTH_S = 600
TIME_GOAL = 1.0
REAL_TIME_GOAL = 0.25
THEIRS = """
import sys
from faster_whisper import WhisperModel
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=int(sys.argv[3]))
segments, _ = model.transcribe(sys.argv[2], language="ja", beam_size=5, vad_filter=True)
print(sum(len(segment.text) for segment in segments), "characters")
"""


def prepare_venv(folder):
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    if subprocess.run([python, "-c", "import faster_whisper"], capture_output=True).returncode != 0:
        subprocess.run([folder / "bin/pip", "install", "--quiet", "faster-whisper==1.2.1"], check=True)
    return python


def ten_minutes(calls, folder):
    """The calls one after the other, and again from the first if they are shorter than ten minutes."""
    names = sorted(calls.glob("*.wav"))
    if not names:
        sys.exit(f"no recordings in {calls}")
    listing = folder / "calls.txt"
    listing.write_text("".join(f"file '{name.resolve()}'\n" for name in names * 8), encoding="utf-8")
    recording = folder / "ten_minutes.wav"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-f", "concat", "-safe", "0", "-i", listing, "-t", str(LENGTH_S),
                    "-c:a", "pcm_mulaw", recording], check=True)
    return recording


def run(command, environment):
    """Seconds, peak memory in MB and seconds of all cores together, of one process."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as messages:
        begun = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=messages, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            messages.seek(0)
            sys.exit(f"{command[0]} failed: {messages.read().decode(errors='replace')}")
    return seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guardian", type=pathlib.Path, default=ROOT / "build/release/bin/guardian")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / ".deps/models/whisper-base")
    parser.add_argument("--calls", type=pathlib.Path, default=ROOT / "../shared/data/calls")
    parser.add_argument("--venv", type=pathlib.Path, default=ROOT / "build/bench-venv")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    python = prepare_venv(options.venv)
    environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        recording = ten_minutes(options.calls, pathlib.Path(folder))
        for number in range(1, options.runs + 1):
            ours.append(run([options.guardian, "analyze", "--json", "--threads", options.threads, recording], environment))
            theirs.append(run([python, "-c", THEIRS, options.model, recording, options.threads], environment))
            print(f"run {number}: guardian {ours[-1][0]:.1f} s, {ours[-1][1]:.0f} MB; "
                  f"faster-whisper {theirs[-1][0]:.1f} s, {theirs[-1][1]:.0f} MB", flush=True)
    seconds, memory, _ = (statistics.median(column) for column in zip(*ours))
    their_seconds, their_memory, _ = (statistics.median(column) for column in zip(*theirs))
    ratio, real_time = seconds / their_seconds, seconds / LENGTH_S
    print(f"time ratio   {ratio:.2f}  ({seconds:.1f} s / {their_seconds:.1f} s), goal {TIME_GOAL:.2f}")
    print(f"memory ratio {memory / their_memory:.2f}  ({memory:.0f} MB / {their_memory:.0f} MB)")
    print(f"real-time factor {real_time:.3f}, goal {REAL_TIME_GOAL:.2f}; faster-whisper {their_seconds / LENGTH_S:.3f}")
    sys.exit(0 if ratio <= TIME_GOAL and real_time <= REAL_TIME_GOAL else 1)


if __name__ == "__main__":
    main()
