"""overcomplete's NMF.encode (the atoms fixed) until its codes are as near to optimal as asked, or its time is up.

    overcomplete_encode.py STORE ACTIVATIONS LAYER DICTIONARY KKT [--rows 2000] [--batch 200] [--most-seconds 300]

By HALS, its default: multiplicative updates and Adam stay far from optimal. On one batch of rows, whose seconds times the number of
batches are those of all rows. Sweeps are made a few at a time by the function that encode calls, so that the residual can be looked at
in between; that time is not counted.
"""

import argparse
import os
import time

import numpy as np
import torch

from fathom_store import Artifact
from kkt import kkt_residual
from measured import gemm_peak, report
from overcomplete_alone import NMF, hierarchical_als


def curve(rows: torch.Tensor, atoms: torch.Tensor, wanted: float, most: float) -> list[tuple[float, float]]:
    torch.manual_seed(0)
    codes = NMF(len(atoms), solver="hals").init_random_z(rows)
    points, seconds, sweeps = [], 0.0, 1
    while seconds < most:
        began = time.perf_counter()
        codes, _ = hierarchical_als(rows, codes, atoms, update_D=False, max_iter=sweeps, tol=0)
        seconds += time.perf_counter() - began
        points.append((seconds, kkt_residual(rows.numpy(), atoms.numpy(), codes.numpy())))
        if points[-1][1] <= wanted:
            break
        sweeps = min(8, 2 * sweeps)
    return points


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("activations")
    parser.add_argument("layer")
    parser.add_argument("dictionary")
    parser.add_argument("kkt", type=float)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--most-seconds", type=float, default=300)
    options = parser.parse_args()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    rows = torch.from_numpy(Artifact(options.store, options.activations).tensor(options.layer)[: min(options.rows, options.batch)])
    atoms = torch.from_numpy(Artifact(options.store, options.dictionary).tensor("D"))
    with torch.no_grad():
        points = curve(rows, atoms, options.kkt, options.most_seconds)
    seconds, kkt = points[-1]
    report(
        seconds=seconds * options.rows / len(rows),
        reached=kkt <= options.kkt,
        kkt=kkt,
        curve=points,
        batchRows=len(rows),
        peak=gemm_peak(np.float32),
        torch=torch.__version__,
    )


if __name__ == "__main__":
    main()
