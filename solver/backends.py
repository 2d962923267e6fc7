"""Which solver answers a program: HiGHS where it can, CBC (which PuLP carries) where it cannot."""

from __future__ import annotations

import importlib.util
import math
import warnings
from collections.abc import Callable
from typing import Literal

import pulp

from solver.columnar import ColumnarProblem
from solver.errors import SolverFailedError
from solver.highs import TOLERANCE, Clock, LiveHiGHS, NoAnswerError

Choice = Literal["auto", "highs", "cbc"]

CBC_SLACK = 1e-7
"""CBC writes its multipliers with eight digits: levels read from them are no more exact than that."""


class Backend:
    """Answers programs by the solver of choice; ``auto`` is HiGHS, and CBC when HiGHS has no answer.

    ``slack`` is by how much a settled share may be undercut inside the program: as much as the answers are
    inexact.
    """

    def __init__(self, choice: Choice = "auto", clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.solves = 0
        self.slack = TOLERANCE
        ways: dict[str, tuple[Callable[[ColumnarProblem], None], ...]] = {
            "auto": (self._highs, self._highs_cold, self._cbc),
            "highs": (self._highs, self._highs_cold),
            "cbc": (self._cbc,),
        }
        self._ways = ways[choice]

    def answer(self, program: ColumnarProblem) -> None:
        """Leaves the optimal values and duals in the program.

        Raises SolverFailedError when no solver has an answer, SolverTimeLimitError, CancelledError.
        """
        self.clock.check()
        self.solves += 1
        said: list[str] = []
        for way in self._ways:
            try:
                way(program)
            except NoAnswerError as error:
                said.append(str(error))
            else:
                return
        raise SolverFailedError(f"no solver has an answer for {program.name}: {'; '.join(said)}")

    def _highs(self, program: ColumnarProblem) -> None:
        if importlib.util.find_spec("highspy") is None:
            raise NoAnswerError("HiGHS is not installed")
        if program.resolveOK:
            program.resolve()
        else:
            program.solve(LiveHiGHS(self.clock))

    def _highs_cold(self, program: ColumnarProblem) -> None:
        """A fresh model: a basis that led astray is forgotten, and HiGHS chooses its own strategy."""
        if importlib.util.find_spec("highspy") is None:
            raise NoAnswerError("HiGHS is not installed")
        solver = LiveHiGHS(self.clock)
        solver.optionsDict["simplex_strategy"] = 0
        try:
            program.solve(solver)
        except NoAnswerError:
            program.resolveOK, program.solverModel = False, None
            raise
        program.solverModel.setOptionValue("simplex_strategy", 4)

    def _cbc(self, program: ColumnarProblem) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # PuLP announces that 4.0 has no CBC
            limit = self.clock.remaining()
            solver = pulp.PULP_CBC_CMD(
                mip=False,
                msg=False,
                timeLimit=None if math.isinf(limit) else max(1, math.ceil(limit)),
                options=[f"primalT {TOLERANCE}", f"dualT {TOLERANCE}"],
            )
            try:
                program.solve(solver)
            except (pulp.PulpSolverError, OSError) as error:
                raise NoAnswerError(f"CBC: {error}") from error
        self.clock.check()
        if program.status != pulp.LpStatusOptimal or program.sol_status != pulp.LpSolutionOptimal:
            raise NoAnswerError(f"CBC answered {pulp.LpStatus[program.status]}")
        program.read_back()
        self.slack = CBC_SLACK
