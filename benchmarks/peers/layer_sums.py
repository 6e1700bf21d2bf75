"""A layer's sums over rows, fold by fold, in memory that a team of processes shares and uses again for every layer."""

import numpy as np
from scipy.linalg.blas import dgemm

from fathom_store import Artifact
from fold_data import Codes, Folds
from team import Team, shared


class Rooms:
    """Shared memory for one layer, used again for every other."""

    def __init__(self, rows: int, folds: int, channels: int, codes: Codes, alphas: int) -> None:
        most = max(len(part) for part in codes.features[: codes.tuning_blocks])
        self.x = shared(rows * channels)
        self.grams = shared(folds * channels**2)
        self.inverses = shared(folds * channels**2)
        self.factors = shared(folds * channels**2)
        self.is_definite = shared(folds)
        self.tuning = shared(codes.tuning_blocks * folds * most * channels)
        self.readable = shared(alphas)


def square(room: np.ndarray, at: int, size: int) -> np.ndarray:
    """One of the square matrices in a room, in Fortran's order."""
    return room[at * size**2 : (at + 1) * size**2].reshape(size, size).T


class Layer:
    """One layer: its rows in the order of the folds, a channel of ones before the others, and its Gram matrices (lower halves)."""

    def __init__(self, artifact: Artifact, name: str, folds: Folds, codes: Codes, rooms: Rooms) -> None:
        self.artifact, self.name, self.folds, self.codes, self.rooms = artifact, name, folds, codes, rooms
        self.rows, self.channels = artifact.shape(name)
        self.size = self.channels + 1
        self.x = rooms.x[: self.rows * self.size].reshape(self.rows, self.size)
        self.grams = [square(rooms.grams, fold, self.size) for fold in range(len(folds.slices))]

    def read(self, team: Team) -> None:
        shards = list(self.artifact.shards(self.name))
        # Shards of narrow layers are few: all processes take some rows of each.
        for start, values in shards:
            mine = slice(team.rank * len(values) // team.size, (team.rank + 1) * len(values) // team.size)
            for here, there in self.folds.of_shard(start + mine.start, mine.stop - mine.start):
                self.x[there, 0] = 1
                self.x[there, 1:] = values[mine][here]
        team.done("reading")
        team.wait()

    def multiply(self, team: Team) -> None:
        """Each fold's Gram matrix, in strips of channels, so that all processes have as much."""
        strips = 4 * team.size
        cuts = [round(self.size * at / strips) for at in range(strips + 1)]
        for at in team.mine(strips):
            # Strips from both ends in turn: those further down are longer.
            strip = at if (at // team.size) % 2 == 0 else 2 * team.size * (at // team.size) + team.size - 1 - at
            a, b = cuts[strip], cuts[strip + 1]
            for gram, part in zip(self.grams, self.folds.slices):
                # What is below the diagonal in Fortran's order is above it in C's.
                np.matmul(self.x[part, a:b].T, self.x[part, a:], out=gram.T[a:b, a:])
        team.done("Gram", self.rows * self.channels**2 / team.size)
        team.wait()

    def cross(self, block: int, out: np.ndarray) -> np.ndarray:
        """Each fold's products of a block's features with the channels: folds × features × channels."""
        for fold, part in enumerate(self.folds.slices):
            dgemm(1.0, self.x[part].T, self.codes.blocks[block][part].T, trans_b=1, c=out[fold].T, overwrite_c=1)
        return out

    def tuning_cross(self, block: int) -> np.ndarray:
        """Where the cross products of a block that tunes are kept."""
        shape = (len(self.folds.slices), len(self.codes.features[block]), self.size)
        length = int(np.prod(shape))
        room = len(self.rooms.tuning) // self.codes.tuning_blocks
        return self.rooms.tuning[block * room : block * room + length].reshape(shape)

    def training(self, fold: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Gram of all folds but one, what α is multiplied with on its diagonal, and their rows."""
        rows = self.rows - int(self.folds.counts[fold])
        others = [gram for at, gram in enumerate(self.grams) if at != fold]
        gram = others[0].copy(order="F")
        for other in others[1:]:
            gram += other
        variance = gram.diagonal() / rows - (gram[:, 0] / rows) ** 2
        # A constant channel is divided by 1 (docs/measures.md §3.1); the ones are no channel.
        penalty = np.where(variance > 0, variance, 1.0)
        penalty[0] = 0
        return gram, penalty, rows
