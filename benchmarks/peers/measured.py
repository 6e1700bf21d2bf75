"""What every peer reports beside its time: the BLAS kernel, its threads, the peak of dgemm in the same process, peak memory."""

import json
import resource
import time

import numpy as np
from threadpoolctl import threadpool_info


def blas() -> list[dict]:
    """The BLAS libraries of this process (NumPy's, SciPy's): version, kernel and threads of each."""
    return [
        {"library": info["internal_api"], "version": info["version"], "kernel": info.get("architecture"), "threads": info["num_threads"]}
        for info in threadpool_info()
        if info["user_api"] == "blas"
    ]


def gemm_peak(dtype=np.float64, seconds: float = 1.5) -> float:
    """The most operations a second that a matrix product reaches here, over a few shapes that suit BLAS."""
    best = 0.0
    for rows, steps, columns in ((2048, 4000, 2048), (3072, 3072, 3072)):
        a, b = np.ones((rows, steps), dtype), np.ones((steps, columns), dtype)
        out = a @ b
        until = time.perf_counter() + seconds / 2
        while time.perf_counter() < until:
            began = time.perf_counter()
            np.matmul(a, b, out=out)
            best = max(best, 2 * rows * steps * columns / (time.perf_counter() - began))
    return best


def peak_memory() -> int:
    """The most bytes that this process had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def report(**figures) -> None:
    """The last line that a peer prints: one JSON document."""
    print(json.dumps({"blas": blas(), "peakMemory": peak_memory(), **figures}), flush=True)


class Stages:
    """Seconds and operations by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.operations: dict[str, float] = {}
        self._last = time.perf_counter()

    def done(self, stage: str, operations: float = 0) -> None:
        """Counts the time since the last call as this stage's."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0) + now - self._last
        self.operations[stage] = self.operations.get(stage, 0) + operations
        self._last = now

    def as_dict(self) -> dict:
        return {stage: {"seconds": self.seconds[stage], "operations": self.operations[stage]} for stage in self.seconds}
