"""Processes that do the same program on shared arrays, each with one BLAS thread: so that all that is not BLAS runs on all processors too."""

import mmap
import os
import time
from multiprocessing import get_context
from typing import Callable

import numpy as np
from threadpoolctl import threadpool_limits


def shared(*shape: int) -> np.ndarray:
    """A float64 array that processes forked afterwards share."""
    size = int(np.prod(shape))
    return np.frombuffer(mmap.mmap(-1, 8 * max(1, size)), np.float64, size).reshape(shape)


def own_memory() -> int:
    """Bytes of this process, of shared ones its part."""
    with open("/proc/self/smaps_rollup") as file:
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


class Team:
    """One of the processes: its rank among them, and the seconds and operations of its stages."""

    def __init__(self, rank: int, size: int, barrier, stages: list[str], book: np.ndarray) -> None:
        self.rank, self.size = rank, size
        self._barrier, self._stages, self._book = barrier, stages, book
        self._since = time.perf_counter()

    def mine(self, count: int) -> range:
        """Those of 0..count−1 that this process does."""
        return range(self.rank, count, self.size)

    def done(self, stage: str, operations: float = 0) -> None:
        """Counts the time since the last call as this stage's."""
        now = time.perf_counter()
        self._book[self.rank, self._stages.index(stage)] += now - self._since, operations
        self._since = now

    def wait(self) -> None:
        """Until all are here."""
        self._barrier.wait()
        self.done("waiting")


def run_team(work: Callable[[Team], None], stages: list[str]) -> dict:
    """Runs `work` in as many processes as there are processors, this one among them. Returns mean seconds and all operations by stage."""
    size = len(os.sched_getaffinity(0))
    stages = [*stages, "waiting"]
    book = shared(size, len(stages), 2)
    context = get_context("fork")
    barrier = context.Barrier(size)

    def member(rank: int) -> None:
        with threadpool_limits(1):
            work(Team(rank, size, barrier, stages, book))

    others = [context.Process(target=member, args=(rank,)) for rank in range(1, size)]
    for other in others:
        other.start()
    member(0)
    for other in others:
        other.join()
        if other.exitcode:
            raise RuntimeError(f"a process ended with {other.exitcode}")
    seconds, operations = book[:, :, 0].mean(0), book[:, :, 1].sum(0)
    return {stage: {"seconds": seconds[at], "operations": operations[at]} for at, stage in enumerate(stages)}
