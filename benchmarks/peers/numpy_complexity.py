"""K of every feature as docs/measures.md §3.1, §3.2 and §4 define it, in float64 NumPy with BLAS and LAPACK, written for speed.

    numpy_complexity.py STORE ACTIVATIONS CODES [--layers NAME ...] [--folds 5] [--alphas A ...] [--r2 FILE]

One pass over the rows of a layer gives each fold's Gram matrix and cross products; a training set is the total less one fold.
Standardising is done on the sums: a channel of ones, which is not penalised, centres channels and features alike, and penalising
channel c by α·n·s_c², with s_c² its training variance, is the ridge on standardised channels. With c the training set's cross
products, G = LLᵀ its penalised Gram, and C, T = MMᵀ those of the fold left out, the weights are w = L⁻ᵀL⁻¹c and the fold's error is
zᵀz − 2 wᵀC + ‖Mᵀw‖². L⁻¹ is made once; so all work on features is triangular products in place, each half of a full one.
As many processes as processors share all that and take turns at its parts, each with one BLAS thread: so what is no product runs on all
of them too, and the two BLAS libraries of NumPy and SciPy do not wait for each other, spinning. The codes are held once, in float64, in
blocks of features, those that tune first.
"""

import argparse
import time
from os import sched_getaffinity

import numpy as np
from scipy.linalg.blas import dgemm, dtrmm
from scipy.linalg.lapack import dpotrf, dpotrs, dtrtri

from fathom_store import Artifact
from fold_data import Codes, Folds, r_squared
from layer_sums import Layer, Rooms, square
from measured import gemm_peak, report
from team import Team, own_memory, run_team, shared

STAGES = ["reading", "Gram", "cross products", "factors", "solves and scoring"]


def factor(gram: np.ndarray, penalty: np.ndarray, rows: int, alpha: float) -> np.ndarray:
    """L of the penalised Gram, in its place."""
    gram.T.flat[:: len(gram) + 1] += alpha * rows * penalty
    lower, failed = dpotrf(gram, lower=1, overwrite_a=1)
    if failed:
        raise ValueError(f"alpha {alpha} is too small")
    return lower


def errors(layer: Layer, fold: int, block: int, here: np.ndarray, weights: np.ndarray, test: np.ndarray, is_definite: bool):
    """SSE and SST of a block's features on the fold left out. `weights`, features × channels, are written over."""
    reading = np.einsum("ij,ij->i", weights, here)
    if is_definite:
        # The transpose of features × channels is in Fortran's order: BLAS works in place.
        dtrmm(1.0, test, weights.T, lower=1, trans_a=1, overwrite_b=1)
        quadratic = np.einsum("ij,ij->i", weights, weights)
    else:
        whole = np.tril(test) + np.tril(test, -1).T
        quadratic = np.einsum("ij,ij->i", dgemm(1.0, whole, weights.T).T, weights)
    sums, squares = layer.codes.sums[block], layer.codes.squares[block]
    count = int(layer.folds.counts[fold])
    mean = (sums.sum(0) - sums[fold]) / (layer.rows - count)
    sst = squares[fold] - 2 * mean * sums[fold] + count * mean**2
    return np.maximum(0, squares[fold] - 2 * reading + quadratic), np.maximum(0, sst)


def test_factor(gram: np.ndarray, out: np.ndarray) -> bool:
    """M of a fold's Gram; where channels of it are dependent, the Gram itself, and False."""
    lower, failed = dpotrf(gram, lower=1)
    out[...] = gram if failed else lower
    return not failed


def tune(layer: Layer, alphas: list[float], team: Team, work: np.ndarray) -> float:
    """The strength whose probes predict fold 0 best; processes share the strengths."""
    d, blocks = layer.channels, layer.codes.tuning_blocks
    for block in team.mine(blocks):
        layer.cross(block, layer.tuning_cross(block))
        team.done("cross products", 2 * layer.rows * d * len(layer.codes.features[block]))
    test = square(layer.rooms.factors, 0, layer.size)
    if team.rank == team.size - 1:
        layer.rooms.is_definite[0] = test_factor(layer.grams[0], test)
        team.done("factors", d**3 / 3)
    training = layer.training(0)
    team.done("factors")
    team.wait()
    is_definite = bool(layer.rooms.is_definite[0])
    for at in team.mine(len(alphas)):
        lower = factor(training[0].copy(order="F"), *training[1:], alphas[at])
        team.done("factors", d**3 / 3)
        r2 = []
        for block in range(blocks):
            cross = layer.tuning_cross(block)
            weights = work[: cross[0].size].reshape(cross[0].shape)
            np.subtract(cross.sum(0), cross[0], out=weights)
            dpotrs(lower, weights.T, lower=1, overwrite_b=1)
            r2.append(r_squared(*errors(layer, 0, block, cross[0], weights, test, is_definite)))
            team.done("solves and scoring", (3 if is_definite else 4) * d**2 * len(weights))
        layer.rooms.readable[at] = round(float(np.maximum(0, np.concatenate(r2)).mean()), 6)
    team.wait()
    return max(zip(layer.rooms.readable, alphas))[1]


