"""Loss against time, for methods that are compared at an equal loss."""

import time

import numpy as np


class LossCurve:
    """Seconds of work and the loss reached, after each look; looking does not count. The first seconds are those of reading the matrix."""

    def __init__(self, matrix: np.ndarray, reading: float) -> None:
        self.matrix = matrix
        self.energy = float(np.einsum("ij,ij->", matrix, matrix, dtype=np.float64))
        self.points: list[tuple[float, float]] = []
        self._seconds = reading
        self._since = time.perf_counter()

    def look(self, codes: np.ndarray, atoms: np.ndarray) -> float:
        """‖A − ZD‖², in float64 from products of the matrix with the atoms."""
        self._seconds += time.perf_counter() - self._since
        z, d = np.asarray(codes, np.float64), np.asarray(atoms, np.float64)
        loss = self.energy - 2 * float(np.einsum("ij,ij->", self.matrix @ d.T, z)) + float(np.einsum("ij,ij->", z.T @ z, d @ d.T))
        self.points.append((self._seconds, loss))
        self._since = time.perf_counter()
        return loss
