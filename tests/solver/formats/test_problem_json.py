"""The public problem format: what is proper is read, what is wrong is named, all at once."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import Problem
from solver.formats.problem_json import parse_problem, problem_digest, problem_to_json
from solver.model.errors import Fault, InvalidProblemError
from tests.solver.cases import document
from tests.solver.problem_strategies import problems


def faults_of(data: object) -> dict[str, str]:
    with pytest.raises(InvalidProblemError) as raised:
        parse_problem(data)
    return {fault.path: fault.message for fault in raised.value.faults}


def changed(table: str, row: int = 0, **cells: Any) -> dict[str, Any]:
    """The proper document with some cells of one row replaced."""
    made = json.loads(json.dumps(document()))
    made[table][row].update({key.rstrip("_"): value for key, value in cells.items()})
    return made


def test_the_described_document_is_read() -> None:
    problem = parse_problem(document())
    assert problem.supplies[0].start_period == 0
    assert problem.supplies[0].until_period == 3
    assert problem.supplies[0].earmark == ("hosp-1",)
    assert problem.substitutions[0].serves == "surgical"
    assert problem.bands[0].caps == ((1, 0.5), (2, 0.3), (3, 0.1))
    assert problem.funds[0].amount == 60000.0


def test_what_is_missing_has_its_default() -> None:
    problem = parse_problem(
        {"format": "tongchou.problem/1", "start": "2020-01-31", "periods": 1, "items": [{"id": "a"}]}
    )
    item = problem.items[0]
    assert (item.pack, item.volume, item.value) == (1, 0.0, 0.0)
    assert problem.demands == ()


@settings(max_examples=60, deadline=None)
@given(problems())
def test_what_is_written_is_read_back(problem: Problem) -> None:
    again = parse_problem(json.loads(json.dumps(problem_to_json(problem))))
    assert again == problem
    assert problem_digest(again) == problem_digest(problem)


def test_the_extensions_are_read_back() -> None:
    made = document(
        previous=[{"source": "gone", "demand": "d-1", "period": 0, "quantity": 5}],
        change_penalty=0.5,
        substitutions=[{"item": "n95", "for": "surgical", "facilities": ["hosp-1"]}],
    )
    problem = parse_problem(made)
    assert problem.change_penalty == 0.5
    assert problem.previous[0].source == "gone"
    assert problem.substitutions[0].facilities == ("hosp-1",)
    assert parse_problem(problem_to_json(problem)) == problem


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ([], "$"),
        (None, "$"),
        (document(format="tongchou.problem/2"), "$.format"),
        (document(format=["tongchou.problem/1"]), "$.format"),
        (document(start="2020-02-30"), "$.start"),
        (document(start=20200131), "$.start"),
        (document(start="20200131"), "$.start"),
        (document(periods=0), "$.periods"),
        (document(periods=True), "$.periods"),
        (document(periods=10**9), "$.periods"),
        (document(start="9999-12-30"), "$.periods"),
        (document(change_penalty=-1), "$.change_penalty"),
        (document(surprise=1), "$.surprise"),
        (document(demands={}), "$.demands"),
        (document(demands=None), "$.demands"),
        (document(reserves=[500]), "$.reserves[0]"),
        (changed("demands", surprise=1), "$.demands[0]"),
        (changed("demands", quantity=math.nan), "$.demands[0].quantity"),
        (changed("demands", quantity=math.inf), "$.demands[0].quantity"),
        (changed("demands", quantity=3000.0), "$.demands[0].quantity"),
        (changed("demands", quantity=True), "$.demands[0].quantity"),
        (changed("demands", quantity="3000"), "$.demands[0].quantity"),
        (changed("demands", quantity=0), "$.demands[0].quantity"),
        (changed("demands", quantity=-5), "$.demands[0].quantity"),
        (changed("demands", quantity=10**12 + 1), "$.demands[0].quantity"),
        (changed("demands", quantity=10**6000), "$.demands[0].quantity"),
        (changed("demands", quantity=None), "$.demands[0].quantity"),
        (changed("demands", due=7), "$.demands[0].due"),
        (changed("demands", due=-1), "$.demands[0].due"),
        (changed("demands", tier=-1), "$.demands[0].tier"),
        (changed("demands", facility="nowhere"), "$.demands[0].facility"),
        (changed("demands", item={"id": "n95"}), "$.demands[0].item"),
        (changed("demands", id=""), "$.demands[0].id"),
        (changed("demands", id=7), "$.demands[0].id"),
        (changed("demands", id="d\n1"), "$.demands[0].id"),
        (changed("demands", id="\ud800"), "$.demands[0].id"),
        (changed("demands", id="d" * 201), "$.demands[0].id"),
        (changed("items", pack=0), "$.items[0].pack"),
        (changed("items", volume=math.nan), "$.items[0].volume"),
        (changed("items", value=1e13), "$.items[0].value"),
        (changed("items", value=[1]), "$.items[0].value"),
        (changed("lanes", days=0.5), "$.lanes[0].days"),
        (changed("lanes", cost=-0.01), "$.lanes[0].cost"),
        (changed("supplies", quantity=-1), "$.supplies[0].quantity"),
        (changed("supplies", until=None), "$.supplies[0].until"),
        (changed("supplies", from_=4, until=3), "$.supplies[0].until"),
        (changed("supplies", earmark=[]), "$.supplies[0].earmark"),
        (changed("supplies", earmark="hosp-1"), "$.supplies[0].earmark"),
        (changed("supplies", earmark=["hosp-1", "hosp-9"]), "$.supplies[0].earmark[1]"),
        (changed("supplies", earmark=["hosp-1", "hosp-1"]), "$.supplies[0].earmark[1]"),
        (changed("supplies", earmark=[["hosp-1"]]), "$.supplies[0].earmark[0]"),
        (changed("offers", fund="county"), "$.offers[0].fund"),
        (changed("offers", fund=None), "$.offers[0].fund"),
        (changed("offers", id="lot-1"), "$.offers[0].id"),
        (changed("offers", unit_price=-14), "$.offers[0].unit_price"),
        (changed("funds", amount=-math.inf), "$.funds[0].amount"),
        (changed("substitutions", ratio=0), "$.substitutions[0].ratio"),
        (changed("substitutions", for_="n95"), "$.substitutions[0].for"),
        (changed("substitutions", facilities=["hosp-9"]), "$.substitutions[0].facilities[0]"),
        (changed("capacities", period=7), "$.capacities[0].period"),
        (changed("capacities", volume=-1), "$.capacities[0].volume"),
        (changed("reserves", quantity=0.5), "$.reserves[0].quantity"),
        (changed("bands", caps={"1": 1.5}), "$.bands[0].caps.1"),
        (changed("bands", caps={"1": -0.1}), "$.bands[0].caps.1"),
        (changed("lanes", departures=3), "$.lanes[0].departures"),
        (changed("lanes", departures=[0, 1.0]), "$.lanes[0].departures[1]"),
        (changed("lanes", departures=[0, -1]), "$.lanes[0].departures[1]"),
        (changed("lanes", departures=[2, 1, 2]), "$.lanes[0].departures[2]"),
        (changed("lanes", departures=[0, 7]), "$.lanes[0].departures[1]"),
        (changed("bands", caps={"1": math.nan}), "$.bands[0].caps.1"),
        (changed("bands", caps={"1": "all"}), "$.bands[0].caps.1"),
        (changed("bands", caps={"first": 1}), "$.bands[0].caps.first"),
        (changed("bands", caps={"01": 1}), "$.bands[0].caps.01"),
        (changed("bands", caps=[1.0]), "$.bands[0].caps"),
        (changed("bands", name=3), "$.bands[0].name"),
        (changed("bands", 1, name="everyone else"), "$.bands[2].name"),
    ],
)
def test_a_fault_is_found_where_it_is(data: object, path: str) -> None:
    assert list(faults_of(data)) == [path]


@pytest.mark.parametrize(
    "table", ["items", "sites", "facilities", "supplies", "offers", "funds", "demands", "substitutions", "lanes"]
)
def test_what_is_there_twice_is_named(table: str) -> None:
    made = document()
    made[table] = [*made[table], made[table][0]]
    [path] = faults_of(made)
    assert path.startswith(f"$.{table}[{len(made[table]) - 1}]")


@pytest.mark.parametrize(("table", "key"), [("demands", "quantity"), ("supplies", "site"), ("bands", "caps")])
def test_a_missing_key_is_named(table: str, key: str) -> None:
    made = document()
    del made[table][0][key]
    assert faults_of(made) == {f"$.{table}[0].{key}": "is missing"}


def test_every_fault_is_told_at_once() -> None:
    made = changed("demands", quantity=-1, due=99, facility="nowhere")
    made["items"][0]["pack"] = 0
    made["bands"][1]["caps"] = {"1": 2}
    made["supplies"][0]["quantity"] = math.nan
    made["periods"] = "seven"
    assert set(faults_of(made)) == {
        "$.periods",
        "$.items[0].pack",
        "$.supplies[0].quantity",
        "$.demands[0].facility",
        "$.demands[0].quantity",
        "$.bands[1].caps.1",
    }
    made["periods"] = 7
    assert "$.demands[0].due" in faults_of(made)


def test_a_row_that_is_no_object_keeps_its_place() -> None:
    made = document(facilities=["hosp-1", {"id": "hosp-1"}, {"id": 5}])
    assert list(faults_of(made)) == ["$.facilities[0]", "$.facilities[2].id"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_stands_somewhere_is_read_or_named(data: st.DataObject) -> None:
    """No value anywhere makes the reader stumble."""
    made = json.loads(json.dumps(document()))
    table = data.draw(st.sampled_from(sorted(key for key, value in made.items() if isinstance(value, list))))
    key = data.draw(st.sampled_from([*made[table][0], "surprise"]))
    made[table][0][key] = data.draw(ANYTHING)
    faults: tuple[Fault, ...] = ()
    try:
        problem = parse_problem(made)
    except InvalidProblemError as error:
        faults = error.faults
    else:
        assert parse_problem(problem_to_json(problem)) == problem
    assert all(fault.path.startswith("$") and fault.message for fault in faults)
