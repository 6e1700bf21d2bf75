"""Fashion-MNIST: reading it, and writing the part of it that is kept in images/."""

import gzip
import struct
from pathlib import Path

import numpy as np
import torch

MEAN, DEVIATION = 0.286, 0.353  # of the training pixels scaled to [0, 1]
UBYTE = 0x08  # the IDX type code of unsigned bytes


def read_idx(path: Path) -> np.ndarray:
    """The unsigned bytes of an IDX file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        data = file.read()
    zero, dtype, rank = struct.unpack_from(">HBB", data)
    if zero != 0 or dtype != UBYTE:
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    shape = struct.unpack_from(f">{rank}I", data, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def write_idx(path: Path, array: np.ndarray) -> None:
    """Writes unsigned bytes as gzipped IDX: the same array always gives the same file."""
    header = struct.pack(">HBB", 0, UBYTE, array.ndim)
    header += struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0))


def find_idx(folder: Path, name: str) -> Path:
    """The file `name` in `folder`, gzipped or not."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise FileNotFoundError(f"{folder / name}[.gz]: install dataset-fashion-mnist")


def load(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [n, 28, 28] and labels [n] of `split`: `train`, `t10k` or `train6k`."""
    images = read_idx(find_idx(folder, f"{split}-images-idx3-ubyte"))
    labels = read_idx(find_idx(folder, f"{split}-labels-idx1-ubyte"))
    return images, labels


def normalise(images: np.ndarray) -> torch.Tensor:
    """Pixels 0..255 [n, 28, 28] -> the network's input [n, 1, 28, 28]."""
    pixels = torch.from_numpy(images.astype(np.float32)) / 255
    return ((pixels - MEAN) / DEVIATION).unsqueeze(1)


def first_of_each_class(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Indices, ascending, of the first `per_class` images of every class."""
    kept = [np.flatnonzero(labels == c)[:per_class] for c in np.unique(labels)]
    return np.sort(np.concatenate(kept))


def write_subset(source: Path, target: Path, per_class: int = 600) -> None:
    """Writes all test images and a class-balanced part of the training images."""
    target.mkdir(parents=True, exist_ok=True)
    test_images, test_labels = load(source, "t10k")
    images, labels = load(source, "train")
    kept = first_of_each_class(labels, per_class)
    write_idx(target / "t10k-images-idx3-ubyte.gz", test_images)
    write_idx(target / "t10k-labels-idx1-ubyte.gz", test_labels)
    write_idx(target / "train6k-images-idx3-ubyte.gz", images[kept])
    write_idx(target / "train6k-labels-idx1-ubyte.gz", labels[kept])


if __name__ == "__main__":
    here = Path(__file__).parent
    write_subset(Path("/usr/share/datasets/fashion-mnist"), here / "images")
