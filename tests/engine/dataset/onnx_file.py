"""Small taggers and finders of subjects in the true file format, written without onnx.

An ONNX file is a protobuf message (github.com/onnx/onnx, onnx.proto); the field numbers below are
its. The model averages the picture and puts blue, green and red in ``[0, 255]`` through one matrix,
then a sigmoid: so a test can say which color makes which tag likely.
"""

from __future__ import annotations

import struct

import numpy as np

FLOAT = 1
TAGS = (
    ("general", 9), ("sensitive", 9),
    ("blue_sky", 0), ("green_grass", 0), ("red_rose", 0), ("^_^", 0), ("long_hair", 0),
    ("hatsune_miku", 4),
)  # fmt: skip
SIDE = 448
IMAGENET = {"mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)}
HALF = {"mean": (0.5, 0.5, 0.5), "deviation": (1.0, 1.0, 1.0)}


def write_tagger(
    folder, weights=None, bias=None, *, tags=TAGS, shape=("N", SIDE, SIDE, 3), last=True
):
    """A folder with model.onnx and selected_tags.csv. ``weights`` ``[3, tags]`` and ``bias`` go
    with means of blue, green and red divided by 255. ``last`` False leaves the sigmoid out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = len(tags)
    weights = np.zeros((shape[3], count)) if weights is None else np.asarray(weights)
    bias = np.zeros(count) if bias is None else np.asarray(bias)
    rows = [f"{n},{name},{category},{1000 - n}" for n, (name, category) in enumerate(tags)]
    text = "\n".join(["tag_id,name,category,count", *rows]) + "\n"
    (folder / "selected_tags.csv").write_text(text, encoding="utf-8")
    (folder / "model.onnx").write_bytes(tagger_bytes(weights, bias, shape, last=last))
    return folder


def color_tagger(folder, **options):
    """A tagger that finds the sky in blue pictures, grass in green ones and a rose in red ones;
    ``^_^`` is always likely, ``long_hair`` nearly so, and Miku in blue ones.
    """
    weights = np.zeros((3, len(TAGS)))
    weights[0, 2] = weights[1, 3] = weights[2, 4] = 8.0
    weights[0, 7] = 10.0
    bias = np.array([2.0, -2.0, -4.0, -4.0, -4.0, 1.0, -0.3, -4.0])
    return write_tagger(folder, weights, bias, **options)


def tagger_bytes(weights, bias, shape, *, last=True):
    """The bytes of model.onnx."""
    nodes = [
        node("ReduceMean", ["pictures"], ["means"], ints("axes", [1, 2]), integer("keepdims", 0)),
        node("MatMul", ["means", "weights"], ["mixed"]),
        node("Add", ["mixed", "bias"], ["sums" if last else "tags"]),
    ]
    if last:
        nodes.append(node("Sigmoid", ["sums"], ["tags"]))
    graph = b"".join(message(1, item) for item in nodes)
    graph += text(2, "tagger")
    graph += message(5, tensor("weights", weights / 255.0)) + message(5, tensor("bias", bias))
    graph += message(11, value("pictures", shape))
    graph += message(12, value("tags", (shape[0], len(bias))))
    opset = text(1, "") + number(2, 13)
    return number(1, 8) + text(2, "tests") + message(7, graph) + message(8, opset)


def red_finder(path, *, shape=(1, 3, 32, 32), mean, deviation, classes=1, logits=False):
    """A model that finds red: it takes away the normalization it expects, so that a wrong one
    gives a wrong mask. ``classes`` 2 gives background and subject.
    """
    scale = np.array(deviation).reshape(1, 3, 1, 1)
    offset = np.array(mean).reshape(1, 3, 1, 1)
    redness = np.array([1.0, -1.0, 0.0]).reshape(1, 3, 1, 1) * 3 * 20
    nodes = [
        node("Mul", ["picture", "scale"], ["scaled"]),
        node("Add", ["scaled", "offset"], ["colors"]),
        node("Mul", ["colors", "redness"], ["parts"]),
        node("ReduceMean", ["parts"], ["sum"], ints("axes", [1]), integer("keepdims", 1)),
        node("Add", ["sum", "least"], ["found"]),
    ]
    if classes > 1:
        nodes += [
            node("Neg", ["found"], ["other"]),
            node("Concat", ["other", "found"], ["mask"], integer("axis", 1)),
        ]
    elif not logits:
        nodes.append(node("Sigmoid", ["found"], ["mask"]))
    else:
        nodes.append(node("Identity", ["found"], ["mask"]))
    tensors = {"scale": scale, "offset": offset, "redness": redness,
               "least": np.full((1, 1, 1, 1), -8.0)}  # fmt: skip
    graph = b"".join(message(1, item) for item in nodes) + text(2, "finder")
    graph += b"".join(message(5, tensor(name, array)) for name, array in tensors.items())
    graph += message(11, value("picture", shape))
    graph += message(12, value("mask", (shape[0], classes, shape[2], shape[3])))
    opset = text(1, "") + number(2, 13)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(number(1, 8) + text(2, "tests") + message(7, graph) + message(8, opset))
    return path


def node(kind, inputs, outputs, *attributes):
    """A NodeProto."""
    names = b"".join(text(1, name) for name in inputs) + b"".join(text(2, n) for n in outputs)
    return names + text(4, kind) + b"".join(message(5, item) for item in attributes)


def ints(name, values):
    """An AttributeProto of whole numbers."""
    return text(1, name) + b"".join(number(8, v) for v in values) + number(20, 7)


def integer(name, value):
    """An AttributeProto of one whole number."""
    return text(1, name) + number(3, value) + number(20, 2)


def tensor(name, array):
    """A TensorProto."""
    dims = b"".join(number(1, size) for size in array.shape)
    return dims + number(2, FLOAT) + text(8, name) + message(9, array.astype("<f4").tobytes())


def value(name, shape):
    """A ValueInfoProto; names in ``shape`` are free dimensions."""
    dims = [text(2, d) if isinstance(d, str) else number(1, d) for d in shape]
    of = number(1, FLOAT) + message(2, b"".join(message(1, dim) for dim in dims))
    return text(1, name) + message(2, message(1, of))


def message(field, data):
    """A field of bytes."""
    return varint(field << 3 | 2) + varint(len(data)) + data


def text(field, words):
    """A field of text."""
    return message(field, words.encode())


def number(field, value):
    """A field of one whole number."""
    return varint(field << 3) + varint(value)


def varint(value):
    """Seven bits a byte, low ones first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + struct.pack("B", value)
