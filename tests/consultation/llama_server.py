#!/usr/bin/env python3
"""A real OpenAI-compatible server, llama.cpp's, with a model of 2 MB that is made here. Prints its address.

usage: llama_server.py PACKAGE_FOLDER MODEL KEY
MODEL: settled   a bigram model; in the schema that it is held to it says {"turn":...,"category":"threat","probability":0.9}
       random    random weights: whatever the schema allows
"""
import os
import random
import struct
import sys
import tempfile

TEXT, LIST, NUMBER, WHOLE, SIGNED, FLAG = 8, 9, 6, 4, 5, 7  # value types of GGUF
TOKENS = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
WIDTH, HEADS, INNER = 288, 9, 32  # one dimension a token, rounded up to whole heads


def text(words):
    return struct.pack("<Q", len(words.encode())) + words.encode()


def item(kind, value):
    formats = {WHOLE: "<I", NUMBER: "<f", SIGNED: "<i", FLAG: "<B"}
    return text(value) if kind == TEXT else struct.pack(formats[kind], value)


def entry(key, kind, value, of=None):
    body = item(kind, value) if kind != LIST else struct.pack("<IQ", of, len(value)) + b"".join(item(of, v) for v in value)
    return text(key) + struct.pack("<I", kind) + body


def description():
    shape = {"context_length": 32768, "embedding_length": WIDTH, "block_count": 1, "feed_forward_length": INNER,
             "attention.head_count": HEADS, "vocab_size": len(TOKENS)}
    return [entry("general.architecture", TEXT, "llama"),
            *(entry(f"llama.{key}", WHOLE, value) for key, value in shape.items()),
            entry("llama.attention.layer_norm_rms_epsilon", NUMBER, 1e-5),
            entry("tokenizer.ggml.model", TEXT, "llama"),
            entry("tokenizer.ggml.tokens", LIST, TOKENS, TEXT),
            entry("tokenizer.ggml.scores", LIST, [0.0] * len(TOKENS), NUMBER),
            entry("tokenizer.ggml.token_type", LIST, [2, 3, 3] + [6] * 256, SIGNED),
            entry("tokenizer.ggml.add_space_prefix", FLAG, 0),
            entry("tokenizer.ggml.bos_token_id", WHOLE, 1),
            entry("tokenizer.ggml.eos_token_id", WHOLE, 2)]


def bigrams():
    """Logits of the next byte by the one before: no blanks, and from a colon over "0.9" to the end of the entry."""
    rows = [[0.0] * WIDTH for _ in TOKENS]
    for blank in " \t\n":
        rows[3 + ord(blank)] = [-5.0] * WIDTH
    for before, after in ['"t', "th", ":0", "0.", ".9", "9}"]:
        rows[3 + ord(after)][3 + ord(before)] = 3.0
    return rows


def weights(kind):
    chance = random.Random(7)
    one_hot = [[float(row == column) for column in range(WIDTH)] for row in range(len(TOKENS))]
    noise = [[chance.gauss(0, 1) for _ in range(WIDTH)] for _ in TOKENS]
    ones, square = [[1.0] * WIDTH], [[0.0] * WIDTH for _ in range(WIDTH)]
    narrow, wide = [[0.0] * WIDTH for _ in range(INNER)], [[0.0] * INNER for _ in range(WIDTH)]
    return {"token_embd.weight": one_hot, "output.weight": bigrams() if kind == "settled" else noise,
            "output_norm.weight": ones, "blk.0.attn_norm.weight": ones, "blk.0.ffn_norm.weight": ones,
            **{f"blk.0.attn_{part}.weight": square for part in ("q", "k", "v", "output")},
            "blk.0.ffn_gate.weight": narrow, "blk.0.ffn_up.weight": narrow, "blk.0.ffn_down.weight": wide}


def aligned(content):
    return content + b"\0" * (-len(content) % 32)


def write_model(path, kind):
    head, data, tensors = b"".join(description()), b"", weights(kind)
    for name, rows in tensors.items():
        sizes = [len(rows[0])] + ([len(rows)] if len(rows) > 1 else [])
        head += text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, 0, len(data))
        data += aligned(b"".join(struct.pack(f"<{len(row)}f", *row) for row in rows))
    with open(path, "wb") as file:
        file.write(aligned(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(description())) + head) + data)


def serve(folder, kind, key):
    sys.path.insert(0, folder)
    import xllamacpp

    with tempfile.TemporaryDirectory() as scratch:
        model = os.path.join(scratch, "model.gguf")
        write_model(model, kind)
        params = xllamacpp.CommonParams()
        params.model.path, params.hostnames, params.port = model, ["127.0.0.1"], 0
        params.n_ctx, params.n_parallel, params.n_gpu_layers = 32768, 1, 0
        params.warmup, params.api_keys = False, [key]
        # Several threads would spin while they wait for one another, which takes minutes on a busy machine.
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()  # until the test closes its end


serve(*sys.argv[1:])
