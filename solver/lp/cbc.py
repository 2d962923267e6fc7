"""CBC, which PuLP carries, as a child process that is killed when it is time to stop."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pulp

from ..parameters import LpParameters
from ..processes import run_command
from .clock import Clock
from .columnar_pulp import ColumnarProblem


class WatchedCBC(pulp.PULP_CBC_CMD):  # type: ignore[misc]
    """``pulp.PULP_CBC_CMD`` that looks at the clock while CBC runs, and kills it when it is time to stop.

    Its own way only waits. Nothing of a run is left behind, however it ends.
    """

    def __init__(self, clock: Clock, parameters: LpParameters) -> None:
        super().__init__(mip=False, msg=False)
        self.clock = clock
        self.parameters = parameters

    def solve_CBC(self, lp: ColumnarProblem, *_: object) -> int:  # noqa: N802 - PuLP's name
        """Writes the program, runs CBC, and reads the answer into PuLP's objects.

        Raises PulpSolverError when CBC cannot be run or leaves no answer; CancelledError, SolverTimeLimitError.
        """
        with TemporaryDirectory(prefix="tongchou-") as place:
            model, answer = Path(place) / "model.mps", Path(place) / "answer.txt"
            variables, columns, rows, _ = lp.writeMPS(str(model), rename=1)
            tolerance = str(self.parameters.tolerance)
            tolerances = ["-primalT", tolerance, "-dualT", tolerance]
            asked = ["-initialSolve", "-printingOptions", "all", "-solution", str(answer)]
            self._run([self.path, str(model), *tolerances, *asked])
            if not answer.exists():
                raise pulp.PulpSolverError("CBC left no answer")
            found = self.readsol_MPS(str(answer), lp, variables, columns, rows)
        status, values, reduced_costs, shadow_prices, slacks, solution_status = found
        lp.assignVarsVals(values)
        lp.assignVarsDj(reduced_costs)
        lp.assignConsPi(shadow_prices)
        lp.assignConsSlack(slacks, activity=True)
        lp.assignStatus(status, solution_status)
        return int(status)

    def _run(self, command: list[str]) -> None:
        code = run_command(command, check=self.clock.check, poll_seconds=self.parameters.cbc_poll_seconds)
        if code != 0:
            raise pulp.PulpSolverError(f"CBC ended with code {code}")
