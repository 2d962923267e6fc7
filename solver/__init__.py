"""Fair allocation: facts in, a proved plan out. A package of its own: no database, no web."""

from solver.errors import (
    CancelledError,
    Fault,
    InvalidPlanError,
    InvalidProblemError,
    SolverError,
    SolverFailedError,
    SolverTimeLimitError,
)
from solver.problem import Problem
from solver.problem_json import parse_problem, problem_digest, problem_to_json

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
