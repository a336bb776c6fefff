#!/usr/bin/env python3
"""Rebuilds the sentence encoder tuned to customers' speech from the public one and what differs from it.

usage: scripts/merge_encoder.py ORIGINAL.bin LAYERS.bin RESULT.bin

LAYERS.bin, little endian: "E5L1", u32 number of ranges, SHA-256 of the original, SHA-256 of the result, then for each range in
rising order u64 offset, u64 length and the bytes. Everything else is the original's. Made by scripts/tune_encoder.py.
"""
import hashlib
import pathlib
import struct
import sys

MAGIC = b"E5L1"
HEADER = 72


def merge(original, layers):
    """The tuned file's bytes. ValueError where one of the files is not the expected one."""
    if layers[:4] != MAGIC:
        raise ValueError("not a layers file")
    if hashlib.sha256(original).digest() != layers[8:40]:
        raise ValueError("the layers belong to another encoder")
    result, position = bytearray(original), HEADER
    for _ in range(struct.unpack_from("<I", layers, 4)[0]):
        offset, length = struct.unpack_from("<QQ", layers, position)
        position += 16
        if offset + length > len(result) or position + length > len(layers):
            raise ValueError("a range lies outside the file")
        result[offset:offset + length] = layers[position:position + length]
        position += length
    if hashlib.sha256(result).digest() != layers[40:72]:
        raise ValueError("the result is not what it should be")
    return bytes(result)


def pack(original, result, gap=16):
    """Bytes of the layers file; changed ranges less than `gap` bytes apart are joined. Needs numpy, unlike merging."""
    import numpy as np
    if len(original) != len(result):
        raise ValueError("both files must have the same length")
    changed = np.flatnonzero(np.frombuffer(original, np.uint8) != np.frombuffer(result, np.uint8))
    cuts = np.flatnonzero(np.diff(changed) > gap)
    starts = changed[np.r_[0, cuts + 1]] if len(changed) else []
    ends = changed[np.r_[cuts, len(changed) - 1]] + 1 if len(changed) else []
    parts = [MAGIC, struct.pack("<I", len(starts)), hashlib.sha256(original).digest(), hashlib.sha256(result).digest()]
    for begin, end in zip(map(int, starts), map(int, ends)):
        parts += [struct.pack("<QQ", begin, end - begin), result[begin:end]]
    return b"".join(parts)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    original, layers, result = map(pathlib.Path, sys.argv[1:])
    result.write_bytes(merge(original.read_bytes(), layers.read_bytes()))


if __name__ == "__main__":
    main()
