"""The other rules of sharing, on small problems whose answers can be counted by hand."""

from typing import Any

import pytest

from app.simulation.rules import common_factor, plan_document
from app.simulation.types import Method


def problem(**more: Any) -> dict[str, Any]:
    """Forty masks in packs of ten for three places that need forty each, on the first day."""
    return {
        "format": "tongchou.problem/1",
        "start": "2020-02-01",
        "periods": 3,
        "items": [{"id": "mask", "pack": 10, "volume": 1.0}, {"id": "kn95", "pack": 10}],
        "sites": [{"id": "store"}],
        "facilities": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
        "lanes": [{"site": "store", "facility": place} for place in "abc"],
        "supplies": [{"id": "lot", "item": "mask", "site": "store", "quantity": 40}],
        "demands": [
            {"id": f"RQ-{n}/mask/2020-02-02", "facility": place, "item": "mask", "quantity": 40, "due": 1, "tier": 1}
            for n, place in enumerate("abc")
        ],
        "bands": [{"name": "all", "caps": {"1": 1.0}}],
        **more,
    }


def given(document: dict[str, Any]) -> list[int]:
    return [row["quantity"] for row in document["demands"]]


def claims(*units: int) -> dict[str, int]:
    return {f"RQ-{n}/mask/2020-02-02": one for n, one in enumerate(units)}


@pytest.mark.parametrize(
    ("method", "asked", "expected"),
    [
        (Method.FIRST_COME, (40, 40, 40), [40, 0, 0]),
        (Method.LARGEST_CLAIM, (40, 90, 80), [0, 40, 0]),
        (Method.PRO_RATA, (40, 80, 40), [10, 20, 10]),
        (Method.PRO_RATA, (40, 40, 320), [10, 0, 30]),
    ],
)
def test_who_gets_how_much(method: Method, asked: tuple[int, ...], expected: list[int]) -> None:
    document = plan_document(problem(), method, claims(*asked))
    assert given(document) == expected
    assert document["method"] == method.value
    assert sum(row["quantity"] for row in document["shipments"]) == 40


@pytest.mark.parametrize("method", [Method.FIRST_COME, Method.LARGEST_CLAIM, Method.PRO_RATA])
def test_no_limit_is_passed(method: Method) -> None:
    tight = problem(
        supplies=[
            {"id": "bound", "item": "mask", "site": "store", "quantity": 20, "earmark": ["c"]},
            {"id": "old", "item": "mask", "site": "store", "quantity": 40, "until": 0},
            {"id": "late", "item": "mask", "site": "store", "quantity": 60, "from": 1},
            {"id": "other", "item": "kn95", "site": "store", "quantity": 20},
        ],
        offers=[
            {"id": "offer", "item": "mask", "site": "store", "quantity": 50, "from": 1, "unit_price": 2.0, "fund": "f"}
        ],
        funds=[{"id": "f", "amount": 45.0}],
        substitutions=[{"item": "kn95", "for": "mask", "ratio": 0.5, "facilities": ["b"]}],
        capacities=[{"site": "store", "period": 1, "volume": 85}],
        reserves=[{"item": "mask", "quantity": 40}],
    )
    document = plan_document(tight, method, claims(40, 40, 40))
    sent = {(row["source"], row["demand"]): row["quantity"] for row in document["shipments"]}
    of_source = {source: sum(n for (one, _), n in sent.items() if one == source) for source, _ in sent}
    assert {demand for source, demand in sent if source == "bound"} <= {"RQ-2/mask/2020-02-02"}
    assert "old" not in of_source  # it would expire before the day on which it is needed
    assert {demand for source, demand in sent if source == "other"} <= {"RQ-1/mask/2020-02-02"}
    assert of_source.get("bound", 0) + of_source.get("late", 0) <= 80  # 120 masks, of which 40 stay
    assert of_source.get("offer", 0) == 20  # 22 could be paid
    assert document["purchases"] == [{"offer": "offer", "quantity": 20}]
    in_period_1 = [row for row in document["shipments"] if row["period"] == 1 and row["source"] != "other"]
    assert sum(row["quantity"] for row in in_period_1) <= 85
    assert all(row["quantity"] % 10 == 0 for row in document["shipments"])
    assert all(row["quantity"] <= 40 for row in document["demands"])


def test_a_lane_of_a_day_must_leave_a_day_earlier() -> None:
    far = problem(lanes=[{"site": "store", "facility": "a", "days": 2}, {"site": "store", "facility": "b", "days": 1}])
    document = plan_document(far, Method.FIRST_COME, claims(40, 40, 40))
    assert given(document) == [0, 40, 0]
    assert document["shipments"][0]["period"] == 0


def test_a_lane_is_driven_on_its_days_only() -> None:
    lanes = [
        {"site": "store", "facility": "a", "departures": [2]},
        {"site": "store", "facility": "b", "departures": [1]},
    ]
    document = plan_document(problem(lanes=lanes), Method.FIRST_COME, claims(40, 40, 40))
    assert given(document) == [0, 40, 0]
    assert document["shipments"][0]["period"] == 1


def test_the_common_factor_spends_what_there_is() -> None:
    factor = common_factor([(10, 10), (30, 10), (60, 60)], 50)
    assert sum(min(factor * claim, cap) for claim, cap in [(10, 10), (30, 10), (60, 60)]) == pytest.approx(50)
    assert common_factor([(10, 10), (20, 5)], 100) == pytest.approx(1.0)
