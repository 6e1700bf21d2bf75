"""What calls and operations fail with."""

from __future__ import annotations

from typing import Any, Mapping, Optional

import grpc

from .contracts import ErrorInfo, RetryInfo, Status

_REASONS = {
    "INVALID_ARGUMENT": "INVALID_INPUT",
    "OUT_OF_RANGE": "INVALID_INPUT",
    "UNIMPLEMENTED": "NOT_FOUND",
    "DATA_LOSS": "CORRUPT_DATA",
}
_OWN = {"NOT_FOUND", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED", "PERMISSION_DENIED", "CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE"}

PASSING = {"UNAVAILABLE", "STORE_UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"}
"""Reasons that pass by themselves."""


class FathomError(Exception):
    """Whatever Fathom's services refuse or fail with.

    reason: one of those in docs/api.md, such as "NOT_FOUND".
    metadata: facts for machines, by name.
    retry_after: seconds after which the same request may succeed; None where the server does not say.
    """

    def __init__(self, reason: str, message: str, metadata: Optional[Mapping[str, str]] = None, retry_after: Optional[float] = None):
        super().__init__(message)
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after


class InputError(FathomError, ValueError):
    """Something that was given is wrong: which field, what was found there, and what would have been accepted."""

    def __init__(self, field: str, problem: str, value: Any = "", accepted: str = "", message: Optional[str] = None):
        found = str(value)
        got = f" (got {found})" if found else ""
        facts = {"field": field, "value": found, "accepted": accepted}
        super().__init__("INVALID_INPUT", message or f"{field}: {problem}{got}; accepted: {accepted}", facts)
        self.field = field
        self.value = found
        self.accepted = accepted


def error_of_status(status: Any) -> FathomError:
    """The error of a google.rpc.Status."""
    info, retry = ErrorInfo(), None
    for detail in status.details:
        if detail.type_url.endswith("/google.rpc.ErrorInfo"):
            info = ErrorInfo.FromString(detail.value)
        elif detail.type_url.endswith("/google.rpc.RetryInfo"):
            delay = RetryInfo.FromString(detail.value).retry_delay
            retry = delay.seconds + delay.nanos / 1e9
    metadata = dict(info.metadata)
    if info.domain == "fathom" and info.reason == "INVALID_INPUT" and "field" in metadata:
        return InputError(metadata["field"], "", metadata.get("value", ""), metadata.get("accepted", ""), status.message)
    return FathomError(info.reason or "INTERNAL", status.message, metadata, retry)


def error_of_call(error: grpc.RpcError, address: str, method: str) -> FathomError:
    """The error of a call that failed: the service's own, or one that says what gRPC met."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if details is not None:
        return error_of_status(Status.FromString(details))
    code = error.code().name
    reason = code if code in _OWN else _REASONS.get(code, "INTERNAL")
    words = "cannot be reached" if code == "UNAVAILABLE" else "does not offer this" if code == "UNIMPLEMENTED" else code
    return FathomError(reason, f"{method} at {address}: {words}: {error.details()}", {"address": address, "method": method})
