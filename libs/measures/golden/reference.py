"""Reference values for the measures in docs/measures.md, in plain float64 NumPy.

Written for clarity, not speed: every function is the formula of the section named in its docstring.
It is the oracle that the project's own implementation is compared with; it shares no code with it.
Usage: python3 reference.py CASE_DIR     (reads *.safetensors and case.json there, writes expected.json)
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np

DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U8": np.uint8}


def load(path):
    """Tensors of a safetensors file, by name."""
    raw = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    body = raw[8 + size :]
    out = {}
    for name, info in header.items():
        if name == "__metadata__":
            continue
        begin, end = info["data_offsets"]
        out[name] = np.frombuffer(body[begin:end], DTYPES[info["dtype"]]).reshape(info["shape"])
    return out


def save(path, tensors):
    """Write a safetensors file."""
    names = {np.dtype(v): k for k, v in DTYPES.items()}
    header, body = {}, b""
    for name, array in tensors.items():
        data = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(head)) + head + body)


def fmix32(count):
    """MurmurHash3's 32-bit finaliser of 0..count-1."""
    h = np.arange(count, dtype=np.uint32)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h


def spread(features, most):
    """Sections 3.2, 3.4: the features with the smallest hash, in index order."""
    return np.sort(np.argsort(fmix32(features), kind="stable")[:most])


def ratio(top, bottom):
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), 0.0)


def ridge_parts(x, z, test, alpha):
    """Section 3.1, 3.2: SSE and SST on the test rows of a ridge probe fitted to the others."""
    train = ~test
    mean, scale = x[train].mean(0), x[train].std(0)
    scale = np.where(np.ptp(x[train], axis=0) > 0, scale, 1.0)
    a = (x[train] - mean) / scale
    target_mean = z[train].mean(0)
    gram = a.T @ a + alpha * train.sum() * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, a.T @ (z[train] - target_mean))
    residual = z[test] - target_mean - ((x[test] - mean) / scale) @ weights
    return (residual**2).sum(0), ((z[test] - target_mean) ** 2).sum(0)


def held_out_r2(x, z, folds, grid):
    """Section 3.2. Returns R² over the reporting rows, R² per reporting fold, the alpha chosen, its margin."""
    x, z = x.astype(np.float64), z.astype(np.float64)
    fold = fmix32(len(x)) % np.uint32(folds)
    if folds < 3 or len(np.unique(fold)) < folds:
        raise ValueError("at least three folds, none of them empty")
    live = np.ptp(z, axis=0) > 0
    tuned = z[:, spread(z.shape[1], 512)]

    def r2(sse, sst):
        return 1 - ratio(sse, sst) - (sst <= 0)

    means = []
    for alpha in grid:
        means.append(np.round(np.clip(r2(*ridge_parts(x, tuned, fold == 0, alpha)), 0, None).mean(), 6))
    best = max(means)
    alpha = max(a for a, m in zip(grid, means) if m == best)
    others = [best - m for a, m in zip(grid, means) if a != alpha]
    parts = [ridge_parts(x, z, fold == f, alpha) for f in range(1, folds)]
    whole = r2(sum(p[0] for p in parts), sum(p[1] for p in parts))
    each = np.array([r2(*p) for p in parts])
    return np.clip(whole, 0, 1) * live, np.clip(each, 0, 1) * live, alpha, min(others) if others else 1.0


def null_r2(x, z, folds, alpha, permutation):
    """Section 3.4: unclipped R² of permuted targets."""
    x, z = x.astype(np.float64), z.astype(np.float64)[permutation][:, spread(z.shape[1], 100)]
    fold = fmix32(len(x)) % np.uint32(folds)
    parts = [ridge_parts(x, z, fold == f, alpha) for f in range(1, folds)]
    sse, sst = sum(p[0] for p in parts), sum(p[1] for p in parts)
    kept = sst > 0
    return (1 - sse[kept] / sst[kept]) if kept.any() else np.zeros(1)


def in_sample_r2(x, z):
    """Section 3.3: ordinary least squares with intercept, scored on the rows it was fitted to."""
    x, z = x.astype(np.float64), z.astype(np.float64)
    if len(x) <= x.shape[1] + 1:
        raise ValueError("as many channels as rows: in-sample R² is 1 whatever the target")
    a, b = x - x.mean(0), z - z.mean(0)
    weights = np.linalg.lstsq(a, b, rcond=None)[0]
    sst = (b**2).sum(0)
    return np.clip(1 - ratio(((b - a @ weights) ** 2).sum(0), sst), 0, 1) * (np.ptp(z, axis=0) > 0)


