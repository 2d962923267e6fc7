"""Every way in which the solver can refuse or fail, as one family of named errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class SolverError(Exception):
    """Base of all errors that the solver raises on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of a document: its JSON path, like ``$.demands[3].quantity``, and what is wrong."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InvalidDocumentError(SolverError):
    """A document breaks its format; ``faults`` has every fault, never only the first."""

    noun = "document"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        shown = "; ".join(str(fault) for fault in self.faults[:3])
        more = f"; and {len(self.faults) - 3} more" if len(self.faults) > 3 else ""
        super().__init__(f"the {self.noun} has {len(self.faults)} fault(s): {shown}{more}")


class InvalidProblemError(InvalidDocumentError):
    """The problem is malformed or contradicts itself."""

    noun = "problem"


class InvalidPlanError(InvalidDocumentError):
    """The plan is not a proper ``tongchou.plan/1`` document."""

    noun = "plan"


class FileError(SolverError):
    """A file cannot be read or written, or is no JSON."""


class SolverTimeLimitError(SolverError):
    """The time limit passed before the plan was finished."""


class SolverFailedError(SolverError):
    """No program could answer, or the answer failed its own check."""


class CancelledError(SolverError):
    """The caller asked to stop."""
