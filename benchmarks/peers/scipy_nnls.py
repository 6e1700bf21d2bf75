"""scipy.optimize.nnls on some rows; the seconds are scaled to all of them.

    scipy_nnls.py STORE ACTIVATIONS LAYER DICTIONARY [--rows 16] [--of 2000]

It solves one row at a time and its solver is sequential: so as many rows at once as there are processors, in processes that each
have one BLAS thread.
"""

import argparse
import os
import time
from multiprocessing import Pool

import numpy as np
from scipy.optimize import nnls
from threadpoolctl import threadpool_limits

from fathom_store import Artifact
from kkt import kkt_residual
from measured import report

ATOMS = np.empty((0, 0))


def start(atoms: np.ndarray) -> None:
    global ATOMS
    threadpool_limits(1)
    ATOMS = atoms


def solve(row: np.ndarray) -> np.ndarray:
    return nnls(ATOMS, row)[0]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("activations")
    parser.add_argument("layer")
    parser.add_argument("dictionary")
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--of", type=int, default=2000)
    options = parser.parse_args()
    rows = Artifact(options.store, options.activations).tensor(options.layer)[: options.rows].astype(np.float64)
    atoms = Artifact(options.store, options.dictionary).tensor("D").astype(np.float64)
    processes = len(os.sched_getaffinity(0))
    with Pool(processes, start, [np.ascontiguousarray(atoms.T)]) as pool:
        pool.map(abs, range(processes))
        began = time.perf_counter()
        codes = np.array(pool.map(solve, list(rows), chunksize=1))
        seconds = time.perf_counter() - began
    report(seconds=seconds * options.of / len(rows), rows=len(rows), kkt=kkt_residual(rows, atoms, codes), positive=float((codes > 0).sum(1).mean()))


if __name__ == "__main__":
    main()