def depth_half(r2):
    """Section 4, r2 [L, k]."""
    path = np.vstack([np.zeros(r2.shape[1]), r2])
    out = np.full(r2.shape[1], float(len(r2)))
    for j in range(r2.shape[1]):
        half = path[:, j].max() / 2
        if half <= 0:
            continue
        upper = int(np.argmax(path[:, j] >= half))
        low, high = path[upper - 1, j], path[upper, j]
        out[j] = upper - 1 + (half - low) / (high - low)
    return out


def cka(x, z):
    """Section 5: centred linear CKA of x [n,d] with each single column of z [n,k]."""
    x, z = x.astype(np.float64) - x.mean(0), z.astype(np.float64) - z.mean(0)
    return ratio(((x.T @ z) ** 2).sum(0), np.linalg.norm(x.T @ x) * (z**2).sum(0))


def cka_published(x, z):
    """Section 5: the formula as printed, on centred Gram matrices."""
    x, z = x.astype(np.float64) - x.mean(0), z.astype(np.float64) - z.mean(0)
    ka, out = x @ x.T, []
    for j in range(z.shape[1]):
        norm = (z[:, j] ** 2).sum()
        top = norm * ((ka @ z[:, j]) ** 2).sum()
        bottom = np.linalg.norm(ka @ ka) * norm**2
        out.append(top / bottom if bottom > 0 else 0.0)
    return np.array(out)


def nnls(a, atoms):
    """Section 1: codes of rows a for unit atoms, by cyclic coordinate descent to convergence."""
    gram = atoms @ atoms.T + 1e-6 * (atoms**2).sum() / len(atoms) * np.eye(len(atoms))
    target, z = a @ atoms.T, np.zeros((len(a), len(atoms)))
    for _ in range(20000):
        before = z.copy()
        for j in range(len(atoms)):
            z[:, j] = np.maximum(0, z[:, j] + (target[:, j] - z @ gram[:, j]) / gram[j, j])
        if np.abs(z - before).max() < 1e-13 * max(1, np.abs(z).max()):
            break
    return z


def ranks(v):
    """Mid-ranks."""
    v = np.asarray(v, float)
    order = np.argsort(v, kind="stable")
    out = np.empty(len(v))
    out[order] = np.arange(len(v))
    for value in np.unique(v):
        out[v == value] = out[v == value].mean()
    return out


def pearson(a, b):
    a, b = a - a.mean(), b - b.mean()
    bottom = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / bottom) if bottom > 0 else 0.0


def spearman(a, b):
    """Section 8."""
    return pearson(ranks(a), ranks(b))


def partial(a, b, covariates):
    """Section 8: rank correlation of a and b given covariates."""
    basis = np.stack([np.ones(len(a))] + [ranks(c) for c in covariates], 1)

    def rest(v):
        return ranks(v) - basis @ np.linalg.lstsq(basis, ranks(v), rcond=None)[0]

    return pearson(rest(a), rest(b))


def ablation(z, atoms, a, weight, bias, labels, order, keep_rest):
    """Section 6: accuracy after removing the first 0, 10 %, … of the features of an order."""
    rest = (a - z @ atoms) @ weight if keep_rest else 0.0
    curve = []
    for tenth in range(11):
        kept = z.copy()
        kept[:, order[: int(np.floor(tenth * len(order) / 10 + 0.5))]] = 0
        curve.append(float(((kept @ (atoms @ weight) + rest + bias).argmax(1) == labels).mean()))
    return curve


