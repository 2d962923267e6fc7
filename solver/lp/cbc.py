"""CBC, which PuLP carries, as a process that can be stopped while it works."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pulp

from .columnar_pulp import ColumnarProblem
from .highs import Clock

POLL_SECONDS = 0.1


class WatchedCBC(pulp.PULP_CBC_CMD):  # type: ignore[misc]
    """``pulp.PULP_CBC_CMD`` that looks at the clock while CBC runs, and kills it when it is time to stop.

    Its own way only waits. Nothing of a run is left behind, however it ends.
    """

    def __init__(self, clock: Clock, tolerance: float) -> None:
        super().__init__(mip=False, msg=False)
        self.clock = clock
        self.tolerance = tolerance

    def solve_CBC(self, lp: ColumnarProblem, *_: object) -> int:  # noqa: N802 - PuLP's name
        """Writes the program, runs CBC, and reads the answer into PuLP's objects.

        Raises PulpSolverError when CBC cannot be run or leaves no answer; CancelledError, SolverTimeLimitError.
        """
        with TemporaryDirectory(prefix="tongchou-") as place:
            model, answer = Path(place) / "model.mps", Path(place) / "answer.txt"
            variables, columns, rows, _ = lp.writeMPS(str(model), rename=1)
            tolerances = ["-primalT", str(self.tolerance), "-dualT", str(self.tolerance)]
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
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - PuLP's own CBC
            try:
                while True:
                    try:
                        code = process.wait(POLL_SECONDS)
                        break
                    except subprocess.TimeoutExpired:
                        self.clock.check()
            except BaseException:
                process.kill()
                raise
        if code != 0:
            raise pulp.PulpSolverError(f"CBC ended with code {code}")
