"""What is told while a plan is made, how it is stopped, and what a plan of the first bands is."""

from __future__ import annotations

import json
import multiprocessing
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulp
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver import Capacity, Item, Options, Problem, Step, Supply, check, solve
from solver.engine import partial
from solver.formats.plan_json import parse_plan, plan_to_json
from solver.leximin.sequential_lp import BandSequence
from solver.lp.backends import Backend
from solver.lp.clock import Clock
from solver.model.errors import CancelledError, SolverTimeLimitError
from solver.model.plan import Plan
from tests.solver.cases import (
    EACH_GROUP,
    EVERYONE,
    FLOOR,
    KEY_POINTS,
    THE_REST,
    crowd,
    masks,
    plain_bytes,
    tuned,
    without,
)
from tests.solver.lp.test_backends import tiny
from tests.solver.problem_strategies import networks, problems

THREE = masks(60, [30, 50, 50], tiers=[1, 2, 2], bands=[FLOOR, KEY_POINTS, THE_REST])


@pytest.mark.parametrize("method", ["auto", "program"])
def test_each_band_is_told_with_its_levels(method: str) -> None:
    told: list[Step] = []
    solve(THREE, Options(method=method, progress=told.append))
    bands = [step for step in told if step.stage == "bands"]
    assert [step.band for step in bands if step.settled == step.served] == [band.name for band in THREE.bands]
    assert bands[-1].levels == pytest.approx((0.3,))
    done = [step.done for step in told]
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert [step.stage for step in told[len(bands) :]] == ["gains", "check"]


def test_processes_tell_where_they_are() -> None:
    told: list[Step] = []
    plan = solve(crowd(), Options(processes=2, progress=told.append, parameters=EACH_GROUP))
    assert plain_bytes(plan) == plain_bytes(solve(crowd(), Options(parameters=EACH_GROUP)))
    bands = [step for step in told if step.stage == "bands"]
    assert bands
    assert all(step.band == "everyone" and step.levels and 0 < step.done <= 1 for step in bands)
    assert {step.groups for step in bands} == {9}
    assert {step.group for step in bands} <= set(range(9))
    assert [step.stage for step in told[-2:]] == ["gains", "check"]


IMPATIENT = tuned(lp={"interrupt_seconds": 0.0})
"""The clock is looked at in each iteration."""


class Stopping:
    """A caller that asks to stop from the n-th question on."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("after", [0, 1, 3, 6, 10])
def test_a_cancel_at_any_moment_is_named(after: int) -> None:
    with pytest.raises(CancelledError):
        solve(THREE, Options(method="program", cancelled=Stopping(after)))


def test_highs_is_asked_at_each_iteration() -> None:
    """A cancel that comes while HiGHS runs stops it there, not at its end."""
    asked = Stopping(1)
    with pytest.raises(CancelledError):
        Backend("highs", Clock(cancelled=asked), IMPATIENT).answer(tiny().problem)
    program = tiny()
    backend = Backend("highs")
    backend.answer(program.problem)
    assert program.problem.solverModel.getInfo().simplex_iteration_count > 0


def test_the_path_of_highs_does_not_depend_on_the_clock() -> None:
    """Looked at all the time or never, it gives the same bytes."""
    calm = plain_bytes(solve(THREE, Options(method="program")))
    watched = Options(method="program", time_limit_seconds=1e6, parameters=IMPATIENT)
    assert plain_bytes(solve(THREE, watched)) == calm


def test_cbc_is_killed_when_it_is_time_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CBC that would run for a minute; the caller cancels once it is under way."""
    started = tmp_path / "started"
    slow = tmp_path / "cbc"
    slow.write_text(
        f"#!{sys.executable}\nimport pathlib, time\npathlib.Path({str(started)!r}).touch()\ntime.sleep(60)\n"
    )
    slow.chmod(0o755)
    monkeypatch.setattr(pulp.PULP_CBC_CMD, "pulp_cbc_path", str(slow))
    monkeypatch.setattr("solver.lp.cbc.WatchedCBC.available", lambda _: True)
    begun = time.monotonic()
    with pytest.raises(CancelledError):
        Backend("cbc", Clock(cancelled=started.exists)).answer(tiny().problem)
    assert time.monotonic() - begun < 30


def test_processes_are_stopped_while_they_work() -> None:
    """From another thread, as a service would; no process is left behind."""
    stop = threading.Event()
    told: list[Step] = []

    def tell(step: Step) -> None:
        told.append(step)
        stop.set()

    with pytest.raises(CancelledError):
        solve(crowd(), Options(processes=2, progress=tell, cancelled=stop.is_set, parameters=EACH_GROUP))
    assert told
    assert not multiprocessing.active_children()


