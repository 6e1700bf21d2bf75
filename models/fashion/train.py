"""Trains the demo's network on Fashion-MNIST and writes its checkpoints as ONNX.

    python3 train.py [--data DIR] [--out DIR] [--states DIR] [--images N] [--epochs E]

Every random draw comes from SEED; with the same PyTorch build, kind of processor and
number of threads a second run gives the same weights.
"""

import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from export import export
from images import load, normalise
from network import accuracy, recompute_batch_norm, seeded_network

SEED = 1
CONTROL_SEEDS = (2, 3)
EPOCHS = 15
CHECKPOINTS = (1, 2, 3, 5, 8, 11, 15)
BATCH = 128
PEAK_RATE = 0.2
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
SHIFT = 2  # pixels
THREADS = 2
HERE = Path(__file__).parent


def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Mirrors every other image on average and shifts each by up to SHIFT pixels."""
    n, _, height, width = images.shape
    edge = float(images.min())  # the background, so that shifting adds no frame
    padded = F.pad(images[:, 0], (SHIFT,) * 4, value=edge)
    dy, dx = torch.randint(0, 2 * SHIFT + 1, (2, n, 1), generator=generator)
    rows = torch.arange(height) + dy
    columns = torch.arange(width) + dx
    mirrored = torch.rand(n, 1, generator=generator) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    index = torch.arange(n)[:, None, None]
    return padded[index, rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def train_epoch(network, optimizer, schedule, images, labels, generator) -> float:
    """One pass over the shuffled images; returns the mean cross-entropy."""
    network.train()
    total = 0.0
    order = torch.randperm(len(images), generator=generator)
    steps = order.split(BATCH)
    for batch in steps:
        logits = network(augment(images[batch], generator))
        loss = F.cross_entropy(logits, labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item() * len(batch)
    return total / len(order)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--out", type=Path, default=HERE / "checkpoints")
    parser.add_argument("--states", type=Path, help="also keep state_dicts in this folder")
    parser.add_argument("--images", type=int, help="train on the first N images (a trial run)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)

    images, labels = load(options.data, "train")
    images = normalise(images[: options.images])
    labels = torch.from_numpy(labels[: options.images].astype(np.int64))
    test_images, test_labels = load(options.data, "t10k")
    test_images = normalise(test_images)
    test_labels = torch.from_numpy(test_labels.astype(np.int64))

    log = []
    started = time.monotonic()

    def keep(network, name: str, epoch: int, loss: float | None) -> None:
        """Writes a checkpoint and a line about it; the network trains on untouched."""
        snapshot = copy.deepcopy(network)
        recompute_batch_norm(snapshot, images, BATCH)
        export(snapshot, options.out / f"{name}.onnx")
        if options.states:
            options.states.mkdir(parents=True, exist_ok=True)
            torch.save(snapshot.state_dict(), options.states / f"{name}.pt")
        log.append(
            {
                "file": f"{name}.onnx",
                "epoch": epoch,
                "accuracy": accuracy(snapshot, test_images, test_labels),
                "trainingLoss": loss,
            }
        )
        print(f"{name}: {log[-1]}", flush=True)

    for seed in CONTROL_SEEDS:
        keep(seeded_network(seed), f"untrained-seed{seed}", 0, None)
    network = seeded_network(SEED)
    keep(network, "epoch-00", 0, None)

    generator = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=PEAK_RATE,
        momentum=MOMENTUM,
        nesterov=True,
        weight_decay=WEIGHT_DECAY,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=PEAK_RATE,
        epochs=options.epochs,
        steps_per_epoch=-(-len(images) // BATCH),
        cycle_momentum=False,
    )
    for epoch in range(1, options.epochs + 1):
        loss = train_epoch(network, optimizer, schedule, images, labels, generator)
        seconds = time.monotonic() - started
        print(f"epoch {epoch}: loss {loss:.4f}, {seconds:.0f} s since start", flush=True)
        if epoch in CHECKPOINTS:
            keep(network, f"epoch-{epoch:02d}", epoch, loss)

    log.sort(key=lambda entry: (entry["file"].startswith("untrained"), entry["file"]))
    (options.out / "training.json").write_text(json.dumps(log, indent=2) + "\n")


if __name__ == "__main__":
    main()
