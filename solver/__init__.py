"""Fair allocation: facts in, a proved plan out. A package of its own: no database, no web."""

from .formats.problem_json import parse_problem, problem_digest, problem_to_json
from .model.errors import (
    CancelledError,
    Fault,
    InvalidPlanError,
    InvalidProblemError,
    SolverError,
    SolverFailedError,
    SolverTimeLimitError,
)
from .model.problem import Problem

__all__ = [
    "CancelledError",
    "Fault",
    "InvalidPlanError",
    "InvalidProblemError",
    "Problem",
    "SolverError",
    "SolverFailedError",
    "SolverTimeLimitError",
    "parse_problem",
    "problem_digest",
    "problem_to_json",
]
