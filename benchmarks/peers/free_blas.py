"""Routines of BLAS and LAPACK, in place, on matrices in Fortran's order. SciPy's own wrappers keep other threads of Python waiting; these do not."""

from ctypes import CFUNCTYPE, byref, c_char_p, c_double, c_int, c_void_p, py_object, pythonapi

import numpy as np
from scipy.linalg import cython_blas, cython_lapack

pythonapi.PyCapsule_GetName.restype = c_char_p
pythonapi.PyCapsule_GetName.argtypes = [py_object]
pythonapi.PyCapsule_GetPointer.restype = c_void_p
pythonapi.PyCapsule_GetPointer.argtypes = [py_object, c_char_p]


def _routine(module, name: str, parameters: int):
    capsule = module.__pyx_capi__[name]
    pointer = pythonapi.PyCapsule_GetPointer(capsule, pythonapi.PyCapsule_GetName(capsule))
    call = CFUNCTYPE(None, *[c_void_p] * parameters)(pointer)

    def run(*arguments) -> None:
        """Characters as bytes; numbers and matrices as they are."""
        kept = [_passed(argument) for argument in arguments]
        call(*(value if isinstance(value, (bytes, int)) else byref(value) for value in kept))

    return run


def _passed(argument):
    if isinstance(argument, np.ndarray):
        return argument.ctypes.data
    return argument if isinstance(argument, (bytes, c_int)) else c_int(argument) if isinstance(argument, int) else c_double(argument)


_dgemm = _routine(cython_blas, "dgemm", 13)
_dsyrk = _routine(cython_blas, "dsyrk", 10)
_dtrmm = _routine(cython_blas, "dtrmm", 11)
_dpotrf = _routine(cython_lapack, "dpotrf", 5)
_dpotrs = _routine(cython_lapack, "dpotrs", 8)
_dtrtri = _routine(cython_lapack, "dtrtri", 6)


def _leading(matrix: np.ndarray) -> int:
    """The distance between columns, in numbers."""
    if matrix.dtype != np.float64 or matrix.strides[0] != 8:
        raise ValueError("no float64 matrix in Fortran's order")
    return matrix.strides[1] // 8


def dgemm_transposed(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """out = a·bᵀ."""
    rows, steps = a.shape
    _dgemm(b"N", b"T", rows, len(b), steps, 1.0, a, _leading(a), b, _leading(b), 0.0, out, _leading(out))


def dsyrk(a: np.ndarray, out: np.ndarray) -> None:
    """The lower half of out = a·aᵀ."""
    _dsyrk(b"L", b"N", len(a), a.shape[1], 1.0, a, _leading(a), 0.0, out, _leading(out))


def dtrmm(lower: np.ndarray, b: np.ndarray, transposed: bool = False) -> None:
    """b = lower·b, or lowerᵀ·b."""
    _dtrmm(b"L", b"L", b"T" if transposed else b"N", b"N", len(lower), b.shape[1], 1.0, lower, _leading(lower), b, _leading(b))


def dpotrf(matrix: np.ndarray) -> bool:
    """The lower Cholesky factor, in place of the lower half; False where the matrix is not positive definite."""
    failed = c_int()
    _dpotrf(b"L", len(matrix), matrix, _leading(matrix), failed)
    return failed.value == 0


def dpotrs(lower: np.ndarray, b: np.ndarray) -> None:
    """b = (lower·lowerᵀ)⁻¹·b."""
    _dpotrs(b"L", len(lower), b.shape[1], lower, _leading(lower), b, _leading(b), c_int())


def dtrtri(lower: np.ndarray) -> None:
    """lower⁻¹, in place of the lower half."""
    _dtrtri(b"L", b"N", len(lower), lower, _leading(lower), c_int())
