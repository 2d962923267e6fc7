"""The time limit of a solve, and its cancellation by the caller."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..model.errors import CancelledError, SolverTimeLimitError


class Clock:
    """When to stop: a deadline of ``time.monotonic`` (None: never) and a caller that may cancel."""

    def __init__(self, seconds: float | None = None, cancelled: Callable[[], bool] | None = None) -> None:
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._cancelled = cancelled

    def without_limit(self) -> Clock:
        """The same caller, and all the time there is."""
        return Clock(None, self._cancelled)

    def remaining(self) -> float:
        """Seconds left; infinite without a limit."""
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def seconds(self) -> float | None:
        """Seconds left, as another clock is made with: None without a limit."""
        return None if self._deadline is None else self.remaining()

    def check(self) -> None:
        """Raises CancelledError or SolverTimeLimitError when it is time to stop."""
        if self._cancelled is not None and self._cancelled():
            raise CancelledError("the caller asked to stop")
        if self.remaining() <= 0:
            raise SolverTimeLimitError("the time limit passed before the plan was finished")
