"""R² of every feature from plain scikit-learn: one Ridge a fold and strength, all features at once (docs/measures.md §3.1, §3.2, §4).

    sklearn_complexity.py STORE ACTIVATIONS CODES [--layers NAME ...] [--folds 5] [--alphas A ...] [--r2 FILE]

As one writes it with the library: StandardScaler and Ridge on the training rows, predictions on the rows left out. Solver: Cholesky,
the fastest of its solvers for dense data with more rows than channels; targets centred beforehand, so that it copies nothing; no
look for NaN.
"""

import argparse
import time

import numpy as np
from sklearn import config_context
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from fathom_store import Artifact
from measured import gemm_peak, report
from fold_data import fmix32, r_squared, tuning_features


class Split:
    """One fold left out, channels standardised on the others."""

    def __init__(self, x: np.ndarray, test: np.ndarray) -> None:
        self.test = test
        scaler = StandardScaler().fit(x[~test])
        self.training, self.left_out = scaler.transform(x[~test]), scaler.transform(x[test])

    def errors(self, z: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
        """SSE and SST of every feature on the rows left out."""
        mean = z[~self.test].mean(0)
        ridge = Ridge(alpha=alpha * len(self.training), fit_intercept=False, solver="cholesky").fit(self.training, z[~self.test] - mean)
        centred = z[self.test] - mean
        missed = centred - ridge.predict(self.left_out)
        return np.einsum("ij,ij->j", missed, missed), np.einsum("ij,ij->j", centred, centred)


def probe(x: np.ndarray, z: np.ndarray, fold: np.ndarray, folds: int, alphas: list[float]) -> tuple[np.ndarray, float]:
    tuning = tuning_features(z.shape[1])
    chosen, tuner = z[:, tuning], Split(x, fold == 0)
    score = lambda alpha: round(float(np.maximum(0, r_squared(*tuner.errors(chosen, alpha))).mean()), 6)
    alpha = max((score(alpha), alpha) for alpha in alphas)[1]
    sse, sst = np.sum([Split(x, fold == test).errors(z, alpha) for test in range(1, folds)], axis=0)
    return np.clip(r_squared(sse, sst), 0, 1), alpha


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("activations")
    parser.add_argument("codes")
    parser.add_argument("--layers", nargs="*")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--alphas", nargs="*", type=float, default=[1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
    parser.add_argument("--r2", help="where R² goes: features × layers, float64")
    options = parser.parse_args()
    peak = gemm_peak()
    activations = Artifact(options.store, options.activations)
    layers = options.layers or activations.manifest["attributes"]["taps"]

    began = time.perf_counter()
    z = Artifact(options.store, options.codes).tensor("z").astype(np.float64)
    fold = fmix32(np.arange(len(z))) % np.uint32(options.folds)
    r2, alphas = [], []
    with config_context(assume_finite=True):
        for name in layers:
            of_layer, alpha = probe(activations.tensor(name).astype(np.float64), z, fold, options.folds, options.alphas)
            r2.append(of_layer)
            alphas.append(alpha)
    k_std = 1 - np.mean(r2, axis=0)
    seconds = time.perf_counter() - began

    if options.r2:
        np.ascontiguousarray(np.transpose(r2)).tofile(options.r2)
    report(seconds=seconds, peak=max(peak, gemm_peak()), alpha=alphas, meanK=float(k_std.mean()))


if __name__ == "__main__":
    main()
