"""Rows in the order of the folds of docs/measures.md §3.2, and codes in blocks of features, for a team of threads."""

import numpy as np

from fathom_store import Artifact
from team import Team

TUNING_FEATURES = 512
FEATURES_PER_BLOCK = 1024


def fmix32(x: np.ndarray) -> np.ndarray:
    h = x.astype(np.uint32)
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return h ^ (h >> np.uint32(16))


def tuning_features(count: int) -> np.ndarray:
    return np.sort(np.argsort(fmix32(np.arange(count)), kind="stable")[:TUNING_FEATURES])


def r_squared(sse: np.ndarray, sst: np.ndarray) -> np.ndarray:
    return np.where(sst > 0, 1 - sse / np.where(sst > 0, sst, 1), 0)


class Folds:
    """Rows ordered by fold, so that each fold is one slice."""

    def __init__(self, rows: int, folds: int) -> None:
        self.of = fmix32(np.arange(rows)) % np.uint32(folds)
        self.counts = np.bincount(self.of, minlength=folds)
        ends = np.cumsum(self.counts)
        self.slices = [slice(int(end - count), int(end)) for end, count in zip(ends, self.counts)]
        self.place = np.empty(rows, np.int64)
        self.place[np.argsort(self.of, kind="stable")] = np.arange(rows)

    def of_shard(self, start: int, rows: int):
        """For each fold its rows of a shard, and the slice of all ordered rows that they are."""
        for fold in range(len(self.counts)):
            here = np.flatnonzero(self.of[start : start + rows] == fold)
            if len(here):
                first = int(self.place[start + here[0]])
                yield here, slice(first, first + len(here))


class Codes:
    """The codes in blocks of features, each contiguous; the first `size` blocks hold the features that tune."""

    def __init__(self, artifact: Artifact, folds: Folds, size: int) -> None:
        self.artifact, self.folds = artifact, folds
        rows, self.count = artifact.shape("z")
        tuning = tuning_features(self.count)
        rest = np.setdiff1d(np.arange(self.count), tuning)
        self.order = np.concatenate([tuning, rest])
        # Every thread has as many blocks, of the same size.
        parts = [*np.array_split(tuning, size), *np.array_split(rest, size * -(-len(rest) // (size * FEATURES_PER_BLOCK)) or 1)]
        self.tuning_blocks = size
        self.features = [part for at, part in enumerate(parts) if at < size or len(part)]
        ends = np.cumsum([len(part) for part in self.features])
        self.spans = [slice(int(end) - len(part), int(end)) for part, end in zip(self.features, ends)]
        self.blocks = [np.empty((rows, len(part))) for part in self.features]
        self.sums = [np.empty((len(folds.slices), len(part))) for part in self.features]
        self.squares = [np.empty((len(folds.slices), len(part))) for part in self.features]

    def read(self, team: Team) -> None:
        shards = list(self.artifact.shards("z"))
        for at in team.mine(len(shards)):
            start, values = shards[at]
            for here, there in self.folds.of_shard(start, len(values)):
                ordered = np.take(values[here], self.order, axis=1)
                for block, span in zip(self.blocks, self.spans):
                    np.copyto(block[there], ordered[:, span])
        team.done("reading")
        team.wait()
        for at in team.mine(len(self.blocks)):
            for fold, part in enumerate(self.folds.slices):
                values = self.blocks[at][part]
                self.sums[at][fold] = values.sum(0)
                self.squares[at][fold] = np.einsum("ij,ij->j", values, values)
        team.done("reading")
