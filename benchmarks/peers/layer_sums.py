"""Sums over rows of layers, fold by fold, in memory that a team of threads uses again and again."""

import numpy as np

from fathom_store import Artifact
from fold_data import Codes, Folds
from free_blas import dgemm_transposed, dsyrk
from team import Team


class Rooms:
    """Memory for the layers of one group, used again for every other."""

    def __init__(self, rows: int, folds: int, channels: int, codes: Codes, alphas: int) -> None:
        most = max(len(part) for part in codes.features[: codes.tuning_blocks])
        self.x = np.empty(rows * channels)
        self.grams = np.empty((folds + 1) * channels**2)
        self.inverses = np.empty(max(folds, alphas) * channels**2)
        self.factors = np.empty(folds * channels**2)
        self.tuning = np.empty(codes.tuning_blocks * folds * most * channels)


class Layer:
    """One layer: its rows in the order of the folds, a channel of ones before the others, and its Gram matrices (lower halves)."""

    def __init__(self, artifact: Artifact, name: str, group: "Group", span: slice, used: int, alphas: int) -> None:
        """`span` is its part of the group's channels; `used` the numbers that the group's layers before it take in a room of squares."""
        self.artifact, self.name, self.folds, self.codes, self.span = artifact, name, group.folds, group.codes, span
        self.x = group.x[:, span]
        self.rows, self.size = self.x.shape
        self.channels = self.size - 1
        folds, rooms = len(self.folds.slices), group.rooms

        def squares(room: np.ndarray, count: int) -> list[np.ndarray]:
            each = room[count * used : count * (used + self.size**2)].reshape(count, self.size, self.size)
            return [matrix.T for matrix in each]  # in Fortran's order

        *self.grams, self.total = squares(rooms.grams, folds + 1)
        self.inverses = squares(rooms.inverses, max(folds, alphas))
        self.tests = squares(rooms.factors, folds)
        self.is_definite = np.zeros(folds, bool)
        self.readable = np.empty((self.codes.tuning_blocks, alphas))

    def read(self, team: Team) -> None:
        shards = list(self.artifact.shards(self.name))
        # Shards of narrow layers are few: all threads take some rows of each.
        for start, values in shards:
            mine = slice(team.rank * len(values) // team.size, (team.rank + 1) * len(values) // team.size)
            for here, there in self.folds.of_shard(start + mine.start, mine.stop - mine.start):
                self.x[there, 0] = 1
                self.x[there, 1:] = values[mine][here]
        team.done("reading")

    def multiply(self, team: Team) -> None:
        """Each fold's Gram matrix and the total: as many folds as give all threads as much whole, the others by strips of channels."""
        parts = [self.x[part].T for part in self.folds.slices]
        alone = len(parts) - len(parts) % team.size
        for fold in team.mine(alone):
            dsyrk(parts[fold], self.grams[fold])
        # A long strip and a short one for each thread.
        strips = 2 * team.size
        cuts = [round(self.size * at / strips) for at in range(strips + 1)]
        mine = [slice(cuts[strip], cuts[strip + 1]) for strip in (team.rank, strips - 1 - team.rank)]
        for strip in mine:
            for x, gram in zip(parts[alone:], self.grams[alone:]):
                dsyrk(x[strip], gram[strip, strip])
                dgemm_transposed(x[strip.stop :], x[strip], gram[strip.stop :, strip])
        team.done("Gram", self.rows * self.channels**2 / team.size)
        team.wait()
        for strip in mine:
            total = self.total[strip.start :, strip].T
            total[...] = 0
            for gram in self.grams:
                total += gram[strip.start :, strip].T
        team.done("Gram")
        team.wait()

    def training(self, fold: int, out: np.ndarray) -> tuple[np.ndarray, int]:
        """Gram of all folds but one, into `out`; what α is multiplied with on its diagonal, and their rows."""
        rows = self.rows - int(self.folds.counts[fold])
        np.subtract(self.total.T, self.grams[fold].T, out=out.T)
        variance = out.diagonal() / rows - (out[:, 0] / rows) ** 2
        # A constant channel is divided by 1 (docs/measures.md §3.1); the ones are no channel.
        penalty = np.where(variance > 0, variance, 1.0)
        penalty[0] = 0
        return penalty, rows


class Group:
    """Layers whose channels lie side by side, so that the products of narrow ones with the codes are one wide product."""

    def __init__(self, artifact: Artifact, names: list[str], folds: Folds, codes: Codes, rooms: Rooms, alphas: int) -> None:
        self.folds, self.codes, self.rooms = folds, codes, rooms
        self.rows, sizes = artifact.shape(names[0])[0], [artifact.shape(name)[1] + 1 for name in names]
        self.size = sum(sizes)
        self.x = rooms.x[: self.rows * self.size].reshape(self.rows, self.size)
        # Of the products of one feature with all channels but the ones.
        self.operations = 2 * self.rows * (self.size - len(names))
        self.layers, begin, used = [], 0, 0
        for name, size in zip(names, sizes):
            self.layers.append(Layer(artifact, name, self, slice(begin, begin + size), used, alphas))
            begin, used = begin + size, used + size**2

    def cross(self, block: int, out: np.ndarray) -> np.ndarray:
        """Each fold's products of a block's features with the channels: folds × features × channels."""
        for fold, part in enumerate(self.folds.slices):
            dgemm_transposed(self.x[part].T, self.codes.blocks[block][part].T, out[fold].T)
        return out

    def tuning_cross(self, block: int) -> np.ndarray:
        """Where the cross products of a block that tunes are kept."""
        shape = (len(self.folds.slices), len(self.codes.features[block]), self.size)
        length = int(np.prod(shape))
        room = len(self.rooms.tuning) // self.codes.tuning_blocks
        return self.rooms.tuning[block * room : block * room + length].reshape(shape)
