"""The public plan format: written, read back, and every fault named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import Fund, Offer, Reserve, solve
from solver.formats.plan_json import parse_plan, plan_to_json
from solver.model.errors import Fault, InvalidPlanError
from solver.model.plan import Plan
from tests.solver.cases import FLOOR, KEY_POINTS, masks


def made() -> dict[str, Any]:
    """A plan with something in every list."""
    problem = masks(
        40,
        [25, 35, 40],
        tiers=[1, 2, 1],
        bands=[FLOOR, KEY_POINTS],
        offers=[Offer(id="offer", item="mask", site="depot", quantity=50, unit_price=2.0, fund="city")],
        funds=[Fund(id="city", amount=20)],
        reserves=[Reserve(item="mask", quantity=10)],
    )
    document: dict[str, Any] = json.loads(json.dumps(plan_to_json(solve(problem))))
    return document


PLAN = made()


def changed(**cells: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(PLAN)), **cells}


def row_changed(table: str, **cells: Any) -> dict[str, Any]:
    document = changed()
    document[table][0].update(cells)
    return document


def faults_of(data: object) -> list[str]:
    with pytest.raises(InvalidPlanError) as raised:
        parse_plan(data)
    return [fault.path for fault in raised.value.faults]


def test_every_list_is_in_use() -> None:
    lists = ("demands", "shipments", "purchases", "bands", "limits", "helps", "certificates", "relaxed")
    assert all(PLAN[name] for name in lists)
    assert PLAN["demands"][0]["reasons"]
    assert PLAN["limits"][0]["gain"]


def test_what_is_written_is_read_back() -> None:
    plan = parse_plan(PLAN)
    assert isinstance(plan, Plan)
    assert json.loads(json.dumps(plan_to_json(plan))) == PLAN


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ("a plan", "$"),
        (changed(format="tongchou.plan/2"), "$.format"),
        (changed(problem_digest=None), "$.problem_digest"),
        (changed(status="good"), "$.status"),
        (changed(cost="812.4"), "$.cost"),
        (changed(cost=float("nan")), "$.cost"),
        (changed(surprise=1), "$"),
        (changed(demands=None), "$.demands"),
        (changed(shipments=[1]), "$.shipments[0]"),
        (row_changed("demands", shares=0.5), "$.demands[0].shares"),
        (row_changed("demands", shares=[0.5, 2]), "$.demands[0].shares"),
        (row_changed("demands", reasons=[{"why": "no"}]), "$.demands[0].reasons"),
        (row_changed("shipments", quantity=2.5), "$.shipments[0].quantity"),
        (row_changed("shipments", quantity=-2), "$.shipments[0].quantity"),
        (row_changed("shipments", surprise=1), "$.shipments[0]"),
        (row_changed("purchases", offer=5), "$.purchases[0].offer"),
        (row_changed("bands", levels=["low"]), "$.bands[0].levels"),
        (row_changed("limits", kind="weather"), "$.limits[0].kind"),
        (row_changed("limits", gain={"unit": 1}), "$.limits[0].gain"),
        (row_changed("helps", raised=0.5), "$.helps[0].raised"),
    ],
)
def test_a_fault_is_found_where_it_is(data: object, path: str) -> None:
    assert faults_of(data) == [path]


def test_every_fault_is_told_at_once() -> None:
    document = row_changed("demands", shares=[-1], quantity="all")
    document["purchases"][0] = {}
    assert faults_of(document) == [
        "$.demands[0].shares",
        "$.demands[0].quantity",
        "$.purchases[0].offer",
        "$.purchases[0].quantity",
    ]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_stands_somewhere_is_read_or_named(data: st.DataObject) -> None:
    anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers())
    document = changed()
    table = data.draw(st.sampled_from(sorted(name for name, value in document.items() if isinstance(value, list))))
    key = data.draw(st.sampled_from([*document[table][0], "surprise"]))
    document[table][0][key] = data.draw(anything)
    faults: tuple[Fault, ...] = ()
    try:
        parse_plan(document)
    except InvalidPlanError as error:
        faults = error.faults
    assert all(fault.path.startswith(f"$.{table}") for fault in faults)
