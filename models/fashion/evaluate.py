"""Runs the ONNX files themselves, operator by operator, without the class they came from.

    python3 evaluate.py FILE.onnx ...     prints each file's accuracy on the test images
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional as F

from images import load, normalise

BATCH = 500
OPERATORS = {
    "Conv": lambda x, w, b, a: F.conv2d(x, w, b, a["strides"], a["pads"][:2]),
    "Relu": lambda x, a: torch.relu(x),
    "Add": lambda x, y, a: x + y,
    "GlobalAveragePool": lambda x, a: x.mean((2, 3), keepdim=True),
    "Flatten": lambda x, a: x.flatten(a["axis"]),
    "Gemm": lambda x, w, b, a: x @ (w.T if a["transB"] else w) + b,
}


def run(model: onnx.ModelProto, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every tensor of the graph, by name, for images [N, 1, 28, 28]."""
    tensors = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in model.graph.initializer}
    tensors["image"] = images
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        inputs = [tensors[name] for name in node.input]
        tensors[node.output[0]] = OPERATORS[node.op_type](*inputs, attributes)
    return tensors


def onnx_accuracy(model: onnx.ModelProto, images: torch.Tensor, labels: np.ndarray) -> float:
    """Share of the images whose largest logit is that of their label."""
    hits = 0
    for start in range(0, len(images), BATCH):
        logits = run(model, images[start : start + BATCH])["logits"]
        hits += int((logits.argmax(1).numpy() == labels[start : start + BATCH]).sum())
    return hits / len(images)


if __name__ == "__main__":
    test_images, test_labels = load(Path(__file__).parent / "images", "t10k")
    for file in sys.argv[1:]:
        print(file, onnx_accuracy(onnx.load(file), normalise(test_images), test_labels))
