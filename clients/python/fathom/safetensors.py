"""The safetensors format, to and from numpy."""

from __future__ import annotations

import json
import struct
from typing import Mapping, Sequence

import numpy as np

from .errors import FathomError, InputError

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1", "BOOL": "?"}
_NAMES = {np.dtype(code): name for name, code in _TYPES.items()}


def encode(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of a safetensors file of the arrays."""
    header, data, at = {}, [], 0
    for name, array in arrays.items():
        values = np.asarray(array, order="C")
        dtype = _NAMES.get(values.dtype.newbyteorder("<"))
        if dtype is None:
            raise InputError(name, "has elements of a type that cannot be sent", values.dtype, ", ".join(str(np.dtype(code)) for code in _TYPES.values()))
        content = values.astype(_TYPES[dtype], copy=False).tobytes()
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [at, at + len(content)]}
        data.append(content)
        at += len(content)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(data)


def array_of(dtype: str, shape: Sequence[int], content: bytes) -> np.ndarray:
    """Elements as an array; BF16, which numpy does not have, as float32 of the same values."""
    if dtype == "BF16":
        return (np.frombuffer(content, "<u2").astype("<u4") << 16).view("<f4").reshape(shape)
    if dtype not in _TYPES:
        raise FathomError("CORRUPT_DATA", f"elements of the unknown type {dtype}")
    return np.frombuffer(content, _TYPES[dtype]).reshape(shape)


def decode(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file."""
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    data = content[8 + length :]
    return {name: array_of(entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])]) for name, entry in header.items()}
