"""Operations, followed through broken connections, restarts and queues."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator

from .contracts import OperationState
from .errors import PASSING, FathomError, error_of_status

_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_ADVISED = 0.2, 5.0, 60.0


class Patience:
    """Waits between attempts, longer and longer, until there is no hope. A service that is merely busy is waited for as it says."""

    def __init__(self, seconds: float, notice: Callable[[str], None] = lambda _: None):
        """seconds: to wait in all without renew(). notice: told of every wait."""
        self._most, self._notice = seconds, notice
        self.renew()

    def renew(self) -> None:
        """Something went forward: what was waited so far no longer counts."""
        self._waited, self._pause = 0.0, _FIRST_PAUSE

    def spend(self, error: FathomError) -> None:
        """Waits before another attempt. Raises the error where it would not pass, or has been waited for too long."""
        counts = error.reason != "RESOURCE_EXHAUSTED"
        if error.reason not in PASSING or (counts and self._waited >= self._most):
            raise error
        pause = max(self._pause, min(_LONGEST_ADVISED, error.retry_after or 0.0))
        self._notice(f"trying again in {pause:.1f} s: {error}")
        time.sleep(pause)
        self._waited += self._pause if counts else 0.0
        self._pause = min(_LONGEST_PAUSE, 2 * self._pause)


def watch(operations: Any, name: str, after_sequence: int, patience: Patience) -> Iterator[Any]:
    """An operation after each of its changes, until it has ended; after a broken connection it goes on behind the last one seen."""
    seen = after_sequence
    while True:
        try:
            for update in operations.WatchOperation(name=name, after_sequence=seen):
                operation = update.operation
                seen = operation.sequence
                patience.renew()
                yield operation
                if operation.state != OperationState.OPERATION_STATE_RUNNING:
                    return
            raise FathomError("UNAVAILABLE", f"the watch of {name} ended before the operation did")
        except FathomError as error:
            patience.spend(error)


def follow(operations: Any, start: Callable[[], Any], patience: Patience, on_update: Callable[[Any], None]) -> Any:
    """Starts an operation and follows it until it has succeeded; one that was interrupted, or cancelled by somebody else, is started again.

    Raises what it failed with. On KeyboardInterrupt the operation is told to stop; its finished parts are kept.
    """
    most = -1
    operation = None
    try:
        while True:
            try:
                operation = start().operation
                changes = [operation]
                if operation.state == OperationState.OPERATION_STATE_RUNNING:
                    changes = _chain(operation, operations.WatchOperation(name=operation.name, after_sequence=operation.sequence))
                for operation in changes:
                    on_update(operation)
                    if operation.progress.parts_done > most:
                        most = operation.progress.parts_done
                        patience.renew()
                if operation.state == OperationState.OPERATION_STATE_SUCCEEDED:
                    return operation
                if operation.state == OperationState.OPERATION_STATE_FAILED:
                    raise error_of_status(operation.error)
                raise FathomError("UNAVAILABLE", f"{operation.name} ({operation.job}) is stopped again and again")
            except FathomError as error:
                patience.spend(error)
    except KeyboardInterrupt:
        if operation is not None:
            try:
                operations.CancelOperation(name=operation.name, timeout=1.0)
            except FathomError:
                pass
        raise


def _chain(first: Any, updates: Iterator[Any]) -> Iterator[Any]:
    yield first
    for update in updates:
        yield update.operation
