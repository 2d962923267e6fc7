"""HiGHS behind PuLP's solver interface: takes arrays in one call, and keeps its model alive for warm starts."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import numpy as np
import pulp
from pulp import constants as pulp_codes

from ..model.errors import SolverError
from ..parameters import LpParameters
from .clock import Clock
from .columnar_pulp import ColumnarProblem

DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4
"""HiGHS' numbers for its strategies."""

DEVEX = 1
"""HiGHS' number for the edge weights of Forrest and Goldfarb, which begin at 1."""

_SOLVED = (pulp_codes.LpStatusOptimal, pulp_codes.LpSolutionOptimal)
_UNSOLVED = (pulp_codes.LpStatusNotSolved, pulp_codes.LpSolutionNoSolutionFound)


class NoAnswerError(SolverError):
    """One solver could not answer; another one, or a cold start, may."""


class LiveHiGHS(pulp.HiGHS):  # type: ignore[misc]
    """``pulp.HiGHS`` for columnar problems, by primal simplex, with ``LpProblem.resolve`` as a hot start.

    Settling a level leaves the last answer feasible but no longer optimal, which is where primal simplex goes
    on from; dual simplex would start over. The status is HiGHS' own, never PuLP's reading of it.
    """

    def __init__(self, clock: Clock, parameters: LpParameters) -> None:
        super().__init__(
            mip=False,
            msg=False,
            threads=1,
            solver="simplex",
            simplex_strategy=PRIMAL_SIMPLEX,
            presolve="off",
            primal_feasibility_tolerance=parameters.tolerance,
            dual_feasibility_tolerance=parameters.tolerance,
            small_matrix_value=parameters.matrix_entry_min,
        )
        self.clock = clock
        self.parameters = parameters
        self._stopped: SolverError | None = None
        self._look_again = 0.0

    def createAndConfigureSolver(self, lp: ColumnarProblem) -> None:  # noqa: N802 - PuLP's name
        """Makes the HiGHS model, with its output switched off from the start."""
        lp.solverModel = _quiet_class()()
        lp.solverModel.cbSimplexInterrupt += self._asked
        lp.solverModel.setOptionValue("threads", self.threads)
        for name, value in self.optionsDict.items():
            lp.solverModel.setOptionValue(name, value)

    def buildSolverModel(self, lp: ColumnarProblem) -> None:  # noqa: N802 - PuLP's name
        """Hands the arrays to HiGHS, column by column, in one call."""
        matrix = lp.matrix()
        columns, rows = len(lp.low), len(lp.row_low)
        lp.solverModel.passModel(
            columns,
            rows,
            matrix.nnz,
            1,  # column-wise
            1,  # minimise
            0.0,
            lp.cost,
            lp.low,
            lp.high,
            lp.row_low,
            lp.row_high,
            matrix.indptr.astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data,
            np.zeros(columns, dtype=np.int32),
        )

    def callSolver(self, lp: ColumnarProblem) -> None:  # noqa: N802 - PuLP's name
        """Runs to the end, unless the clock says stop in between.

        HiGHS asks after each iteration. Cutting its run into slices of time would stop it too, but would make
        its path, and so which of many equal answers it finds, depend on how fast the machine is.

        Raises CancelledError, SolverTimeLimitError.
        """
        self._stopped = None
        self.clock.check()
        lp.solverModel.run()
        if self._stopped is not None:
            raise self._stopped

    def _asked(self, event: Any) -> None:
        """HiGHS' interrupt callback: looks at the clock, at most every ``interrupt_seconds``."""
        now = time.monotonic()
        if self._stopped is None and now < self._look_again:
            return
        self._look_again = now + self.parameters.interrupt_seconds
        try:
            self.clock.check()
        except SolverError as stopped:
            self._stopped = stopped
        if self._stopped is not None:
            event.interrupt()

    def findSolutionValues(self, lp: ColumnarProblem) -> tuple[int, int]:  # noqa: N802 - PuLP's name
        """Takes the answer as arrays; raises NoAnswerError unless HiGHS itself says that it is optimal."""
        model = lp.solverModel
        status = model.modelStatusToString(model.getModelStatus())
        if status != "Optimal":
            lp.assignStatus(*_UNSOLVED)
            raise NoAnswerError(f"HiGHS answered {status}")
        solution = model.getSolution()
        lp.values = np.array(solution.col_value)
        lp.column_duals = np.array(solution.col_dual)
        lp.row_duals = np.array(solution.row_dual)
        return _SOLVED

    def actualSolve(self, lp: ColumnarProblem, **_: object) -> int:  # noqa: N802 - PuLP's name
        """A cold solve."""
        self.createAndConfigureSolver(lp)
        self.buildSolverModel(lp)
        lp.resolveOK = True
        return self.actualResolve(lp)

    def actualResolve(self, lp: ColumnarProblem, **_: object) -> int:  # noqa: N802 - PuLP's name
        """A warm start from the last basis; edits were sent to the live model as they were made."""
        self.callSolver(lp)
        status, solution_status = self.findSolutionValues(lp)
        lp.assignStatus(status, solution_status)
        return status


class PresolvedHiGHS(LiveHiGHS):
    """HiGHS with presolve for the first solve of a large program.

    The first solve has presolve and dual simplex, or an interior point with the walk to a vertex where the program is
    ``large``. The next ones go on from its basis: by dual simplex where only right-hand sides change, by primal
    simplex where costs do.
    """

    def __init__(self, clock: Clock, parameters: LpParameters, *, goes_on_by: int, large: bool = False) -> None:
        super().__init__(clock, parameters)
        self.goes_on_by, self.large = goes_on_by, large
        self.optionsDict |= {
            "presolve": "choose",
            "simplex_strategy": DUAL_SIMPLEX,
            "solver": "ipm" if large else "simplex",
        }
        if goes_on_by == DUAL_SIMPLEX:
            # Perturbed costs would have to be put right again after each question.
            self.optionsDict["dual_simplex_cost_perturbation_multiplier"] = 0.0

    @classmethod
    def for_other_costs(cls, clock: Clock, parameters: LpParameters) -> PresolvedHiGHS:
        """One for programs whose costs or upper bounds change, so that the last answer stays feasible."""
        return cls(clock, parameters, goes_on_by=PRIMAL_SIMPLEX)

    def createAndConfigureSolver(self, lp: ColumnarProblem) -> None:  # noqa: N802 - PuLP's name
        """Asked to stop in the iterations of the interior point too."""
        super().createAndConfigureSolver(lp)
        lp.solverModel.cbIpmInterrupt += self._asked

    def actualSolve(self, lp: ColumnarProblem, **_: object) -> int:  # noqa: N802 - PuLP's name
        """A cold solve; the next ones start from its basis."""
        status = super().actualSolve(lp)
        lp.solverModel.setOptionValue("presolve", "off")
        lp.solverModel.setOptionValue("solver", "simplex")
        lp.solverModel.setOptionValue("simplex_strategy", self.goes_on_by)
        if self.large:
            # Weights of steepest edges would have to be computed first, and lead astray: three times the iterations.
            lp.solverModel.setOptionValue("simplex_dual_edge_weight_strategy", DEVEX)
        return status


@cache
def _quiet_class() -> Any:
    """``highspy.Highs``, which prints nothing.

    Its constructor registers callbacks, and HiGHS prints its name when it is asked for the first thing: before
    a caller holds the model and can tell it to be silent. So the silence comes first, inside the constructor.
    """
    import highspy  # late: it may be missing, and CBC answers then

    class Quiet(highspy.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS' name
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet
