"""Threads that do the same program on the same arrays, each with one BLAS thread: so that all that is not BLAS runs on all processors too."""

import os
import time
from threading import Barrier, Thread
from typing import Callable

import numpy as np
from threadpoolctl import threadpool_limits


def own_memory() -> int:
    """Bytes of this process."""
    with open("/proc/self/smaps_rollup") as file:
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


class Team:
    """One of the threads: its rank among them, and the seconds and operations of its stages."""

    def __init__(self, rank: int, size: int, barrier: Barrier, stages: list[str], book: np.ndarray) -> None:
        self.rank, self.size = rank, size
        self._barrier, self._stages, self._book = barrier, stages, book
        self._since = time.perf_counter()

    def mine(self, count: int) -> range:
        """Those of 0..count−1 that this thread does."""
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
    """Runs `work` in as many threads as there are processors. Returns mean seconds and all operations by stage."""
    size = len(os.sched_getaffinity(0))
    stages = [*stages, "waiting"]
    book = np.zeros((size, len(stages), 2))
    barrier = Barrier(size)
    failures = []

    def member(rank: int) -> None:
        try:
            work(Team(rank, size, barrier, stages, book))
        except Exception as failure:  # the others must not wait for it for ever
            failures.append(failure)
            barrier.abort()

    with threadpool_limits(1):
        threads = [Thread(target=member, args=(rank,)) for rank in range(size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    seconds, operations = book[:, :, 0].mean(0), book[:, :, 1].sum(0)
    return {stage: {"seconds": seconds[at], "operations": operations[at]} for at, stage in enumerate(stages)}
