"""All taps of the demo's network on stored images, averaged over space, by PyTorch on the processor.

    torch_activations.py STORE IMAGES CHECKPOINT [--count 10000] [--activations DIGEST]

The network of models/fashion/network.py in evaluation, batch norms folded into the convolutions as in the checkpoint. A few ways of
running it (memory format, traced and frozen for oneDNN, batch) are tried on 500 images; the three fastest run on all, and the best time
counts. Reading, scaling and averaging count. With --activations, the results are compared with those of that artifact.
"""

import argparse
import itertools
import os
import time
import warnings

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional as F

from fathom_store import Artifact
from measured import report

BLOCKS = 9
STRIDED = (4, 7)
MEAN, DEVIATION = 0.286, 0.353


class Network(torch.nn.Module):
    """Images [N, 1, 28, 28], bytes -> one matrix of means over space for each block."""

    def __init__(self, checkpoint: str) -> None:
        super().__init__()
        for array in onnx.load(checkpoint).graph.initializer:
            self.register_buffer(array.name.replace(".", "_"), torch.from_numpy(numpy_helper.to_array(array).copy()))

    def conv(self, x: torch.Tensor, name: str, stride: int = 1) -> torch.Tensor:
        weight = getattr(self, f"{name}_weight")
        return F.conv2d(x, weight, getattr(self, f"{name}_bias"), stride, int(weight.shape[2]) // 2)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        x = F.relu(self.conv((images.float() * (1 / 255) - MEAN) / DEVIATION, "stem_conv"))
        means = []
        for block in range(1, BLOCKS + 1):
            name, stride = f"block{block}", 2 if block in STRIDED else 1
            main = self.conv(F.relu(self.conv(x, f"{name}_hidden_conv", stride)), f"{name}_main")
            x = F.relu(main + (self.conv(x, f"{name}_shortcut", stride) if stride == 2 else x))
            means.append(x.mean((2, 3)))
        return means


def run(network, images: np.ndarray, batch: int, layout: torch.memory_format) -> list[torch.Tensor]:
    parts = []
    for start in range(0, len(images), batch):
        pixels = torch.from_numpy(images[start : start + batch]).permute(0, 3, 1, 2)
        parts.append(network(pixels.contiguous(memory_format=layout)))
    return [torch.cat(taps) for taps in zip(*parts)]


def seconds_of(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("images")
    parser.add_argument("checkpoint")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--activations")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    stored = Artifact(options.store, options.images)
    some = stored.tensor("images")[:500]
    eager = Network(options.checkpoint).eval()
    with torch.no_grad():
        ways = {"eager": eager}
        traced = torch.jit.freeze(torch.jit.trace(eager, torch.zeros(250, 1, 28, 28, dtype=torch.uint8)))
        ways["frozen"] = torch.jit.optimize_for_inference(traced)
        layouts = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}
        trials = {}
        for way, layout, batch in itertools.product(ways, layouts, (50, 125, 500)):
            work = lambda: run(ways[way], some, batch, layouts[layout])
            work()
            trials[way, layout, batch] = min(seconds_of(work) for _ in range(2))
        timings = {}
        for way, layout, batch in sorted(trials, key=trials.get)[:3]:
            began = time.perf_counter()
            taps = run(ways[way], stored.tensor("images")[: options.count], batch, layouts[layout])
            timings[way, layout, batch] = time.perf_counter() - began
        way, layout, batch = best = min(timings, key=timings.get)
    figures = {"seconds": timings[best], "way": f"{way}, {layout}, {batch} images at a time", "torch": torch.__version__}
    if options.activations:
        theirs = Artifact(options.store, options.activations)
        off = 0.0
        for block, mine in enumerate(taps, 1):
            other = theirs.tensor("penultimate" if block == BLOCKS else f"block{block}")
            off = max(off, float((np.abs(mine.numpy() - other).max(0) / np.maximum(1e-30, np.abs(other).max(0))).max()))
        figures["differenceOfColumnMaximum"] = off
    report(**figures)


if __name__ == "__main__":
    main()
