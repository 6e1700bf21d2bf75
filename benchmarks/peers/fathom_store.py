"""Reads tensors of Fathom's artifacts straight from a file store: the bytes that Fathom itself reads (libs/artifacts/README.md)."""

import json
from pathlib import Path

import numpy as np

DTYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "U8": "u1"}


class Artifact:
    def __init__(self, store: str, digest: str) -> None:
        self.store = Path(store)
        pointer = json.loads((self.store / "artifacts" / digest.removeprefix("sha256:")).read_text())
        self.manifest = json.loads(self._blob(pointer["manifest"]).read_text())

    def _blob(self, name: str) -> Path:
        return self.store / "blobs" / name[:2] / name

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self.manifest["tensors"][name]["shape"])

    def shards(self, name: str):
        """Yields the first row and the rows of every shard of a tensor, mapped from the file."""
        for shard in self.manifest["shards"]:
            part = shard["tensors"].get(name)
            if part is None:
                continue
            path = self.store / shard["key"]
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                begin = json.loads(file.read(length))[name]["data_offsets"][0]
            shape = (part["end"] - part["start"], *part["trailing"])
            yield part["start"], np.memmap(path, DTYPES[part["dtype"]], "r", 8 + length + begin, shape)

    def tensor(self, name: str) -> np.ndarray:
        """The whole tensor in memory, in its own dtype."""
        out = np.empty(self.shape(name), DTYPES[self.manifest["tensors"][name]["dtype"]])
        for start, rows in self.shards(name):
            out[start : start + len(rows)] = rows
        return out
