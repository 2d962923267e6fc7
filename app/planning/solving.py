"""Calls the solver in a process of its own, so that a long solve never slows the answers of the service."""

import json
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from app.errors import ConflictError
from solver import SolverError, parse_problem
from solver.engine import Options, solve
from solver.plan_json import plan_to_json


class PlanFailedError(ConflictError):
    """The solver gave no proved plan within its limits; the reason is named and nothing was planned."""

    code = "plan_failed"
    title = "No plan could be computed."


def solve_document(problem_json: str, time_limit_seconds: float) -> dict[str, Any]:
    """The `tongchou.plan/1` document of a `tongchou.problem/1` text; raises `PlanFailedError`."""
    try:
        plan = solve(parse_problem(json.loads(problem_json)), Options(time_limit_seconds=time_limit_seconds))
    except SolverError as error:
        raise PlanFailedError.of("The solver stopped: {reason}.", reason=str(error)) from error
    return plan_to_json(plan)


def _solve_in_child(problem_json: str, time_limit_seconds: float) -> dict[str, Any] | str:
    # Errors cross the process boundary as text: their types need arguments that pickling does not give back.
    try:
        return solve_document(problem_json, time_limit_seconds)
    except PlanFailedError as error:
        return str(error.faults[0].params["reason"])


def solve_apart(problem_json: str, time_limit_seconds: float) -> dict[str, Any]:
    """As `solve_document`, in a spawned process; a child that dies is a `PlanFailedError` too."""
    try:
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
            found = pool.submit(_solve_in_child, problem_json, time_limit_seconds).result()
    except BrokenProcessPool:
        found = "its process ended before it had a plan"
    if isinstance(found, str):
        raise PlanFailedError.of("The solver stopped: {reason}.", reason=found)
    return found
