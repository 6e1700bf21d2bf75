"""K of every feature as docs/measures.md §3.1, §3.2 and §4 define it, in float64 NumPy with BLAS and LAPACK, written for speed.

    numpy_complexity.py STORE ACTIVATIONS CODES [--layers NAME ...] [--folds 5] [--alphas A ...] [--r2 FILE]

One pass over the rows of a layer gives each fold's Gram matrix and cross products; a training set is the total less one fold.
Standardising is done on the sums: a channel of ones, which is not penalised, centres channels and features alike, and penalising
channel c by α·n·s_c², with s_c² its training variance, is the ridge on standardised channels. With c the training set's cross
products, G = LLᵀ its penalised Gram, and C, T = MMᵀ those of the fold left out, the weights are w = L⁻ᵀL⁻¹c and the fold's error is
zᵀz − 2 wᵀC + ‖Mᵀw‖². L⁻¹ is made once; so all work on features is triangular products in place, each half of a full one.
As many threads as processors share all that and take turns at its parts, each with one BLAS thread: so what is no product runs on all
of them too, and the two BLAS libraries of NumPy and SciPy do not wait for each other, spinning. The codes are held once, in float64, in
blocks of features, those that tune first.
"""

import argparse
import os
import time

# Read when NumPy is loaded. Memory is used again and again, and huge pages are slow to be had where it is in pieces.
os.environ["NUMPY_MADVISE_HUGEPAGE"] = "0"
import numpy as np  # noqa: E402

from fathom_store import Artifact
from fold_data import Codes, Folds, r_squared
from free_blas import dpotrf, dpotrs, dtrmm, dtrtri
from layer_sums import Group, Layer, Rooms
from measured import gemm_peak, report
from team import Team, own_memory, run_team

# As many channels are multiplied with the codes at once, where single layers have fewer.
MOST_TOGETHER = 2100
STAGES = ["reading", "Gram", "cross products", "factors", "solves and scoring"]


def factor(gram: np.ndarray, penalty: np.ndarray, rows: int, alpha: float) -> None:
    """L of the penalised Gram, in its place."""
    gram.T.flat[:: len(gram) + 1] += alpha * rows * penalty
    if not dpotrf(gram):
        raise ValueError(f"alpha {alpha} is too small")


def errors(layer: Layer, fold: int, block: int, here: np.ndarray, weights: np.ndarray):
    """SSE and SST of a block's features on the fold left out. `weights`, features × channels, are written over."""
    reading = np.vecdot(weights, here)
    test = layer.tests[fold]
    if layer.is_definite[fold]:
        # The transpose of features × channels is in Fortran's order: BLAS works in place.
        dtrmm(test, weights.T, transposed=True)
        quadratic = np.vecdot(weights, weights)
    else:
        whole = np.tril(test) + np.tril(test, -1).T
        quadratic = np.vecdot(weights @ whole, weights)
    sums, squares = layer.codes.sums[block], layer.codes.squares[block]
    count = int(layer.folds.counts[fold])
    mean = (sums.sum(0) - sums[fold]) / (layer.rows - count)
    sst = squares[fold] - 2 * mean * sums[fold] + count * mean**2
    return np.maximum(0, squares[fold] - 2 * reading + quadratic), np.maximum(0, sst)


def test_factor(gram: np.ndarray, out: np.ndarray) -> bool:
    """M of a fold's Gram; where channels of it are dependent, the Gram itself, and False."""
    out.T[...] = gram.T
    if dpotrf(out):
        return True
    out.T[...] = gram.T
    return False


