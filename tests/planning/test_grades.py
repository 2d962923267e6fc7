"""Lower grades at key facilities: only by a leader's permission, with a reason and an end, and told where it lacks."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.rights import Role
from app.planning.grades.rules import Grade, is_lower, needs_permission, told_by_grade
from tests.core.etags import changed
from tests.dispatch.city import Office, faults_of
from tests.dispatch.people import GROUP, faults_at, look, person, send
from tests.planning.city import need, receive

LEADER = person("leader", Role.LEADER)
BEST, SECOND, OTHER, NONE = (
    Grade(use_group="mask", rank=1),
    Grade(use_group="mask", rank=2),
    Grade(use_group="suit", rank=2),
    Grade(use_group=None, rank=None),
)
NEW = {
    "facility": "designated", "item": "kn95", "serves_item": "n95", "reason": "none left", "valid_until": "2020-02-05",
}  # fmt: skip


@pytest.mark.parametrize(
    ("item", "serves", "lower"),
    [(SECOND, BEST, True), (BEST, SECOND, False), (SECOND, SECOND, False), (OTHER, BEST, False), (NONE, BEST, False),
     (SECOND, NONE, False)],
)  # fmt: skip
def test_a_grade_is_lower_only_within_one_use(item: Grade, serves: Grade, lower: bool) -> None:
    assert is_lower(item, serves) is lower
    assert needs_permission(item, serves, 1) is lower
    assert not needs_permission(item, serves, 2)


def test_a_reason_that_a_permission_would_remove_is_told_as_such() -> None:
    reasons = [{"code": "substitute_not_allowed", "items": ["kn95", "cloth"]}, {"code": "no_source", "item": "n95"}]
    barred = {("kn95", "n95"): ["h"]}
    assert told_by_grade(reasons, "h", "n95", barred) == [
        {"code": "substitute_not_allowed", "items": ["cloth"]},
        {"code": "grade_not_permitted", "items": ["kn95"]},
        {"code": "no_source", "item": "n95"},
    ]
    assert told_by_grade(reasons, "other", "n95", barred) == reasons


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    """Only KN95 masks are there; the designated hospital, tier 1, and another ask for medical respirators."""
    client.follow_redirects = False
    for item, rank in (("n95", 1), ("kn95", 2)):
        changed(client, f"/api/v1/items/{item}", {"use_group": "mask", "grade_rank": rank})
    types = ["designated_hospital", "hospital"]
    changed(client, "/api/v1/substitutions/kn95/n95", {"facility_types": types})
    receive(client, "kn95", 300, "K")
    need(client, "designated", "n95", 100)
    need(client, "second", "n95", 100)
    return Office(client, app)


def permit(office: Office, status: int = 201, **more: object) -> Any:
    return office.post("/grade-permissions", {**NEW, **more}, by="leader", status=status)


def outcome(office: Office, plan: str) -> dict[str, tuple[int, list[str]]]:
    rows = office.get(f"/plans/{plan}/demands")["items"]
    return {row["facility"]: (row["planned_units"], [one["code"] for one in row["reasons"]]) for row in rows}


def test_without_a_permission_a_key_facility_gets_no_lower_grade_and_is_told_why(office: Office) -> None:
    plan = office.propose()
    assert outcome(office, plan) == {"designated": (0, ["no_source", "grade_not_permitted"]), "second": (100, [])}
    [row] = office.get(f"/plans/{plan}/demands", facility="designated")["items"]
    text = row["reasons"][-1]["text"]
    assert text == "Only KN95 mask is there, of a lower grade: a leader may permit it here for a time."


def test_with_a_permission_it_is_planned_until_its_day(office: Office) -> None:
    given = permit(office)
    assert (given["valid_from"], given["given_by"], given["ended_at"]) == ("2020-01-31", "leader", None)
    plan = office.propose()
    assert outcome(office, plan) == {"designated": (100, []), "second": (100, [])}
    office.post(f"/grade-permissions/{given['id']}/end", {"reason": "respirators came"}, by="mayor")
    refused = office.approve(plan, status=409)
    assert {code for _, code in faults_of(refused)} == {"substitute_forbidden"}
    assert outcome(office, office.propose())["designated"] == (0, ["no_source", "grade_not_permitted"])
    again = office.post(f"/grade-permissions/{given['id']}/end", {"reason": "x"}, by="mayor", status=409)
    assert again["faults"][0]["code"] == "permission_ended"


def test_a_permission_of_another_time_does_not_count(office: Office) -> None:
    permit(office, valid_from="2020-02-03")
    assert outcome(office, office.propose())["designated"][0] == 0


def test_what_cannot_be_permitted_is_told_at_its_field(office: Office) -> None:
    assert faults_of(permit(office, valid_until="2020-01-30", status=422)) == [("valid_until", "period")]
    assert faults_of(permit(office, item="n95", serves_item="kn95", status=422)) == [("item", "no_substitute")]
    wrong = permit(office, facility="x", item="y", serves_item="z", status=422)
    assert {where for where, _ in faults_of(wrong)} == {"facility", "item", "serves_item"}
    half = changed(office.client, "/api/v1/items/n95", {"grade_rank": None})
    assert faults_of(half.json()) == [("grade_rank", "grade_incomplete")]
    changed(office.client, "/api/v1/items/kn95", {"grade_rank": 1})
    assert faults_of(permit(office, status=422)) == [("item", "no_lower_grade")]


def test_a_leader_permits_it_on_a_page(office: Office) -> None:
    assert "No lower grade has been permitted." in look(office, GROUP, "/grade-permissions?lang=en")
    assert "Permit it with my name" in look(office, LEADER, "/grade-permissions/new")
    wrong = send(office, LEADER, "/grade-permissions", {**NEW, "item": "paper"})
    assert (wrong.status_code, faults_at(wrong.text)) == (422, {"item"})
    made = send(office, LEADER, "/grade-permissions", {**NEW, "item": "KN95 mask"})
    assert made.headers["location"] == "/grade-permissions/1"
    assert "none left" in look(office, GROUP, "/grade-permissions")
    assert "第1级单位" in look(office, GROUP, "/grade-permissions?lang=zh-CN")
    send(office, LEADER, "/grade-permissions/1/end", {"reason": "respirators came"})
    assert "respirators came" in look(office, GROUP, "/grade-permissions/1")
