"""Decisions on plans without a database: states, approvers, overlaps, lots that stand for lines, what changed."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.plans.rules import (
    LIVE_STATES,
    TRANSITIONS,
    FreeLot,
    OwnApprovalError,
    PlanStateError,
    Step,
    Waiting,
    bind_lots,
    late_fault,
    next_state,
    overlap,
    refuse_own_approval,
)
from app.planning.plans.types import PlanState
from app.planning.snapshot.changes import NAMED_AT_MOST, changed_inputs, policy_fault
from solver import parse_problem

DAY = date(2020, 1, 31)
ENDED = {PlanState.CLOSED, PlanState.FAILED, PlanState.REJECTED, PlanState.SUPERSEDED, PlanState.CANCELLED}


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", PlanState)
def test_what_is_not_in_the_table_is_refused(state: PlanState, step: Step) -> None:
    after = TRANSITIONS[step].get(state)
    if after is None:
        with pytest.raises(PlanStateError) as refusal:
            next_state("P", state, step)
        assert refusal.value.faults[0].params == {"plan": "P", "state": state.value, "step": step.value}
    else:
        assert next_state("P", state, step) is after


def test_nothing_follows_an_ending_and_only_approved_plans_are_dispatched() -> None:
    assert all(ENDED.isdisjoint(ways) for ways in TRANSITIONS.values())
    assert TRANSITIONS[Step.DISPATCH] == {PlanState.APPROVED: PlanState.DISPATCHING}
    assert TRANSITIONS[Step.APPROVE] == {PlanState.PROPOSED: PlanState.APPROVED}
    assert {state for state in LIVE_STATES if state in TRANSITIONS[Step.CANCEL]} == LIVE_STATES


def test_whoever_had_a_hand_in_a_plan_does_not_approve_it() -> None:
    with pytest.raises(OwnApprovalError):
        refuse_own_approval("P", "b", {"a", "b"})
    refuse_own_approval("P", "c", {"a", "b"})


def test_a_plan_that_has_begun_is_late() -> None:
    assert late_fault("P", DAY, DAY) is None
    fault = late_fault("P", DAY, date(2020, 2, 1))
    assert fault is not None
    assert fault.params == {"plan": "P", "start": "2020-01-31", "today": "2020-02-01"}


@pytest.mark.parametrize(("start", "days", "common"), [(31, 1, True), (30, 1, False), (29, 3, True), (25, 6, False)])
def test_plans_overlap_when_they_have_a_day_in_common(start: int, days: int, common: bool) -> None:
    assert overlap(DAY, 7, date(2020, 1, start), days) is common
    assert overlap(date(2020, 1, start), days, DAY, 7) is common


def waiting(line_id: int, units: int, **more: object) -> Waiting:
    fields: dict[str, object] = {
        "document": "PO",
        "item_id": 1,
        "warehouse_id": 1,
        "facility_id": 7,
        "ship_on": DAY,
        "used_on": DAY,
        **more,
    }
    return Waiting(line_id=line_id, units=units, **fields)  # type: ignore[arg-type]


def lot(lot_id: int, units: int, **more: object) -> FreeLot:
    fields: dict[str, object] = {
        "item_id": 1,
        "warehouse_id": 1,
        "documents": frozenset({"PO"}),
        "expiry_date": None,
        "earmark": frozenset(),
        **more,
    }
    return FreeLot(lot_id=lot_id, units=units, **fields)  # type: ignore[arg-type]


def test_what_expires_first_serves_what_leaves_first() -> None:
    lots = [lot(1, 50), lot(2, 30, expiry_date=date(2020, 6, 1)), lot(3, 30, expiry_date=date(2020, 3, 1))]
    lines = [waiting(8, 40, ship_on=date(2020, 2, 2)), waiting(9, 40)]
    found = [(one.line_id, one.lot_id, one.units) for one in bind_lots(lines, lots)]
    assert found == [(9, 3, 30), (9, 2, 10), (8, 2, 20), (8, 1, 20)]


@pytest.mark.parametrize(
    "unfit",
    [
        {"item_id": 2},
        {"warehouse_id": 2},
        {"documents": frozenset({"OTHER"})},
        {"earmark": frozenset({8})},
        {"expiry_date": date(2020, 1, 30)},
    ],
)
def test_what_is_not_fit_for_a_line_does_not_serve_it(unfit: dict[str, object]) -> None:
    assert bind_lots([waiting(1, 10)], [lot(1, 10, **unfit)]) == []


@given(
    wanted=st.lists(st.integers(1, 50), max_size=6),
    there=st.lists(st.integers(1, 50), max_size=6),
)
def test_binding_never_gives_more_than_there_is_or_is_wanted(wanted: list[int], there: list[int]) -> None:
    found = bind_lots(
        [waiting(n, units) for n, units in enumerate(wanted)], [lot(n, units) for n, units in enumerate(there)]
    )
    for n, units in enumerate(wanted):
        assert sum(one.units for one in found if one.line_id == n) <= units
    for n, units in enumerate(there):
        assert sum(one.units for one in found if one.lot_id == n) <= units
    assert sum(one.units for one in found) == min(sum(wanted), sum(there))


PROBLEM = parse_problem(
    {
        "format": "tongchou.problem/1",
        "start": "2020-01-31",
        "periods": 7,
        "items": [{"id": "n95", "pack": 10}],
        "sites": [{"id": "wh"}],
        "facilities": [{"id": "h"}],
        "lanes": [{"site": "wh", "facility": "h"}],
        "supplies": [{"id": "n95/A@wh", "item": "n95", "site": "wh", "quantity": 100}],
        "demands": [{"id": "d", "facility": "h", "item": "n95", "quantity": 50, "due": 1, "tier": 1}],
        "bands": [{"name": "all", "caps": {"1": 1.0}}],
    }
)


def test_changes_are_named_by_what_they_are() -> None:
    supply, demand = PROBLEM.supplies[0], PROBLEM.demands[0]
    now = replace(
        PROBLEM,
        supplies=(replace(supply, quantity=90), replace(supply, id="n95/B@wh")),
        demands=(replace(demand, due=2, tier=2),),
        lanes=(),
        periods=6,
    )
    faults = changed_inputs(PROBLEM, now)
    assert [(fault.where, str(fault).split(": ", 1)[1]) for fault in faults] == [
        ("demands", "The need “d” has changed: due 1 -> 2, tier 1 -> 2."),
        ("supplies", "The stock or arrival “n95/A@wh” was 100 units and is 90 now."),
        ("supplies", "The stock or arrival “n95/B@wh” was not there when the plan was computed."),
        ("lanes", "The lane “wh -> h” is no longer there."),
        ("policy", "The policy's bands or its horizon have changed."),
    ]
    assert changed_inputs(PROBLEM, PROBLEM) == []


def test_no_more_changes_are_named_than_people_read() -> None:
    supply = PROBLEM.supplies[0]
    faults = changed_inputs(
        PROBLEM, replace(PROBLEM, supplies=(supply, *(replace(supply, id=f"n{n}") for n in range(30))))
    )
    assert len(faults) == NAMED_AT_MOST + 1
    assert faults[-1].params == {"more": 30 - NAMED_AT_MOST}


def test_another_version_of_the_policy_is_a_change() -> None:
    assert policy_fault(2, 2) is None
    fault = policy_fault(1, 2)
    assert fault is not None
    assert fault.params == {"used": 1, "in_force": 2}
