"""What is asked of the solvers, and what becomes of their failures."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pulp
import pytest

from solver.leximin.sequential_lp import settle_bands_by_lps
from solver.lp.backends import Backend
from solver.lp.formulation import AllocationLP, Labels
from solver.lp.highs import LiveHiGHS
from solver.model.errors import SolverFailedError
from tests.solver.cases import FLOOR, KEY_POINTS, masks
from tests.solver.leximin.test_sequential_lp import only

TINY = masks(60, [25, 35], tiers=[1, 2], bands=[FLOOR, KEY_POINTS])
GOLDEN = Path(__file__).with_name("golden") / "tiny.lp"


def tiny() -> AllocationLP:
    names = Labels(sources=["lot"], demands=["d-0", "d-1"], limits=["supply:lot"])
    program = AllocationLP(only(TINY), names, name="tiny")
    program.open_band(0, np.array([0, 1]))
    return program


def test_the_program_reads_as_it_is_written_down(tmp_path: Path) -> None:
    """The golden file is the program of a tiny case as PuLP writes it: a change of the model shows there."""
    tiny().problem.writeLP(tmp_path / "tiny.lp")
    assert (tmp_path / "tiny.lp").read_text() == GOLDEN.read_text()


def test_stock_solvers_of_pulp_take_the_same_object() -> None:
    ours, stock = tiny(), tiny()
    Backend("highs").answer(ours.problem)
    stock.problem.solve(pulp.HiGHS(msg=False))
    stock.problem.read_back()
    assert stock.problem.values[stock.level] == pytest.approx(ours.problem.values[ours.level])
    assert stock.fair_duals(0, np.array([0, 1])) == pytest.approx(ours.fair_duals(0, np.array([0, 1])))


def test_rows_come_only_as_arrays() -> None:
    problem = tiny().problem
    with pytest.raises(pulp.PulpError, match="add_rows"):
        problem += pulp.lpSum(problem.variables()) <= 1


def test_the_model_stays_alive_between_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []
    build = LiveHiGHS.buildSolverModel
    monkeypatch.setattr(LiveHiGHS, "buildSolverModel", lambda self, lp: (built.append(1), build(self, lp))[1])
    backend = Backend("highs")
    settle_bands_by_lps(AllocationLP(only(TINY)), backend)
    assert backend.solves == 2
    assert built == [1]


@pytest.mark.parametrize("status", ["Unknown", "Infeasible", "Unbounded", "Solve error", "Not Set"])
def test_a_status_that_is_not_optimal_is_no_answer(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever values HiGHS leaves behind, only its own word 'Optimal' counts; then CBC is asked."""
    real = LiveHiGHS.findSolutionValues

    def twisted(self: LiveHiGHS, lp: Any) -> Any:
        class Model:
            def getModelStatus(self) -> None: ...  # noqa: N802

            def modelStatusToString(self, _: object) -> str:  # noqa: N802
                return status

        lp.solverModel, model = Model(), lp.solverModel
        try:
            return real(self, lp)
        finally:
            lp.solverModel = model

    monkeypatch.setattr(LiveHiGHS, "findSolutionValues", twisted)
    with pytest.raises(SolverFailedError, match=status):
        settle_bands_by_lps(AllocationLP(only(TINY)), Backend("highs"))
    assert settle_bands_by_lps(AllocationLP(only(TINY)), Backend("auto")).shares[-1, 0] == pytest.approx(1.0, abs=1e-6)


def test_without_highs_cbc_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "highspy" else real(name, *rest)
    )
    with pytest.raises(SolverFailedError, match="HiGHS is not installed"):
        settle_bands_by_lps(AllocationLP(only(TINY)), Backend("highs"))
    assert settle_bands_by_lps(AllocationLP(only(TINY)), Backend("auto")).shares[0] == pytest.approx(
        [0.5, 0.3], abs=1e-6
    )


def test_without_any_solver_the_failure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> int:
        raise pulp.PulpSolverError("cannot execute cbc")

    monkeypatch.setattr(pulp.PULP_CBC_CMD, "actualSolve", broken)
    with pytest.raises(SolverFailedError, match="cannot execute cbc"):
        settle_bands_by_lps(AllocationLP(only(TINY)), Backend("cbc"))


def test_cbc_that_answers_infeasible_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def infeasible(self: Any, lp: Any, **_: Any) -> int:
        lp.assignStatus(pulp.LpStatusInfeasible)
        return pulp.LpStatusInfeasible

    monkeypatch.setattr(pulp.PULP_CBC_CMD, "actualSolve", infeasible)
    with pytest.raises(SolverFailedError, match="Infeasible"):
        settle_bands_by_lps(AllocationLP(only(TINY)), Backend("cbc"))


def test_wrong_duals_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that calls a wrong answer optimal does not get a wrong level through."""
    real = LiveHiGHS.findSolutionValues

    def twisted(self: LiveHiGHS, lp: Any) -> Any:
        found = real(self, lp)
        lp.values = lp.values * 0.9
        return found

    monkeypatch.setattr(LiveHiGHS, "findSolutionValues", twisted)
    with pytest.raises(SolverFailedError, match="not proved"):
        settle_bands_by_lps(AllocationLP(only(masks(50, [25, 35]))), Backend("highs"))
