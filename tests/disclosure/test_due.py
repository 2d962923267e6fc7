"""What is recorded into a published day is told to leaders and makes its next version due."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.rights import Role
from tests.dispatch.city import Office
from tests.dispatch.people import person
from tests.planning.city import post

LEADER = person("leader", Role.LEADER)


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    return Office(client, app)


def receive(office: Office, lot: str, day: str) -> None:
    line = {"item": "n95", "lot_code": lot, "accepted_units": 100, "expiry_date": "2021-01-01"}
    body = {"partner": "donor", "warehouse": "wh", "received_on": day, "confirmed_not_duplicate": True}
    post(office.client, "/receipts", {**body, "lines": [line]})


def test_a_receipt_dated_into_a_published_day_makes_its_next_version_due(office: Office) -> None:
    receive(office, "A", "2020-01-29")
    office.post("/disclosures", {"as_of": "2020-01-30"}, by="leader", status=201)
    receive(office, "B", "2020-01-31")
    assert office.get("/published-days", due=True)["items"] == []
    receive(office, "C", "2020-01-30")
    receive(office, "D", "2020-01-28")
    [due] = office.get("/published-days", due=True)["items"]
    assert due["as_of"] == "2020-01-30"
    [notice] = office.get("/notices", by=LEADER)["items"]
    assert (notice["kind"], notice["role"], notice["params"]["day"]) == (
        "published_day_changed",
        "leader",
        "2020-01-30",
    )
    office.post("/disclosures", {"as_of": "2020-01-30", "reason": "late receipts"}, by="leader", status=201)
    assert office.get("/published-days", due=True)["items"] == []
    assert [one["as_of"] for one in office.get("/published-days")["items"]] == ["2020-01-30"]
    receive(office, "E", "2020-01-30")
    assert len(office.get("/notices", by=LEADER)["items"]) == 2


def test_every_published_day_after_the_event_is_due(office: Office) -> None:
    for day in ("2020-01-28", "2020-01-29", "2020-01-30"):
        office.post("/disclosures", {"as_of": day}, by="leader", status=201)
    receive(office, "A", "2020-01-29")
    assert [one["as_of"] for one in office.get("/published-days", due=True)["items"]] == ["2020-01-29", "2020-01-30"]