# The plan of the first bands.


def stopping_after(bands: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit passes when so many bands are settled."""
    real = BandSequence.settle_band

    def settle_band(self: BandSequence, band: int) -> None:
        if band >= bands:
            raise SolverTimeLimitError("time is up")
        real(self, band)

    monkeypatch.setattr(BandSequence, "settle_band", settle_band)


def first_bands(problem: Problem, bands: int) -> Problem:
    return replace(problem, bands=problem.bands[:bands])


@pytest.mark.parametrize("bands", [1, 2])
def test_what_is_settled_in_time_is_a_plan(bands: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping_after(bands, monkeypatch)
    plan = solve(THREE, Options(method="program", partial=True))
    assert plan.status == "partial"
    assert check(THREE, plan) == ()
    assert [row.name for row in plan.bands] == [band.name for band in THREE.bands[:bands]]
    monkeypatch.undo()
    wanted = solve(first_bands(THREE, bands), Options(method="program"))
    assert [row.shares for row in plan.demands] == [row.shares for row in wanted.demands]
    waiting = [dict(r.params) for r in plan.demands[1].reasons if r.code == "not_settled"]
    assert waiting == [{"band": "everyone else"}]
    assert parse_plan(json.loads(json.dumps(plan_to_json(plan)))) == plan


def test_without_a_band_in_time_the_limit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping_after(0, monkeypatch)
    with pytest.raises(SolverTimeLimitError):
        solve(THREE, Options(method="program", partial=True))


def test_without_the_wish_the_limit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping_after(2, monkeypatch)
    with pytest.raises(SolverTimeLimitError):
        solve(THREE, Options(method="program"))


@settings(max_examples=25, deadline=None)
@given(problems(items=3), st.integers(1, 3), st.sampled_from(("auto", "program")))
def test_every_partial_plan_is_proved(problem: Problem, bands: int, method: str) -> None:
    assume(networks(problem))
    with pytest.MonkeyPatch.context() as patch:
        stopping_after(bands, patch)
        patch.setattr(partial._Steps, "cheapest", _time_is_up)
        plan = solve(problem, Options(method=method, partial=True, gains_max=0))  # proved before it is returned
    settled = min(bands, len(problem.bands)) if method == "program" else len(plan.bands)
    assert (plan.status, len(plan.bands)) == ("partial", settled)
    assert all(len(row.shares) == settled for row in plan.demands)


def _time_is_up(_: Any) -> None:
    raise SolverTimeLimitError("time is up")


def test_in_time_it_is_the_same_plan() -> None:
    for method in ("auto", "program"):
        whole = solve(THREE, Options(method=method))
        assert plain_bytes(solve(THREE, Options(method=method, partial=True))) == plain_bytes(whole)


# The price of fairness.


def prices(plan: Plan) -> dict[str, tuple[int, float, float]]:
    return {row.item: (row.asked, row.met, row.most) for row in plan.price_of_fairness}


def test_equal_shares_of_one_lot_cost_nothing() -> None:
    assert prices(solve(masks(50, [25, 35]), Options(price_of_fairness=True))) == {"mask": (60, 50.0, 50.0)}
    assert solve(masks(50, [25, 35])).price_of_fairness == ()


def test_equal_shares_of_a_truck_cost_what_light_goods_could_have() -> None:
    """A truck of 30 carries 30 masks, or 10 suits; at equal shares 7.5 of each."""
    base = masks(
        None,
        [1, 1],
        bands=[EVERYONE],
        items=[Item(id="suit", volume=3.0)],
        supplies=[Supply(id=f"{item}s", item=item, site="depot", quantity=99) for item in ("mask", "suit")],
        capacities=[Capacity(site="depot", period=0, volume=30.0)],
    )
    asked = zip(base.demands, ("mask", "suit"), strict=True)
    problem = without(base, demands=[replace(row, item=item, quantity=30) for row, item in asked])
    plan = solve(problem, Options(price_of_fairness=True))
    assert prices(plan)["mask"] == pytest.approx((30, 7.5, 30.0))
    assert prices(plan)["suit"] == pytest.approx((30, 7.5, 0.0))
    assert parse_plan(json.loads(json.dumps(plan_to_json(plan)))) == plan


@settings(max_examples=25, deadline=None)
@given(problems(items=3))
def test_the_most_is_never_less_than_what_is_met_in_all(problem: Problem) -> None:
    plan = solve(problem, Options(price_of_fairness=True, gains_max=0))
    assert sum((row.most - row.met) / row.asked for row in plan.price_of_fairness) >= -1e-6
