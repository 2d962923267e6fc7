"""Progress, stopping, and what goes wrong: the same plan by several processes, named errors, no unproved plan."""

from typing import Any

import pytest

from solver import (
    Options,
    solve,
)
from solver.engine import run
from solver.model.errors import CancelledError, SolverFailedError, SolverTimeLimitError
from tests.solver.cases import EVERYONE, FLOOR, crowd, masks, plain_bytes


def test_processes_give_the_same_plan() -> None:
    assert plain_bytes(solve(crowd(), Options(processes=2))) == plain_bytes(solve(crowd()))


@pytest.mark.parametrize("processes", [1, 2])
def test_cancel_is_named(processes: int) -> None:
    with pytest.raises(CancelledError):
        solve(crowd(), Options(cancelled=lambda: True, processes=processes))


def test_the_time_limit_is_named() -> None:
    with pytest.raises(SolverTimeLimitError):
        solve(crowd(), Options(time_limit_seconds=1e-9))


def test_cbc_alone_makes_a_proved_plan() -> None:
    plan = solve(masks(50, [25, 35, 40], bands=[FLOOR, EVERYONE]), Options(choice="cbc", method="program"))
    assert [row.shares[-1] for row in plan.demands] == pytest.approx([0.5] * 3, abs=1e-6)


def test_a_plan_that_fails_its_own_check_is_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(network: Any, relaxed: Any, shares: Any, *_: Any, **__: Any) -> Any:
        return network.source_pack[network.system.arc_source] * 1000

    monkeypatch.setattr(run, "round_to_packs", greedy)
    with pytest.raises(SolverFailedError, match="failed its own check"):
        solve(masks(50, [25, 35]))