def tune(group: Group, alphas: list[float], team: Team, work: np.ndarray) -> list[float]:
    """For each layer the strength whose probes predict fold 0 best; threads share factors, then features."""
    blocks = group.codes.tuning_blocks
    for block in team.mine(blocks):
        group.cross(block, group.tuning_cross(block))
        team.done("cross products", group.operations * len(group.codes.features[block]))
    for layer in group.layers:
        d = layer.channels
        if team.rank == team.size - 1:
            layer.is_definite[0] = test_factor(layer.grams[0], layer.tests[0])
            team.done("factors", d**3 / 3)
        for at in team.mine(len(alphas)):
            factor(layer.inverses[at], *layer.training(0, layer.inverses[at]), alphas[at])
            team.done("factors", d**3 / 3)
    team.wait()
    for layer in group.layers:
        for block in team.mine(blocks):
            cross = group.tuning_cross(block)[:, :, layer.span]
            weights, others = np.split(work[: 2 * cross[0].size].reshape(-1, layer.size), 2)
            np.subtract(cross.sum(0), cross[0], out=others)
            for at in range(len(alphas)):
                weights[...] = others
                dpotrs(layer.inverses[at], weights.T)
                layer.readable[block, at] = np.maximum(0, r_squared(*errors(layer, 0, block, cross[0], weights))).sum()
                team.done("solves and scoring", (3 if layer.is_definite[0] else 4) * layer.channels**2 * len(weights))
    team.wait()
    tuned = sum(len(part) for part in group.codes.features[:blocks])
    return [max(zip((layer.readable.sum(0) / tuned).round(6), alphas))[1] for layer in group.layers]


def probe(group: Group, alphas: list[float], team: Team, work: np.ndarray, sse: np.ndarray, sst: np.ndarray) -> list[float]:
    """Errors of every feature on each reporting fold, into layers × (folds − 1) × features; returns the strengths that were chosen."""
    folds, codes = len(group.folds.slices), group.codes
    chosen = tune(group, alphas, team, work)
    team.wait()
    for layer, alpha in zip(group.layers, chosen):
        for at in team.mine(folds - 1):
            fold = at + 1
            factor(layer.inverses[fold], *layer.training(fold, layer.inverses[fold]), alpha)
            dtrtri(layer.inverses[fold])
            layer.is_definite[fold] = test_factor(layer.grams[fold], layer.tests[fold])
            team.done("factors", layer.channels**3)
    team.wait()
    for block in team.mine(len(codes.features)):
        features = codes.features[block]
        values = len(features) * group.size
        if block < codes.tuning_blocks:
            products = group.tuning_cross(block)
        else:
            products = group.cross(block, work[2 * values : (2 + folds) * values].reshape(folds, -1, group.size))
            team.done("cross products", group.operations * len(features))
        for at, layer in enumerate(group.layers):
            cross = products[:, :, layer.span]
            weights, total = np.split(work[: 2 * cross[0].size].reshape(-1, layer.size), 2)
            np.add(cross[0], cross[1], out=total)
            for each in cross[2:]:
                total += each
            for fold in range(1, folds):
                np.subtract(total, cross[fold], out=weights)
                dtrmm(layer.inverses[fold], weights.T)
                dtrmm(layer.inverses[fold], weights.T, transposed=True)
                sse[at, fold - 1, features], sst[at, fold - 1, features] = errors(layer, fold, block, cross[fold], weights)
                team.done("solves and scoring", (3 if layer.is_definite[fold] else 4) * layer.channels**2 * len(features))
    team.wait()
    return chosen


def grouped(widths: list[int], most: int) -> list[slice]:
    """Layers that follow each other, together as long as they have at most so many channels."""
    cuts, together = [0], 0
    for at, width in enumerate(widths):
        if together > 0 and together + width > most:
            cuts.append(at)
            together = 0
        together += width
    return [slice(a, b) for a, b in zip(cuts, [*cuts[1:], len(widths)])]


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
    errors_of = np.empty((2, len(layers), options.folds - 1, count))
    chosen = np.empty(len(layers))
    codes = Codes(codes_artifact, folds, len(os.sched_getaffinity(0)))
    widths = [activations.shape(name)[1] + 1 for name in layers]
    spans = grouped(widths, MOST_TOGETHER)
    widest = max(sum(widths[members]) for members in spans)
    rooms = Rooms(rows, options.folds, widest, codes, len(options.alphas))
    groups = [Group(activations, layers[members], folds, codes, rooms, len(options.alphas)) for members in spans]

    def work_on(team: Team) -> None:
        codes.read(team)
        most = max(len(part) for part in codes.features)
        work = np.empty((2 + options.folds) * most * widest)
        team.wait()
        for group, members in zip(groups, spans):
            for layer in group.layers:
                layer.read(team)
            team.wait()
            for layer in group.layers:
                layer.multiply(team)
            chosen[members] = probe(group, options.alphas, team, work, *errors_of[:, members])

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
        peakMemory=own_memory(),
    )


if __name__ == "__main__":
    main()
