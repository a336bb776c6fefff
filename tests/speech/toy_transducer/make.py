#!/usr/bin/env python3
"""Makes the transducer beside this file: three networks of a few hundred bytes that sherpa-onnx runs like a real model.
Loud frames say "は" and "い" by turns, quiet ones nothing. Needs PyPI onnx and numpy. usage: make.py FOLDER"""
import sys

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h

folder = sys.argv[1]
WIDTH = 4  # of every vector between the networks; also the number of tokens


def constant(name, values, kind):
    array = np.asarray(values)
    return h.make_tensor(name, kind, array.shape, array.ravel().tolist())


def value(name, kind, shape):
    return h.make_tensor_value_info(name, kind, shape)


def save(name, nodes, inputs, outputs, constants, metadata):
    model = h.make_model(h.make_graph(nodes, name, inputs, outputs, constants), opset_imports=[h.make_opsetid("", 13)])
    model.ir_version = 8
    for key, text in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(text)
    onnx.checker.check_model(model)
    onnx.save(model, f"{folder}/{name}.onnx")


# Every fourth frame's mean log energy, WIDTH times.
save("encoder",
     [h.make_node("Slice", ["x", "begin", "end", "axis", "step"], ["fourth"]),
      h.make_node("ReduceMean", ["fourth"], ["mean"], axes=[2], keepdims=1),
      h.make_node("Concat", ["mean"] * WIDTH, ["encoder_out"], axis=2),
      h.make_node("Add", ["x_lens", "three"], ["rounded"]),
      h.make_node("Div", ["rounded", "step"], ["encoder_out_lens"])],
     [value("x", T.FLOAT, ["N", "T", 80]), value("x_lens", T.INT64, ["N"])],
     [value("encoder_out", T.FLOAT, ["N", "U", WIDTH]), value("encoder_out_lens", T.INT64, ["N"])],
     [constant("begin", [0], T.INT64), constant("end", [10**9], T.INT64), constant("axis", [1], T.INT64),
      constant("step", [4], T.INT64), constant("three", [3], T.INT64)],
     {"model_type": "zipformer2", "version": 1})

# The last token, one-hot.
save("decoder",
     [h.make_node("Gather", ["y", "one"], ["last"], axis=1),
      h.make_node("OneHot", ["last", "depth", "off_on"], ["decoder_out"], axis=-1)],
     [value("y", T.INT64, ["N", 2])], [value("decoder_out", T.FLOAT, ["N", WIDTH])],
     [constant("one", 1, T.INT64), constant("depth", [WIDTH], T.INT64), constant("off_on", [0.0, 1.0], T.FLOAT)],
     {"vocab_size": WIDTH, "context_size": 2})

# Token 2 after anything but itself, then 3; the blank (0) where it is quiet.
save("joiner",
     [h.make_node("MatMul", ["decoder_out", "next"], ["spoken"]),
      h.make_node("Neg", ["encoder_out"], ["quietness"]),
      h.make_node("Sub", ["quietness", "threshold"], ["above"]),
      h.make_node("Mul", ["above", "only_blank"], ["blank"]),
      h.make_node("Add", ["spoken", "blank"], ["logit"])],
     [value("encoder_out", T.FLOAT, ["N", WIDTH]), value("decoder_out", T.FLOAT, ["N", WIDTH])],
     [value("logit", T.FLOAT, ["N", WIDTH])],
     [constant("next", [[0.0, 0, 5, 0], [0, 0, 5, 0], [0, 0, 0, 5], [0, 0, 5, 0]], T.FLOAT),
      constant("threshold", [10.0], T.FLOAT), constant("only_blank", [5.0, 0, 0, 0], T.FLOAT)],
     {"joiner_dim": WIDTH})

with open(f"{folder}/tokens.txt", "w", encoding="utf-8") as tokens:
    tokens.write("<blk> 0\n<unk> 1\nは 2\nい 3\n")
