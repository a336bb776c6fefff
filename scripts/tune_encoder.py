#!/usr/bin/env python3
"""Fine-tune the 4-bit multilingual-e5-small of e5.c as a detector of customer harassment.

    scripts/tune_encoder.py --e5 DIR --shared DIR --own DIR --validation DIR --out DIR [options]

Not part of set-up, training or CI: its result is committed as models/customer-speech/encoder-layers.bin. In a virtual environment:
pip install jax optax numpy scikit-learn

--e5 holds e5.c, e5.h and e5-small-q4.bin; --shared holds utterances.jsonl and dev.jsonl;
--own holds utterances-*.jsonl and dialogues*.jsonl; --heard names what bench_mishear made of the training lines, a file for each
seed. The committed encoder was made with three of them and --epochs 3. The script

1. builds e5.c with an extra exported tokeniser and reads the 4-bit file,
2. checks a JAX forward pass against e5_embed,
3. trains the upper layers with the weights rounded to the 4-bit grid in every step (the gradient
   passes straight through), with two heads on the L2-normalised embedding,
4. writes e5-tuned-q4.bin (read by e5.c unchanged), e5-tuned-layers.bin (only the changed bytes,
   see merge_encoder.py) and heads.npz,
5. reports the validation figures, first of the float model, then of the written file through e5.c.

Validation, never trained on: utterances*.jsonl of --validation, utterances of --shared whose number is divisible by 5 and
dialogues whose number is divisible by 4. Needs jax, optax, numpy, scikit-learn and a C compiler.
"""
import argparse
import ctypes
import glob
import hashlib
import json
import os
import random
import re
import struct
import subprocess
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_recall_curve

import merge_encoder

QK = 32                                   # weights in a 4-bit block
HEADS, EPS = 12, None                     # EPS is read from the file
BUCKETS = (16, 24, 32, 48, 96)            # padded lengths
CATEGORIES = """none verbal_abuse personal_insult threat intimidation physical_violence dogeza_demand
repetitive_contact time_restraint refusal_to_leave discrimination sexual_harassment privacy_intrusion stalking
sns_exposure authority_leverage offsite_summon punishment_demand business_obstruction monetary_demand
excessive_service_demand apology_demand""".split()
JOINED = 0.12                             # share of lines that get a harmless neighbour
MISHEARD = 0.4                            # share of lines learnt as misheard
DROPOUT = 0.1
CATEGORY_LOSS = 0.8                       # beside a loss of 1 for harassment or not
HARMLESS_LABELS = {"legit_complaint", "customer_distress"}
MATRICES = {"q": "q", "k": "k", "v": "v", "ao": "ao", "fi": "fi", "fo": "fo"}
TOKENISE_C = """
#include "e5.c"
int e5_tokenise(e5_model *m, const char *text, int *ids, int cap) {
    size_t n = strlen(text);
    char *buf = malloc(n + 8);
    memcpy(buf, "query: ", 7); memcpy(buf + 7, text, n + 1);
    int c = tok_content(&m->tok, buf, ids + 1, cap - 2);
    ids[0] = m->tok.bos; ids[c + 1] = m->tok.eos;
    free(buf);
    return c + 2;
}
"""


# ------------------------------------------------------------------ e5.c
class Engine:
    """e5.c with one model file."""

    def __init__(self, library, model):
        self.lib = ctypes.CDLL(library)
        self.lib.e5_load.restype = ctypes.c_void_p
        self.lib.e5_load.argtypes = [ctypes.c_char_p]
        self.lib.e5_embed_batch.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int,
                                            ctypes.c_void_p]
        self.lib.e5_tokenise.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int]
        self.model = self.lib.e5_load(model.encode())
        assert self.model

    def embed(self, texts):
        out = np.zeros((len(texts), 384), np.float32)
        for i in range(0, len(texts), 256):
            part = [t.encode() for t in texts[i:i + 256]]
            self.lib.e5_embed_batch(self.model, (ctypes.c_char_p * len(part))(*part), len(part), 1,
                                    out[i:].ctypes.data)
        return out

    def tokens(self, text):
        ids = np.zeros(BUCKETS[-1], np.int32)
        return ids[:self.lib.e5_tokenise(self.model, text.encode(), ids.ctypes.data, len(ids))]