def expected(case):
    """All the measures for one case directory."""
    case = Path(case)
    config = json.loads((case / "case.json").read_text())
    layers = load(case / "layers.safetensors")
    layers = [layers[name] for name in sorted(layers)]
    z = load(case / "codes.safetensors")["z"].astype(np.float64)
    head = load(case / "head.safetensors")
    weight, bias = head["W"].astype(np.float64), head["b"].astype(np.float64)
    atoms = load(case / "dictionary.safetensors")["D"].astype(np.float64)
    masks = load(case / "masks.safetensors")["m"].astype(np.float64)
    extra = load(case / "rows.safetensors")
    labels, permutation = extra["labels"], extra["permutation"]
    penultimate = layers[-1].astype(np.float64)
    folds, grid = config["folds"], config["alphas"]
    variance, live = z.var(0), np.ptp(z, axis=0) > 0
    out = {"dead": int((~live).sum())}

    held = [held_out_r2(x, z, folds, grid) for x in layers]
    if min(h[3] for h in held) <= 1e-5:
        raise ValueError("a golden case must not hang on a near tie between alphas: take another seed")
    r2 = np.array([h[0] for h in held])
    out["alpha"] = [h[2] for h in held]
    out["r2"] = r2.T.tolist()
    out["variance"] = variance.tolist()
    out["k_std"] = (1 - r2.mean(0)).tolist()
    out["k_raw"] = (1 - (r2 * variance).mean(0)).tolist()
    fold_k = 1 - np.array([h[1] for h in held]).mean(0)
    out["k_std_se"] = (fold_k.std(0, ddof=1) / np.sqrt(len(fold_k))).tolist()
    out["depth_half"] = depth_half(r2).tolist()
    null = [null_r2(x, z, folds, h[2], permutation) for x, h in zip(layers, held)]
    out["null_mean"] = [float(v.mean()) for v in null]
    ols = np.array([in_sample_r2(x, z) for x in layers])
    out["r2_in_sample"] = ols.T.tolist()
    out["k_published"] = (1 - (ols * variance).mean(0)).tolist()
    checkpoints = load(case / "checkpoints.safetensors")
    over = np.array([held_out_r2(checkpoints[name], z, folds, grid)[0] for name in sorted(checkpoints)])
    out["lambda"] = (1 - over.mean(0)).tolist()
    out["lambda_raw"] = (1 - (over * variance).mean(0)).tolist()

    predicted = (penultimate @ weight + bias).argmax(1)
    effect = atoms @ weight
    contribution = z * effect[:, predicted].T
    out["importance"] = np.abs(contribution).mean(0).tolist()
    out["importance_signed"] = contribution.mean(0).tolist()
    out["prevalence"] = (z > 0).mean(0).tolist()
    out["prediction_agreement"] = float(((z @ effect + bias).argmax(1) == predicted).mean())
    residual = penultimate - z @ atoms
    out["reconstruction_r2"] = float(1 - (residual**2).sum() / ((penultimate - penultimate.mean(0)) ** 2).sum())
    alive = np.flatnonzero(live)
    k = np.array(out["k_std"])
    orders = {
        "most_complex_first": alive[np.argsort(-k[alive], kind="stable")],
        "simplest_first": alive[np.argsort(k[alive], kind="stable")],
        "most_important_first": alive[np.argsort(-np.array(out["importance"])[alive], kind="stable")],
    }
    out["ablation"] = {
        name + ("" if keep else "_rest_dropped"): ablation(z, atoms, penultimate, weight, bias, labels, order, keep)
        for name, order in orders.items()
        for keep in (True, False)
    }

    whole = cka(penultimate, z)
    out["cka_penultimate"] = whole.tolist()
    out["cka_published"] = cka_published(penultimate, z).tolist()
    masked = np.array([cka(penultimate * m, z) for m in masks])
    out["redundancy"] = ratio(masked.mean(0), whole).tolist()
    root, l2 = np.sqrt(atoms.shape[1]), np.linalg.norm(atoms, axis=1)
    out["hoyer"] = np.where(l2 > 0, (root - ratio(np.abs(atoms).sum(1), l2)) / (root - 1), 0.0).tolist()
    noisy = load(case / "noisy_codes.safetensors")["z"].astype(np.float64)
    out["sensitivity"] = ratio(noisy.var(1).mean((0, 1)), variance).tolist()
    out["nnls"] = nnls(penultimate[:32], atoms).tolist()

    def column(name):
        return np.array(out[name])[live]

    covariates = [column("prevalence"), column("variance"), column("hoyer")]
    out["correlations"], out["partial_correlations"] = {}, {}
    for name in ("k_std", "k_raw"):
        for other in ("importance", "redundancy", "sensitivity", "hoyer", "lambda"):
            out["correlations"][f"{name}~{other}"] = spearman(column(name), column(other))
            if other != "hoyer":
                out["partial_correlations"][f"{name}~{other}"] = partial(column(name), column(other), covariates)
    return out


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "expected.json").write_text(json.dumps(expected(folder), indent=1))