def probe(layer: Layer, alphas: list[float], team: Team, work: np.ndarray, sse: np.ndarray, sst: np.ndarray) -> float:
    """Errors of every feature on each reporting fold, into (folds − 1) × features; returns the strength that was chosen."""
    d, size, rooms, folds = layer.channels, layer.size, layer.rooms, len(layer.folds.slices)
    alpha = tune(layer, alphas, team, work)
    inverses = [square(rooms.inverses, fold, size) for fold in range(folds)]
    tests = [square(rooms.factors, fold, size) for fold in range(folds)]
    for at in team.mine(folds - 1):
        fold = at + 1
        inverse, _ = dtrtri(factor(*layer.training(fold), alpha), lower=1, overwrite_c=1)
        inverses[fold][...] = inverse
        rooms.is_definite[fold] = test_factor(layer.grams[fold], tests[fold])
        team.done("factors", d**3)
    team.wait()
    for block in team.mine(len(layer.codes.features)):
        features = layer.codes.features[block]
        values = len(features) * size
        weights, total = work[:values].reshape(-1, size), work[values : 2 * values].reshape(-1, size)
        if block < layer.codes.tuning_blocks:
            cross = layer.tuning_cross(block)
        else:
            cross = layer.cross(block, work[2 * values : (2 + folds) * values].reshape(folds, -1, size))
        np.add(cross[0], cross[1], out=total)
        for products in cross[2:]:
            total += products
        if block >= layer.codes.tuning_blocks:
            team.done("cross products", 2 * layer.rows * d * len(features))
        for fold in range(1, folds):
            np.subtract(total, cross[fold], out=weights)
            dtrmm(1.0, inverses[fold], weights.T, lower=1, overwrite_b=1)
            dtrmm(1.0, inverses[fold], weights.T, lower=1, trans_a=1, overwrite_b=1)
            is_definite = bool(rooms.is_definite[fold])
            sse[fold - 1, features], sst[fold - 1, features] = errors(layer, fold, block, cross[fold], weights, tests[fold], is_definite)
            team.done("solves and scoring", (3 if is_definite else 4) * d**2 * len(features))
    team.wait()
    return alpha


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
    codes_artifact = Artifact(options.store, options.codes)
    layers = options.layers or activations.manifest["attributes"]["taps"]

    began = time.perf_counter()
    rows, count = codes_artifact.shape("z")
    folds = Folds(rows, options.folds)
    errors_of = shared(2, len(layers), options.folds - 1, count)
    chosen = shared(len(layers))
    memory = shared(len(sched_getaffinity(0)))
    prepared: dict = {}

    def work_on(team: Team) -> None:
        codes, rooms, widest = prepared["codes"], prepared["rooms"], prepared["widest"]
        codes.read(team)
        most = max(len(part) for part in codes.features)
        work = np.empty((2 + options.folds) * most * widest)
        team.wait()
        for at, name in enumerate(layers):
            layer = Layer(activations, name, folds, codes, rooms)
            layer.read(team)
            layer.multiply(team)
            alpha = probe(layer, options.alphas, team, work, errors_of[0, at], errors_of[1, at])
            if team.rank == 0:
                chosen[at] = alpha
        memory[team.rank] = own_memory()

    codes = Codes(codes_artifact, folds, len(sched_getaffinity(0)))
    widest = max(activations.shape(name)[1] for name in layers) + 1
    prepared.update(codes=codes, widest=widest, rooms=Rooms(rows, options.folds, widest, codes, len(options.alphas)))
    stages = run_team(work_on, STAGES)
    sse, sst = errors_of
    r2 = np.clip(r_squared(sse.sum(1), sst.sum(1)), 0, 1)
    k_std = 1 - r2.mean(0)
    k_folds = 1 - np.clip(r_squared(sse, sst), 0, 1).mean(0)
    k_std_se = k_folds.std(0, ddof=1) / np.sqrt(len(k_folds))
    seconds = time.perf_counter() - began

    peak = max(peak, gemm_peak())
    operations = sum(stage["operations"] for stage in stages.values())
    if options.r2:
        np.ascontiguousarray(np.transpose(r2)).tofile(options.r2)
    report(
        seconds=seconds,
        operations=operations,
        peak=peak,
        shareOfPeak=operations / seconds / peak,
        stages=stages,
        alpha=list(chosen),
        meanK=float(k_std.mean()),
        meanKError=float(k_std_se.mean()),
        peakMemory=memory.sum(),
    )


if __name__ == "__main__":
    main()