def build_engine(source, out):
    path, lib = os.path.join(out, "e5_tokenise.c"), os.path.join(out, "libe5t.so")
    open(path, "w").write(TOKENISE_C)
    subprocess.run(["cc", "-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-fopenmp", "-shared",
                    "-fPIC", "-I", source, path, "-o", lib, "-lm"], check=True)
    return lib


# ------------------------------------------------------------------ file format
def read_directory(data):
    """{tensor name: (dtype, count, offset, bytes)} and the layer-norm epsilon."""
    assert data[:4] == b"E5S1"
    eps, = struct.unpack_from("<f", data, 36)
    p = 44
    pieces, _, _, _, _, blob = struct.unpack_from("<5iQ", data, p)
    p += 28 + (pieces + 1) * 4 + pieces * 4 + blob
    _, norm = struct.unpack_from("<iI", data, p)
    p += 8 + norm
    count, = struct.unpack_from("<i", data, p)
    p += 4
    tensors = {}
    for _ in range(count):
        n, = struct.unpack_from("<H", data, p)
        name = data[p + 2:p + 2 + n].decode()
        tensors[name] = struct.unpack_from("<BIQQ", data, p + 2 + n)
        p += 2 + n + 21
    return tensors, eps


def read_float(data, entry):
    return np.frombuffer(data, np.float32, entry[3] // 4, entry[2]).copy()


def read_blocks(data, entry):
    """4-bit blocks: fp16 scale, then 16 bytes; byte j holds weight j (low) and j + 16 (high), each minus 8."""
    raw = np.frombuffer(data, np.uint8, entry[3], entry[2]).reshape(-1, 18)
    scale = raw[:, :2].copy().view(np.float16)[:, 0].astype(np.float32)
    nibbles = np.concatenate([raw[:, 2:] & 15, raw[:, 2:] >> 4], 1).astype(np.float32) - 8
    return nibbles, scale


def write_blocks(q, scale):
    """The bytes of integer weights q (-8..7, rows of 32) with their scales."""
    n = (q + 8).astype(np.uint8)
    raw = np.empty((len(n), 18), np.uint8)
    raw[:, :2] = scale.astype(np.float16)[:, None].view(np.uint8)
    raw[:, 2:] = n[:, :16] | (n[:, 16:] << 4)
    return raw.tobytes()


def load_model(data):
    """Embedding tables, and the layers as {matrix: {w, d, b}, layer norms}; w holds rows of 32 weights."""
    global EPS
    tensors, EPS = read_directory(data)
    q, d = read_blocks(data, tensors["emb.word"])
    emb = {"q": q.astype(np.int8).reshape(-1, 384), "d": d.reshape(-1, 384 // QK)}
    emb.update({k: read_float(data, tensors["emb." + k]) for k in ("type", "ln.w", "ln.b")})
    emb["type"], emb["pos"] = emb["type"][:384], read_float(data, tensors["emb.pos"]).reshape(-1, 384)
    layers = []
    for i in range(12):
        layer = {}
        for m in MATRICES:
            q, d = read_blocks(data, tensors[f"l{i}.{m}.w"])
            d = np.where(d == 0, 1e-6, d).astype(np.float32)
            layer[m] = {"w": q * d[:, None], "d": d, "b": read_float(data, tensors[f"l{i}.{m}.b"])}
        for n in ("aln.w", "aln.b", "oln.w", "oln.b"):
            layer[n] = read_float(data, tensors[f"l{i}.{n}"])
        layers.append(layer)
    return emb, layers


def integer_weights(matrix):
    return np.clip(np.round(np.asarray(matrix["w"]) / np.asarray(matrix["d"])[:, None]), -8, 7)


def write_model(data, layers, first):
    """The file with layers first..11 replaced."""
    out, (tensors, _) = bytearray(data), read_directory(data)

    def put(name, raw):
        _, _, offset, size = tensors[name]
        assert len(raw) == size
        out[offset:offset + size] = raw
    for i in range(first, 12):
        for m in MATRICES:
            put(f"l{i}.{m}.w", write_blocks(integer_weights(layers[i][m]), np.asarray(layers[i][m]["d"])))
            put(f"l{i}.{m}.b", np.asarray(layers[i][m]["b"], np.float32).tobytes())
        for n in ("aln.w", "aln.b", "oln.w", "oln.b"):
            put(f"l{i}.{n}", np.asarray(layers[i][n], np.float32).tobytes())
    return bytes(out)


# ------------------------------------------------------------------ forward pass
def straight_through(value, rounded):
    return value + jax.lax.stop_gradient(rounded - value)


def dense(x, p):
    """x W' + b with W on the 4-bit grid; the gradient reaches the float weights and the scales."""
    d = p["d"][:, None]
    u = jnp.clip(p["w"] / d, -8, 7)
    w = (straight_through(u, jnp.round(u)) * d).reshape(p["b"].shape[0], -1)
    return x @ w.T + p["b"]


def layer_norm(x, w, b):
    mean = x.mean(-1, keepdims=True)
    var = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(var + EPS) * w + b


def drop(x, key):
    return x if key is None else x * jax.random.bernoulli(key, 1 - DROPOUT, x.shape) / (1 - DROPOUT)


def encoder_layer(x, mask, p, key=None):
    keys = (None, None) if key is None else jax.random.split(key)
    b, n, h = x.shape
    split = lambda t: t.reshape(b, n, HEADS, h // HEADS).transpose(0, 2, 1, 3)
    q, k, v = (split(dense(x, p[m])) for m in "qkv")
    score = q @ k.transpose(0, 1, 3, 2) / np.sqrt(h // HEADS) + (mask[:, None, None, :] - 1) * 1e9
    ctx = (jax.nn.softmax(score) @ v).transpose(0, 2, 1, 3).reshape(b, n, h)
    x = layer_norm(x + drop(dense(ctx, p["ao"]), keys[0]), p["aln.w"], p["aln.b"])
    mid = jax.nn.gelu(dense(x, p["fi"]), approximate=False)
    return layer_norm(x + drop(dense(mid, p["fo"]), keys[1]), p["oln.w"], p["oln.b"])


def encode(emb_rows, mask, emb, layers, first_trained=12, key=None):
    """L2-normalised embeddings of word vectors [batch, length, 384]; with a key, dropout in the trained layers."""
    x = layer_norm(emb_rows + emb["pos"][:emb_rows.shape[1]] + emb["type"], emb["ln.w"], emb["ln.b"])
    for i, p in enumerate(layers):
        x = encoder_layer(x, mask, p, None if key is None or i < first_trained else jax.random.fold_in(key, i))
    x = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return x / jnp.linalg.norm(x, axis=1, keepdims=True)


def word_vectors(table, ids):
    q, d = table["q"][ids], table["d"][ids]
    return (q.reshape(*ids.shape, -1, QK) * d[..., None]).reshape(*ids.shape, -1).astype(np.float32)


def pad(rows):
    longest = max(map(len, rows))
    n = next(b for b in BUCKETS if b >= longest)
    ids, mask = np.ones((len(rows), n), np.int32), np.zeros((len(rows), n), np.float32)
    for i, row in enumerate(rows):
        ids[i, :len(row)], mask[i, :len(row)] = row, 1
    return ids, mask


# ------------------------------------------------------------------ data
def read_lines(path):
    return [json.loads(line) for line in open(path, encoding="utf-8") if line.strip()]


def number(item):
    return int(re.sub(r"\D", "", item["id"]))


def plain(text):
    """As a recogniser writes it: no quotation marks and no full stops."""
    text = re.sub("[「」『』]", "", text)
    return re.sub("[。.]+", "、", text).strip("、 ")


def turns(dialogues):
    for dialogue in dialogues:
        for turn in dialogue["turns"]:
            if turn["speaker"] != "customer":
                continue
            labels = [x for x in turn["labels"] if x["category"] not in HARMLESS_LABELS]
            best = max(labels, key=lambda x: x["severity"], default={"category": "none"})
            if plain(turn["text"]):
                yield {"text": turn["text"], "category": best["category"], "kind": "turn"}


def load_data(shared, own, validation):
    """(training, validation utterances, validation turns)."""
    lines, dev = read_lines(shared + "/utterances.jsonl"), read_lines(shared + "/dev.jsonl")
    train = [x for x in lines if number(x) % 5]
    for path in sorted(glob.glob(own + "/utterances-*.jsonl")):
        train += read_lines(path)
    train += turns(x for x in dev if number(x) % 4)
    for path in sorted(glob.glob(own + "/dialogues*.jsonl")):
        train += turns(read_lines(path))
    valid = [x for path in sorted(glob.glob(validation + "/utterances*.jsonl")) for x in read_lines(path)]
    valid += [x for x in lines if number(x) % 5 == 0]
    return train, valid, list(turns(x for x in dev if number(x) % 4 == 0))


SPELLINGS = [p.split("/") for p in """私/わたし 言/い 下さい/ください 事/こと 時/とき 何/なに 今/いま 出来/でき 分か/わか 来/き 行/い
お前/おまえ 貴様/きさま 殺/ころ 死/し 謝/あやま 誠意/せいい 名前/なまえ 電話/でんわ 店/みせ 家/うち 子/こ 待/ま 見/み 聞/き 良/よ 悪/わる
全部/ぜんぶ 土下座/どげざ 会社/かいしゃ 責任/せきにん 人/ひと 馬鹿/ばか バカ/ばか クビ/首 ネット/ねっと""".split()]


def augment(text, rng):
    """Noise of a recogniser: commas, particles, kana for kanji, a lost sound."""
    if rng.random() < 0.5:
        text = plain(text)
    if rng.random() < 0.4:
        p = rng.choice((0.5, 1.0))
        text = "".join(c for c in text if c not in "、，" or rng.random() > p)
    if rng.random() < 0.3:
        at = [m.start() for m in re.finditer("[がをはにも](?=[^、ぁ-ん])", text)]
        if at:
            i = rng.choice(at)
            text = text[:i] + text[i + 1:]
    if rng.random() < 0.3:
        known = [(a, b) for a, b in SPELLINGS if a in text]
        if known:
            a, b = rng.choice(known)
            text = text.replace(a, b, 1)
    if rng.random() < 0.1 and len(text) > 12:
        i = rng.randrange(1, len(text) - 1)
        text = text[:i] + text[i + 1:]
    if rng.random() < 0.1:
        text = rng.choice(("あの、", "えっと、", "だから", "いや、", "あのさ、", "ですから、")) + text
    return text


def lengthen(item, harmless, rng):
    """Now and then a harmless line before or after, as in a long turn; what the line is stays the same."""
    if rng.random() > JOINED:
        return item["text"]
    other = rng.choice(harmless)["text"]
    if len(other) + len(item["text"]) > 110:
        return item["text"]
    return "、".join(rng.sample([plain(other), item["text"]], 2))


def read_heard(paths):
    """What each text may be heard as."""
    heard = {}
    for path in paths:
        for line in read_lines(path):
            if line["text"] != line["heard"]:
                heard.setdefault(line["text"], []).append(line["heard"])
    return heard


def mishear(item, heard, rng):
    ways = heard.get(item["text"])
    return {**item, "text": rng.choice(ways)} if ways and rng.random() < MISHEARD else item


def batches(items, heard, engine, rng, size):
    """One epoch of (ids, mask, items), lines of about the same length together."""
    harmless = [x for x in items if x["category"] == "none"]
    rows = [(engine.tokens(augment(lengthen(mishear(x, heard, rng), harmless, rng), rng)), x) for x in items]
    rng.shuffle(rows)
    rows.sort(key=lambda r: len(r[0]) + rng.random() * 3)
    groups = [rows[i:i + size] for i in range(0, len(rows) - size + 1, size)]
    rng.shuffle(groups)
    for group in groups:
        ids, mask = pad([r[0] for r in group])
        yield ids, mask, [r[1] for r in group]


# ------------------------------------------------------------------ training
def weight(item):
    return {"hard_negative": 1.5, "indirect": 1.2}.get(item["kind"], 1.0)


def targets(items):
    return (np.array([CATEGORIES.index(x["category"]) for x in items]),
            np.array([weight(x) for x in items], np.float32))


def initial_heads(vectors, items):
    """Linear probes of the untouched encoder; the vectors are centred and scaled first."""
    y, w = targets(items)
    mean, scale = vectors.mean(0), 1 / vectors.std()
    x = (vectors - mean) * scale
    binary = LogisticRegression(C=0.01, max_iter=300).fit(x, y > 0, w)
    multi = LogisticRegression(C=0.01, max_iter=300).fit(x, y, w)
    heads = {"bw": binary.coef_[0], "bb": binary.intercept_[0], "mw": multi.coef_.T, "mb": multi.intercept_}
    return {k: jnp.asarray(v, jnp.float32) for k, v in heads.items()}, (mean, scale)


def logits(heads, centre, vectors):
    x = (vectors - centre[0]) * centre[1]
    return x @ heads["bw"] + heads["bb"], x @ heads["mw"] + heads["mb"]


def make_step(emb, centre, rates, schedule, total):
    small = {k: jnp.asarray(emb[k]) for k in ("pos", "type", "ln.w", "ln.b")}
    is_matrix = lambda tree: jax.tree_util.tree_map_with_path(lambda k, _: k[-1] == jax.tree_util.DictKey("w"), tree)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(b2=0.98),
                            optax.add_decayed_weights(0.01, is_matrix))

    def loss(params, fixed, rows, mask, y, w, key):
        x = encode(rows, mask, small, fixed + params["layers"], len(fixed), key)
        x = centre[0] + (x - centre[0]) * jax.random.bernoulli(key, 0.9, x.shape) / 0.9
        binary, multi = logits(params["heads"], centre, x)
        t = jnp.where(y > 0, 0.97, 0.03)
        soft = optax.smooth_labels(jax.nn.one_hot(y, len(CATEGORIES)), 0.1)
        each = optax.sigmoid_binary_cross_entropy(binary, t) + CATEGORY_LOSS * optax.softmax_cross_entropy(multi, soft)
        return (each * w).sum() / w.sum()

    @jax.jit
    def step(params, state, fixed, rows, mask, y, w, i):
        key = jax.random.fold_in(jax.random.PRNGKey(0), i)
        value, grad = jax.value_and_grad(loss)(params, fixed, rows, mask, y, w, key)
        updates, state = optimiser.update(grad, state, params)
        lr = schedule(i / total)
        params = jax.tree.map(lambda p, u, r: p - lr * r * u, params, updates, rates)
        return params, state, value
    return optimiser, step


def rate_tree(params, first, decay, head_rate, scale_rate):
    """Factor of the learning rate for every leaf: lower layers and block scales move less."""
    def rate(path, _):
        if path[0].key == "heads":
            return head_rate
        factor = decay ** (11 - first - path[1].idx)
        return factor * (scale_rate if path[-1].key == "d" else 1.0)
    return jax.tree_util.tree_map_with_path(rate, params)


def make_encoder(emb, layers):
    small = {k: jnp.asarray(emb[k]) for k in ("pos", "type", "ln.w", "ln.b")}
    run = jax.jit(lambda rows, mask, layers: encode(rows, mask, small, layers))
    return lambda ids, mask: np.asarray(run(word_vectors(emb, ids), mask, layers))


def encode_all(items, engine, encoder, size=32):
    """Embeddings in the order of the items."""
    rows = [engine.tokens(plain(x["text"])) for x in items]
    order = np.argsort([len(r) for r in rows], kind="stable")
    out = np.zeros((len(rows), 384), np.float32)
    for i in range(0, len(rows), size):
        part = order[i:i + size]
        ids, mask = pad([rows[j] for j in part] + [rows[part[-1]]] * (size - len(part)))
        out[part] = encoder(ids, mask)[:len(part)]
    return out


def train(args, emb, layers, heads, centre, items, heard, engine, check):
    first = 12 - args.layers
    fixed = jax.tree.map(jnp.asarray, layers[:first])
    params = {"layers": jax.tree.map(jnp.asarray, layers[first:]), "heads": heads}
    rng = random.Random(args.seed)
    total = args.epochs * (len(items) // args.batch)
    schedule = lambda t: args.rate * jnp.minimum(t / 0.08, 0.5 * (1 + jnp.cos(jnp.pi * jnp.clip(t, 0, 1))) + 0.02)
    rates = rate_tree(params, first, args.decay, 5.0, args.scale_rate)
    optimiser, step = make_step(emb, centre, rates, schedule, total)
    state, i, began, losses = optimiser.init(params), 0, time.time(), []
    for epoch in range(args.epochs):
        for ids, mask, part in batches(items, heard, engine, rng, args.batch):
            y, w = targets(part)
            params, state, value = step(params, state, fixed, word_vectors(emb, ids), mask, y, w, float(i))
            losses.append(float(value))
            i += 1
            if i % 20 == 0:
                print(f"step {i}/{total} loss {np.mean(losses[-20:]):.4f} {time.time() - began:.0f} s", flush=True)
        save(args.out, f"checkpoint-{epoch + 1}.npz", params)
        check(layers[:first] + jax.tree.map(np.asarray, params["layers"]), params["heads"], f"epoch {epoch + 1}")
    return layers[:first] + jax.tree.map(np.asarray, params["layers"]), params["heads"]


def save(out, name, params):
    flat = {jax.tree_util.keystr(k): np.asarray(v) for k, v in jax.tree_util.tree_leaves_with_path(params)}
    np.savez(os.path.join(out, name), **flat)


# ------------------------------------------------------------------ figures
def figures(score, choice, items):
    """Validation figures of harassment scores (0..1) and of the best harassment category of each line."""
    y = np.array([x["category"] != "none" for x in items])
    kind = np.array([x["kind"] for x in items])
    hard, ordinary = score[kind == "hard_negative"], score[kind == "ordinary"]
    limit = np.sort(hard)[::-1][int(0.05 * len(hard))]        # flagged: strictly above
    flagged = score > limit
    precision, recall, at = precision_recall_curve(y, score)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    best = at[min(int(f1.argmax()), len(at) - 1)]
    truth = [CATEGORIES.index(x["category"]) for x in items]
    named = np.where(score >= 0.5, choice, 0)
    return {"f1": f1_score(y, score >= 0.5), "hard@0.5": (hard >= 0.5).mean(), "recall@5%": flagged[y].mean(),
            "indirect@5%": flagged[kind == "indirect"].mean(), "direct@5%": flagged[kind == "direct"].mean(),
            "ordinary@5%": (ordinary > limit).mean(), "hard@5%": (hard > limit).mean(), "threshold@5%": limit,
            "best_f1": f1.max(), "best_f1_hard": (hard >= best).mean(), "best_f1_at": best,
            "macro_f1_21": f1_score(truth, named, labels=range(1, 22), average="macro", zero_division=0)}


def show_parts(name, score, choice, items):
    """Figures of both validation parts."""
    for part, own in (("own", True), ("shared", False)):
        at = [i for i, x in enumerate(items) if x["id"].startswith("w") == own]
        if at:
            show(f"{name}, {part} part", figures(score[at], choice[at], [items[i] for i in at]))


def show_misheard(name, score, heard_score, items, misheard):
    """Recall and false alarms as misheard, from the score that lets 5 % of the written hard negatives through."""
    limit = figures(score, np.zeros(len(items), int), items)["threshold@5%"]
    harassing = np.array([x["category"] != "none" for x in misheard])
    found = heard_score > limit
    show(f"{name}, misheard", {"recall@5%": found[harassing].mean(), "flagged": found[~harassing].mean()})


def show(name, result):
    print(f"{name}: " + " ".join(f"{k} {v:.3f}" for k, v in result.items()), flush=True)


def head_scores(heads, centre, vectors):
    binary, multi = logits(jax.tree.map(np.asarray, heads), centre, vectors)
    return 1 / (1 + np.exp(-binary)), multi[:, 1:].argmax(1) + 1


def turn_f1(score, items):
    return f1_score([x["category"] != "none" for x in items], score >= 0.5)


# ------------------------------------------------------------------ main
def verify_forward(engine, encoder, items):
    some = items[:20]
    mine = encode_all(some, engine, encoder)
    cosine = (mine * engine.embed([plain(x["text"]) for x in some])).sum(1)
    print(f"forward pass against e5_embed: cosine min {cosine.min():.5f} mean {cosine.mean():.5f}", flush=True)
    assert cosine.min() > 0.99


def export(args, data, layers, heads, centre):
    tuned = write_model(data, layers, 12 - args.layers)
    for name, raw in (("e5-tuned-q4.bin", tuned), ("e5-tuned-layers.bin", merge_encoder.pack(data, tuned))):
        open(os.path.join(args.out, name), "wb").write(raw)
        print(hashlib.sha256(raw).hexdigest(), len(raw), name)
    assert merge_encoder.merge(data, merge_encoder.pack(data, tuned)) == tuned
    np.savez(os.path.join(args.out, "heads.npz"), mean=centre[0], scale=centre[1], categories=CATEGORIES,
             **{k: np.asarray(v) for k, v in heads.items()})


def report_file(args, library, heads, centre, valid, valid_turns):
    """Figures of the written file through e5.c."""
    engine = Engine(library, os.path.join(args.out, "e5-tuned-q4.bin"))
    embed = lambda items: engine.embed([plain(x["text"]) for x in items])
    b, c = embed(valid), embed(valid_turns)
    show_parts("file, trained heads", *head_scores(heads, centre, b), valid)
    print(f"file, trained heads, turns: f1 {turn_f1(head_scores(heads, centre, c)[0], valid_turns):.3f}")


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("e5", "shared", "own", "validation", "out"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--heard", nargs="*", default=[], help="what bench_mishear wrote of the training lines")
    p.add_argument("--heard-validation", nargs="*", default=[], help="and of the validation lines")
    p.add_argument("--layers", type=int, default=8, help="upper layers to train")
    p.add_argument("--epochs", type=int, default=4)
    p.add_argument("--rate", type=float, default=3e-4)
    p.add_argument("--scale-rate", type=float, default=0.05, help="factor for the block scales")
    p.add_argument("--decay", type=float, default=0.9, help="factor of the rate from one layer to the one below")
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--limit", type=int, help="train on this many lines only (quick check)")
    return p.parse_args()


def main():
    args = arguments()
    began = time.time()
    os.makedirs(args.out, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", os.path.join(args.out, "xla-cache"))
    jax.config.update("jax_default_prng_impl", "rbg")  # several times faster than the default on processors
    library = build_engine(args.e5, args.out)
    original = os.path.join(args.e5, "e5-small-q4.bin")
    data, engine = open(original, "rb").read(), Engine(library, original)
    emb, layers = load_model(data)
    assert write_model(data, layers, 0) == data or print("note: empty blocks rewritten")
    items, valid, valid_turns = load_data(args.shared, args.own, args.validation)
    random.Random(args.seed).shuffle(items)
    items = items[:args.limit]
    print(f"{len(items)} training lines, {len(valid)} validation lines, {len(valid_turns)} validation turns")
    verify_forward(engine, make_encoder(emb, layers), valid)

    heard, heard_valid = read_heard(args.heard), read_heard(args.heard_validation)
    start = encode_all(items, engine, make_encoder(emb, layers))
    heads, centre = initial_heads(start, items)
    misheard = [{**x, "text": heard_valid[x["text"]][0]} for x in valid if x["text"] in heard_valid]

    def check(layers, heads, name):
        encode = make_encoder(emb, layers)
        score, choice = head_scores(heads, centre, encode_all(valid, engine, encode))
        show_parts(name, score, choice, valid)
        show_misheard(name, score, head_scores(heads, centre, encode_all(misheard, engine, encode))[0], valid, misheard)
    check(layers, heads, f"before ({time.time() - began:.0f} s)")
    layers, heads = train(args, emb, layers, heads, centre, items, heard, engine, check)
    export(args, data, layers, heads, centre)
    report_file(args, library, heads, centre, valid, valid_turns)
    print(f"{time.time() - began:.0f} s in all")


if __name__ == "__main__":
    main()
