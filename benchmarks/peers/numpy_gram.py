"""XᵀX in float64 NumPy (which calls dsyrk for it): the best of several, from float32 rows as they are stored, and from float64 rows.

    numpy_gram.py ROWS COLUMNS
"""

import sys
import time

import numpy as np

from measured import gemm_peak, report


def best(work, times: int = 7) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


rows, columns = map(int, sys.argv[1:])
stored = np.maximum(0, np.random.default_rng(1).standard_normal((rows, columns))).astype(np.float32)
x = stored.astype(np.float64)


def from_stored() -> None:
    wide = stored.astype(np.float64)
    wide.T @ wide


from_float64 = best(lambda: x.T @ x)
report(seconds=from_float64, secondsFromFloat32=best(from_stored), peak=gemm_peak())
