"""A progress bar on standard error."""

from __future__ import annotations

import sys
from typing import Any, Optional, TextIO

_WIDTH = 24


class ProgressBar:
    """One line for each operation, written again with every change."""

    def __init__(self, shown: Optional[bool] = None, stream: Optional[TextIO] = None):
        """shown: None for where standard error is a terminal."""
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty() if shown is None else shown
        self._length = 0

    def update(self, operation: Any) -> None:
        """Shows how far an operation is."""
        progress = operation.progress
        done, total = progress.parts_done, progress.parts_total
        filled = _WIDTH * done // total if total else 0
        left = f"  {_time(progress.seconds_left)} left" if total and done < total and progress.seconds_left >= 0 else ""
        self.write(f"{operation.job} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{total or '?'}  {progress.stage}{left}")

    def write(self, line: str) -> None:
        """Shows a line in place of the one before."""
        if self._shown:
            self._stream.write("\r" + line.ljust(self._length))
            self._stream.flush()
            self._length = len(line)

    def close(self) -> None:
        """Ends the line."""
        if self._shown and self._length:
            self._stream.write("\n")
            self._length = 0


def _time(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min"
