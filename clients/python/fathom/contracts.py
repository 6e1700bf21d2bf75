"""Messages and methods of the contracts, made from their descriptors."""

from __future__ import annotations

import pathlib
from types import SimpleNamespace
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

AREAS = ("activation", "dictionary", "complexity", "importance", "robustness", "study")


class Method(NamedTuple):
    """A method: its path, its messages, and whether its response is a stream."""

    path: str
    request: Any
    response: Any
    streams: bool


def _load() -> descriptor_pool.DescriptorPool:
    # A pool of its own: other packages may bring other versions of google.rpc.
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString((pathlib.Path(__file__).parent / "contracts.binpb").read_bytes())
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


_POOL = _load()


def message(name: str) -> Any:
    """The class of a message, such as "fathom.complexity.v1.Probe"."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))


def enumeration(name: str) -> SimpleNamespace:
    """The values of an enumeration, such as "fathom.activation.v1.Pooling", by name."""
    return SimpleNamespace(**{value.name: value.number for value in _POOL.FindEnumTypeByName(name).values})


def methods(service: str) -> dict[str, Method]:
    """The methods of a service, such as "fathom.complexity.v1.ComplexityService", by name."""
    found = {}
    for method in _POOL.FindServiceByName(service).methods:
        messages = (message_factory.GetMessageClass(method.input_type), message_factory.GetMessageClass(method.output_type))
        found[method.name] = Method(f"/{service}/{method.name}", *messages, method.server_streaming)
    return found


Status = message("google.rpc.Status")
ErrorInfo = message("google.rpc.ErrorInfo")
RetryInfo = message("google.rpc.RetryInfo")
OperationState = enumeration("fathom.operations.v1.OperationState")
