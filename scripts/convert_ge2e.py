#!/usr/bin/env python3
"""Turns the speaker encoder of the wheel `resemblyzer` into a file that src/speech/speaker_encoder.cpp reads.

usage: convert_ge2e.py pretrained.pt OUTPUT_FOLDER

Needs the standard library only. The input is a PyTorch file of the old format: several pickles, then raw numbers.
A pickle can name any function to be called, so only the three that a tensor needs are known here; everything else is
refused. Writes ge2e.bin (little-endian 32-bit floats, row by row) and ge2e.json (name, shape and place of each tensor).
"""
import collections
import hashlib
import json
import os
import pickle
import struct
import sys

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
LARGEST_FILE = 64 << 20
LARGEST_TENSOR = 1 << 24
TENSORS = {
    **{f"lstm.weight_ih_l{layer}": (1024, 40 if layer == 0 else 256) for layer in range(3)},
    **{f"lstm.weight_hh_l{layer}": (1024, 256) for layer in range(3)},
    **{f"lstm.bias_ih_l{layer}": (1024,) for layer in range(3)},
    **{f"lstm.bias_hh_l{layer}": (1024,) for layer in range(3)},
    "linear.weight": (256, 256),
    "linear.bias": (256,),
}


class Refused(Exception):
    pass


class FloatStorage:
    """Stands for torch.FloatStorage; never called."""


def rebuild_tensor(storage, offset, shape, stride, *_):
    return ("tensor", storage, offset, tuple(shape), tuple(stride))


def rebuild_parameter(data, *_):
    return data


class TensorsOnly(pickle.Unpickler):
    KNOWN = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
        ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
        ("torch", "FloatStorage"): FloatStorage,
    }

    def find_class(self, module, name):
        try:
            return self.KNOWN[module, name]
        except KeyError:
            # Optimiser state and the like may name more; a stand-in that cannot do anything is enough for them.
            raise Refused(f"the file names {module}.{name}, which no tensor needs") from None

    def persistent_load(self, identity):
        kind, storage_type, key, _device, count, view = identity
        if kind != "storage" or storage_type is not FloatStorage or view is not None:
            raise Refused("the file holds something other than plain 32-bit tensors")
        if not isinstance(count, int) or not 0 < count <= LARGEST_TENSOR:
            raise Refused("a tensor has an impossible size")
        return ("storage", str(key), count)


def read_storages(file, keys):
    storages = {}
    for key in keys:
        (count,) = struct.unpack("<q", file.read(8))
        if not 0 < count <= LARGEST_TENSOR:
            raise Refused("a tensor has an impossible size")
        data = file.read(4 * count)
        if len(data) != 4 * count:
            raise Refused("the file ends too early")
        storages[str(key)] = data
    return storages


def read_model(path):
    if os.path.getsize(path) > LARGEST_FILE:
        raise Refused("the file is too large")
    with open(path, "rb") as file:
        if TensorsOnly(file).load() != MAGIC or TensorsOnly(file).load() != PROTOCOL:
            raise Refused("not a PyTorch file of the old format")
        if TensorsOnly(file).load().get("little_endian") is not True:
            raise Refused("not little-endian")
        state = TensorsOnly(file).load()["model_state"]
        storages = read_storages(file, TensorsOnly(file).load())
    tensors = {}
    for name, shape in TENSORS.items():
        _, (_, key, _count), offset, stored_shape, stride = state[name]
        contiguous = (shape[1], 1) if len(shape) == 2 else (1,)
        size = shape[0] * (shape[1] if len(shape) == 2 else 1)
        if stored_shape != shape or stride != contiguous or offset < 0:
            raise Refused(f"{name} has an unexpected shape")
        data = storages[key][4 * offset : 4 * (offset + size)]
        if len(data) != 4 * size:
            raise Refused(f"{name} is too short")
        tensors[name] = data
    return tensors


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        tensors = read_model(sys.argv[1])
    except (Refused, pickle.UnpicklingError, struct.error, KeyError, TypeError, ValueError, EOFError, AttributeError) as e:
        sys.exit(f"convert_ge2e: {sys.argv[1]}: {e}")
    header, blob = {}, b""
    for name, data in tensors.items():
        header[name] = {"shape": TENSORS[name], "offset": len(blob) // 4}
        blob += data
    os.makedirs(sys.argv[2], exist_ok=True)
    with open(os.path.join(sys.argv[2], "ge2e.bin"), "wb") as out:
        out.write(blob)
    with open(os.path.join(sys.argv[2], "ge2e.json"), "w", encoding="utf-8") as out:
        json.dump({"format": 1, "tensors": header, "sha256": hashlib.sha256(blob).hexdigest()}, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
