"""How far codes are from optimal, by one measure for all methods."""

import numpy as np


def kkt_residual(rows: np.ndarray, atoms: np.ndarray, codes: np.ndarray) -> float:
    """
    The largest over all rows of the violation of the optimality conditions of min ‖a − zD‖², z ≥ 0, relative to the row's largest
    product with an atom: |gradient| where the code is positive, the descent still to be had where it is 0. In float64.
    """
    worst = 0.0
    wide = atoms.astype(np.float64)
    for start in range(0, len(rows), 64):
        a, z = rows[start : start + 64].astype(np.float64), codes[start : start + 64].astype(np.float64)
        products = a @ wide.T
        gradient = z @ wide @ wide.T - products
        violation = np.where(z > 0, np.abs(gradient), np.maximum(0, -gradient)).max(1)
        worst = max(worst, float((violation / np.abs(products).max(1)).max()))
    return worst
