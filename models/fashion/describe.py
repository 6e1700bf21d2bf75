"""Writes fashion.json: what the demo reads about this folder, with every digest.

    python3 describe.py

The accuracies are computed here again, from the ONNX files and images of this folder.
"""

import hashlib
import json
from pathlib import Path

import onnx

from evaluate import onnx_accuracy
from images import DEVIATION, MEAN, load, normalise

HERE = Path(__file__).parent
CLASSES = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]


def file_entry(path: str) -> dict:
    """A file of this folder and the SHA-256 of its bytes."""
    return {"file": path, "sha256": hashlib.sha256((HERE / path).read_bytes()).hexdigest()}


def image_set(split: str) -> dict:
    """The two files of an image set and its size."""
    return {
        "count": len(load(HERE / "images", split)[1]),
        "images": file_entry(f"images/{split}-images-idx3-ubyte.gz"),
        "labels": file_entry(f"images/{split}-labels-idx1-ubyte.gz"),
    }


def networks() -> list[dict]:
    """Every network with its accuracy on the test images, in the order of training.json."""
    images, labels = load(HERE / "images", "t10k")
    images = normalise(images)
    entries = []
    for record in json.loads((HERE / "checkpoints/training.json").read_text()):
        path = f"checkpoints/{record['file']}"
        accuracy = onnx_accuracy(onnx.load(HERE / path), images, labels)
        # Folding the batch norms rounds: an image on a boundary may change sides.
        if abs(accuracy - record["accuracy"]) > 2e-4:
            raise ValueError(f"{path}: accuracy {accuracy}, in training {record['accuracy']}")
        entries.append(
            {
                **file_entry(path),
                "epoch": record["epoch"],
                "accuracy": accuracy,
                "trainingLoss": record["trainingLoss"],
            }
        )
    return entries


def main() -> None:
    found = networks()
    description = {
        "name": "fashion",
        "preprocessing": {
            "channels": 1,
            "height": 28,
            "width": 28,
            "scale": 1 / 255,
            "mean": [MEAN],
            "standardDeviation": [DEVIATION],
            "channelOrder": "GRAY",
        },
        "input": "image",
        "taps": [f"block{i}" for i in range(1, 10)],
        "penultimate": "penultimate",
        "logits": "logits",
        "head": {"weight": "head.weight", "bias": "head.bias"},
        "checkpoints": [n for n in found if "untrained" not in n["file"]],
        "untrained": [n for n in found if "untrained" in n["file"]],
        "controls": [n["file"] for n in found if n["epoch"] == 0],
        "images": {"test": image_set("t10k"), "train": image_set("train6k")},
        "classes": CLASSES,
    }
    (HERE / "fashion.json").write_text(json.dumps(description, indent=2) + "\n")


if __name__ == "__main__":
    main()
