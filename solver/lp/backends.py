"""Answers linear programs: HiGHS, then HiGHS from a cold start, then CBC (which PuLP carries)."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import pulp

from ..model.errors import SolverError, SolverFailedError
from ..parameters import DEFAULT, LpParameters, Parameters
from .cbc import WatchedCBC
from .clock import Clock
from .columnar_pulp import ColumnarProblem
from .highs import LiveHiGHS, NoAnswerError

Choice = Literal["auto", "highs", "cbc"]
ColdSolver = Callable[[Clock, LpParameters], LiveHiGHS]


class Backend:
    """Answers programs by the solver of choice; ``auto`` is HiGHS, and CBC when HiGHS has no answer.

    ``slack`` is by how much a settled share may be undercut inside the program: as much as the answers are
    inexact.
    """

    def __init__(self, choice: Choice = "auto", clock: Clock | None = None, parameters: Parameters = DEFAULT) -> None:
        self.clock = clock or Clock()
        self.parameters = parameters
        self.solves = 0
        self.slack = parameters.lp.tolerance
        self._cold: ColdSolver = LiveHiGHS
        attempts: dict[str, tuple[Callable[[ColumnarProblem], None], ...]] = {
            "auto": (self._highs, self._highs_cold, self._cbc),
            "highs": (self._highs, self._highs_cold),
            "cbc": (self._cbc,),
        }
        self._attempts = attempts[choice]

    def answer(self, program: ColumnarProblem, cold: ColdSolver = LiveHiGHS) -> None:
        """Leaves the optimal values and duals in the program. ``cold`` makes HiGHS for one that has no live model.

        Raises SolverFailedError when no solver has an answer, SolverTimeLimitError, CancelledError.
        """
        self.clock.check()
        self.solves += 1
        self._cold = cold
        said: list[str] = []
        for attempt in self._attempts:
            try:
                attempt(program)
            except NoAnswerError as error:
                said.append(str(error))
            else:
                return
        raise SolverFailedError(f"no solver has an answer for {program.name}: {'; '.join(said)}")

    def go_on(self, program: ColumnarProblem, strategy: int) -> None:
        """Resolves the live model from its last basis by HiGHS' ``strategy``; never by a cold start.

        Raises SolverFailedError where it has no answer, SolverTimeLimitError, CancelledError.
        """
        self.clock.check()
        self.solves += 1
        try:
            with _failing_as("HiGHS", program):
                model = program.solverModel
                before = model.getOptionValue("simplex_strategy")[1]
                model.setOptionValue("simplex_strategy", strategy)
                program.resolve()
                model.setOptionValue("simplex_strategy", before)
        except NoAnswerError as error:
            raise SolverFailedError(f"{program.name} does not go on: {error}") from error

    def _highs(self, program: ColumnarProblem) -> None:
        """Goes on with the live model, or makes one."""
        with _failing_as("HiGHS", program):
            if program.resolveOK:
                program.resolve()
            else:
                program.solve(self._cold(self.clock, self.parameters.lp))

    def _highs_cold(self, program: ColumnarProblem) -> None:
        """A fresh model: a basis that led astray is forgotten, and HiGHS chooses its own strategy."""
        solver = LiveHiGHS(self.clock, self.parameters.lp)
        solver.optionsDict["simplex_strategy"] = 0
        with _failing_as("HiGHS", program):
            program.solve(solver)
            program.solverModel.setOptionValue("simplex_strategy", 4)

    def _cbc(self, program: ColumnarProblem) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # PuLP announces that 4.0 has no CBC
            with _failing_as("CBC", program):
                program.solve(WatchedCBC(self.clock, self.parameters.lp))
                if program.status != pulp.LpStatusOptimal or program.sol_status != pulp.LpSolutionOptimal:
                    raise NoAnswerError(f"CBC answered {pulp.LpStatus[program.status]}")
                program.read_back()
        self.slack = self.parameters.lp.cbc_slack


@contextmanager
def _failing_as(name: str, program: ColumnarProblem) -> Iterator[None]:
    """Whatever goes wrong inside a solver, or in reading its answer, is that it has no answer; its model is dropped.

    A stop that was asked for stays what it is.
    """
    if name == "HiGHS" and importlib.util.find_spec("highspy") is None:
        raise NoAnswerError("HiGHS is not installed")
    try:
        yield
        if not _whole_answer(program):
            raise NoAnswerError(f"{name} left numbers out of its answer, or answered with what is none")
    except Exception as error:  # a solver's own failures have no common type
        program.resolveOK, program.solverModel = False, None
        if isinstance(error, SolverError):
            raise
        raise NoAnswerError(f"{name} failed: {str(error) or type(error).__name__}") from error


def _whole_answer(program: ColumnarProblem) -> bool:
    """Whether there is a number for every column and row."""
    columns, rows = len(program.low), len(program.row_low)
    parts = ((program.values, columns), (program.column_duals, columns), (program.row_duals, rows))
    return all(len(part) == count and bool(np.isfinite(part).all()) for part, count in parts)
