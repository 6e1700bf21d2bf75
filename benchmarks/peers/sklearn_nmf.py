"""scikit-learn's NMF by coordinate descent, tol 1e-4, with the loss after every sweep.

    sklearn_nmf.py STORE ACTIVATIONS LAYER ATOMS [--rows N] [--max-sweeps 500] [--only "START, PRECISION"]

Its settings that matter are tried, each a curve of its own: start (nndsvd, nndsvda) and precision (float64, float32). The sweeps are
scikit-learn's own, called one by one as its fit does, so that the loss can be taken in between; that time is not counted.
"""

import argparse
import time

import numpy as np
from sklearn.decomposition import _nmf

from fathom_store import Artifact
from loss_curve import LossCurve
from measured import gemm_peak, report

TOLERANCE = 1e-4


def curve(matrix: np.ndarray, wide: np.ndarray, reading: float, atoms: int, start: str, most: int) -> list[tuple[float, float]]:
    losses = LossCurve(wide, reading)
    codes, right = _nmf._initialize_nmf(matrix, atoms, init=start, random_state=0)
    columns = np.ascontiguousarray(right.T)
    losses.look(codes, columns.T)
    first = None
    for _ in range(most):
        moved = _nmf._update_coordinate_descent(matrix, codes, columns, 0, 0, False, None)
        moved += _nmf._update_coordinate_descent(matrix.T, columns, codes, 0, 0, False, None)
        losses.look(codes, columns.T)
        first = first or moved
        if moved <= TOLERANCE * first:
            break
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
    began = time.perf_counter()
    narrow = Artifact(options.store, options.activations).tensor(options.layer)[: options.rows]
    reading = {narrow.dtype: time.perf_counter() - began}
    wide = narrow.astype(np.float64)
    reading[wide.dtype] = time.perf_counter() - began
    curves = {
        f"{start}, {matrix.dtype}": curve(matrix, wide, reading[matrix.dtype], options.atoms, start, options.max_sweeps)
        for start in ("nndsvd", "nndsvda")
        for matrix in (narrow, wide)
        if options.only in (None, f"{start}, {matrix.dtype}")
    }
    report(curves=curves, peak=gemm_peak())


if __name__ == "__main__":
    main()
