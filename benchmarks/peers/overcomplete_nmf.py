"""overcomplete's NMF by HALS, with the loss after every few sweeps: from its own start (nndsvda) and from nndsvd, both scikit-learn's.

    overcomplete_nmf.py STORE ACTIVATIONS LAYER ATOMS [--rows N] [--max-sweeps 500] [--only "START, float32"]
"""

import argparse
import os
import time

import numpy as np
import torch
from sklearn.decomposition import _nmf

from fathom_store import Artifact
from loss_curve import LossCurve
from measured import gemm_peak, report
from overcomplete_alone import NMF, hierarchical_als

SWEEPS_PER_LOOK = 2
LEAST_FALL = 1e-5


def curve(rows: torch.Tensor, wide: np.ndarray, reading: float, count: int, start: str, most: int) -> list[tuple[float, float]]:
    losses = LossCurve(wide, reading)
    if start == "nndsvda":
        codes, atoms = NMF(count, solver="hals").init_nndsvda(rows)
    else:
        codes, atoms = map(torch.tensor, _nmf._initialize_nmf(rows.numpy(), count, init=start, random_state=0))
    before = losses.look(codes.numpy(), atoms.numpy())
    for _ in range(most // SWEEPS_PER_LOOK):
        codes, atoms = hierarchical_als(rows, codes, atoms, max_iter=SWEEPS_PER_LOOK, tol=0)
        loss = losses.look(codes.numpy(), atoms.numpy())
        if before - loss < LEAST_FALL * SWEEPS_PER_LOOK * loss:
            break
        before = loss
    return losses.points


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("activations")
    parser.add_argument("layer")
    parser.add_argument("atoms", type=int)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--max-sweeps", type=int, default=500)
    parser.add_argument("--only", help="the one curve that is wanted")
    options = parser.parse_args()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    began = time.perf_counter()
    matrix = Artifact(options.store, options.activations).tensor(options.layer)[: options.rows]
    rows = torch.from_numpy(matrix)
    reading = time.perf_counter() - began
    wide = matrix.astype(np.float64)
    with torch.no_grad():
        curves = {
            f"{start}, float32": curve(rows, wide, reading, options.atoms, start, options.max_sweeps)
            for start in ("nndsvda", "nndsvd")
            if options.only in (None, f"{start}, float32")
        }
    report(curves=curves, peak=gemm_peak(np.float32), torch=torch.__version__)


if __name__ == "__main__":
    main()
