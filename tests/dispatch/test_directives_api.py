"""Directives: two leaders, the first band of a plan with what it costs the others, and at once from free stock."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.database import Database
from app.core.trail.models import AuditRecord
from app.planning.directives.models import DirectiveConfirmation
from tests.dispatch.city import Office, assert_balanced, faults_of, stock_of
from tests.planning.city import POLICY, need, receive

NEW = {"facility": "third", "item": "n95", "quantity": 100, "needed_by": "2020-02-02", "reason": "new ward"}


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    """200 are there; two hospitals ask for all of it."""
    receive(client, "n95", 200, "A")
    need(client, "designated", "n95", 200)
    need(client, "second", "n95", 200)
    return Office(client, app)


def order(office: Office, *, status: int = 201, **more: object) -> Any:
    return office.post("/directives", {**NEW, **more}, by="leader", status=status)


def confirm(office: Office, code: str, *, by: str = "mayor", status: int = 200) -> Any:
    return office.post(f"/directives/{code}/confirm", by=by, status=status)


def given(office: Office, plan: str) -> dict[str, int]:
    return {row["facility"]: row["planned_units"] for row in office.get(f"/plans/{plan}/demands")["items"]}


def test_another_leader_must_confirm_it(office: Office, database: Database) -> None:
    directive = order(office)
    code = directive["code"]
    assert (code, directive["state"], directive["requisition"]) == ("DR-2020-00001", "PROPOSED", None)
    assert given(office, office.propose()) == {"designated": 140, "second": 60}
    refused = confirm(office, code, by="leader", status=403)
    assert refused["faults"][0]["code"] == "own_directive"
    assert confirm(office, code)["state"] == "CONFIRMED"
    assert confirm(office, code, status=409)["faults"][0]["code"] == "already_confirmed"
    with database.read() as session:
        actions = select(AuditRecord.action, AuditRecord.actor).where(AuditRecord.subject_kind == "directive")
        assert session.execute(actions.order_by(AuditRecord.seq)).all() == [
            ("DIRECTIVE_ORDERED", "leader"),
            ("DIRECTIVE_CONFIRMED", "mayor"),
        ]
        [row] = session.scalars(select(DirectiveConfirmation)).unique()
        line = row.requisition_line_id
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(
            DirectiveConfirmation.__table__.insert().values(
                directive_id=1,
                ordered_by="x",
                confirmed_by="x",
                confirmed_at=row.confirmed_at,
                requisition_line_id=line,
            )
        )


def test_it_is_the_first_band_of_the_next_plan_and_its_cost_is_told(office: Office) -> None:
    before = office.propose()
    confirm(office, order(office)["code"])
    plan = office.propose()
    assert given(office, before) == {"designated": 140, "second": 60}
    assert given(office, plan) == {"third": 100, "designated": 60, "second": 40}
    told = office.get(f"/plans/{plan}/directives")
    [first] = told["directives"]
    assert (first["directive"]["code"], first["wanted_units"], first["planned_units"]) == ("DR-2020-00001", 100, 100)
    costs = {row["facility"]: row["units_without"] - row["planned_units"] for row in told["costs"]}
    assert sum(costs.values()) == 100
    assert {row["facility"]: row["units_without"] for row in told["costs"]} == {
        facility: units for facility, units in given(office, before).items() if facility in costs
    }
    tiers = {row["facility"]: row["tier"] for row in office.get(f"/plans/{plan}/demands")["items"]}
    assert tiers == {"designated": 1, "second": 2, "third": 2}
    shares = {row["facility"]: row["shares"] for row in office.get(f"/plans/{plan}/demands")["items"]}
    assert shares["third"] == [1.0, 1.0, 1.0]
    assert {len(one) for one in shares.values()} == {len(POLICY.bands)}
    assert office.get(f"/plans/{before}/directives") == {"directives": [], "costs": []}


def test_what_the_plan_promises_to_it_is_delivered_like_any_need(office: Office, database: Database) -> None:
    code = order(office)["code"]
    confirmed = confirm(office, code)
    office.approved()
    assert office.requisition_state(confirmed["requisition"])[0] == "PLANNED"
    ended = office.post(f"/directives/{code}/end", {"reason": "x"}, by="leader", status=409)
    assert ended["faults"][0]["code"] == "directive_promised"
    [sent] = office.get("/transfer-orders", facility="third")["items"]
    office.ship(sent["code"])
    office.deliver(sent["code"])
    assert office.requisition_state(confirmed["requisition"]) == ("FULFILLED", 100)
    done = office.post(f"/directives/{code}/end", {"reason": "x"}, by="leader", status=409)
    assert done["faults"][0]["code"] == "directive_done"
    assert_balanced(database)


def test_it_leaves_what_the_facility_asks_for_as_it_is(office: Office, client: TestClient) -> None:
    own = need(client, "third", "n95", 40)
    given_by_order = confirm(office, order(office)["code"])["requisition"]
    assert {office.requisition_state(code)[0] for code in (own, given_by_order)} == {"REVIEWED"}
    after = need(client, "third", "kn95", 40)
    assert office.requisition_state(given_by_order)[0] == office.requisition_state(after)[0] == "REVIEWED"


def test_beyond_all_there_is_it_is_told_what_there_is(office: Office) -> None:
    refused = order(office, quantity=210, status=409)
    [fault] = refused["faults"]
    assert (fault["where"], fault["code"]) == ("quantity", "directive_beyond_supply")
    assert fault["detail"] == "210 of n95 are more than third can have by then: 200 are free, 0 to come."
    refused = order(office, quantity=210, at_once=True, status=409)
    assert faults_of(refused) == [("quantity", "directive_beyond_stock")]
    everything = order(office, facility="wh", item="none", quantity=0, needed_by="x", status=422)
    assert {where for where, _ in faults_of(everything)} >= {"quantity", "needed_by"}
    unknown = order(office, facility="nowhere", item="none", status=422)
    assert {where for where, _ in faults_of(unknown)} == {"facility", "item"}
    assert faults_of(order(office, facility="wh", status=422)) == [("facility", "not_a_recipient")]
    late = order(office, quantity=105, needed_by="2020-01-30", may_use_reserve=True, status=422)
    assert [code for _, code in faults_of(late)] == ["day_gone", "not_whole_packs", "reserve_needs_at_once"]


def test_at_once_it_leaves_by_an_order_of_its_own(office: Office, database: Database) -> None:
    code = order(office, at_once=True)["code"]
    confirmed = confirm(office, code)
    assert stock_of(database) == {"A": (200, 100)}
    [sent] = office.get("/transfer-orders", facility="third")["items"]
    assert (sent["plan"], sent["state"], sent["lines"][0]["ordered_units"]) == (code, "OPEN", 100)
    assert [one["code"] for one in office.get("/plans")["items"]] == []
    assert office.get(f"/plans/{code}")["state"] == "DISPATCHING"
    assert given(office, office.propose()) == {"designated": 60, "second": 40}
    office.ship(sent["code"])
    office.deliver(sent["code"])
    assert office.get(f"/plans/{code}")["state"] == "CLOSED"
    assert office.requisition_state(confirmed["requisition"]) == ("FULFILLED", 100)
    assert_balanced(database)


def test_at_once_the_stock_is_looked_at_again_when_it_is_confirmed(office: Office, database: Database) -> None:
    first, second = order(office, at_once=True, quantity=150)["code"], order(office, at_once=True, quantity=150)["code"]
    confirm(office, first)
    refused = confirm(office, second, status=409)
    assert faults_of(refused) == [("quantity", "directive_beyond_stock")]
    assert stock_of(database) == {"A": (200, 150)}
    assert office.get(f"/directives/{second}")["state"] == "PROPOSED"


def test_the_reserve_is_used_only_if_said(office: Office, database: Database) -> None:
    policy = {**POLICY.model_dump(mode="json"), "reserves": [{"item": "n95", "quantity": 150}]}
    office.post("/policies", policy, by="leader", status=201)
    refused = order(office, at_once=True, status=409)
    assert faults_of(refused) == [("may_use_reserve", "directive_needs_reserve")]
    assert refused["faults"][0]["detail"] == "50 of n95 are free for third beside the reserve; 100 would take 50 of it."
    confirm(office, order(office, at_once=True, may_use_reserve=True)["code"])
    assert stock_of(database) == {"A": (200, 100)}


def test_called_off_its_need_is_withdrawn(office: Office) -> None:
    turned_down, called_off = order(office)["code"], order(office)["code"]
    ended = office.post(f"/directives/{turned_down}/end", {"reason": "no"}, by="mayor")
    assert (ended["state"], ended["ending_reason"]) == ("ENDED", "no")
    assert confirm(office, turned_down, status=409)["faults"][0]["code"] == "directive_ended"
    requisition = confirm(office, called_off)["requisition"]
    office.post(f"/directives/{called_off}/end", {"reason": "ward closed"}, by="leader")
    assert office.requisition_state(requisition)[0] == "WITHDRAWN"
    assert "third" not in given(office, office.propose())


def test_an_order_that_is_called_off_gives_everything_back(office: Office, database: Database) -> None:
    code = order(office, at_once=True)["code"]
    confirm(office, code)
    [sent] = office.get("/transfer-orders", facility="third")["items"]
    office.post(f"/transfer-orders/{sent['code']}/cancel", {"reason": "no car"}, by="keeper")
    assert stock_of(database) == {"A": (200, 0)}
    # It stays in force: the next plan serves it first.
    assert given(office, office.propose())["third"] == 100
    assert_balanced(database)


def test_a_scenario_of_a_plan_with_a_directive_changes_the_band_that_it_names(office: Office) -> None:
    confirm(office, order(office)["code"])
    plan = office.propose()
    change = {"kind": "cap", "band": 0, "tier": 2, "cap_permille": 100}
    made = office.post("/scenarios", {"base_plan": plan, "title": "x", "changes": [change]}, by="planner", status=202)
    problem = office.get(f"/scenarios/{made['code']}/problem")
    assert [band["caps"] for band in problem["bands"]][:2] == [{"0": 1.0}, {"1": 0.5, "2": 0.1}]


def test_directives_are_in_the_disclosure(office: Office) -> None:
    confirm(office, order(office, at_once=True)["code"])
    order(office)
    published = office.post("/disclosures", {"as_of": "2020-01-31"}, by="leader", status=201)
    [told] = published["directives"]
    assert (told["code"], told["facility"], told["quantity"], told["at_once"]) == ("DR-2020-00001", "third", 100, True)
