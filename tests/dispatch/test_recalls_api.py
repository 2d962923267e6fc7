"""Recalls: where every unit is, who is told, what facilities answer, and how it ends."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.rights import Role
from app.planning import worker
from tests.core.etags import changed
from tests.dispatch.city import API, Office, assert_balanced, faults_of
from tests.dispatch.people import GROUP, HOSPITAL, KEEPER, OTHER_HOSPITAL, look, person, send, shown_form
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere
from tests.procurement.city import act_as

LEADER = person("leader", Role.LEADER)


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    client.headers["Cookie"] = "tongchou_language=en"
    return Office(client, app)


@pytest.fixture
def lot_id(office: Office) -> int:
    """500 of lot A: 200 in the warehouse, 100 on the road to `second`, 200 delivered to `designated`."""
    receive(office.client, "n95", 500, "A", expiry="2020-02-20")
    changed(office.client, f"{API}/facilities/designated", {"telephone": "0731-00000001", "contact": "李主任"})
    need(office.client, "designated", "n95", 200)
    need(office.client, "second", "n95", 100)
    orders = {one["facility"]: one for one in office.dispatch(office.approved())}
    for order in orders.values():
        office.ship(order["code"])
    delivered = office.deliver(orders["designated"]["code"])
    return int(delivered["lines"][0]["lots"][0]["lot_id"])


def block(office: Office, lot_id: int) -> str:
    office.post(f"/lots/{lot_id}/block", {"reason": "召回7号"}, by="keeper")
    [recall] = office.get("/recalls")["items"]
    return str(recall["code"])


def test_who_has_units_is_told_with_telephone_and_vehicle(office: Office, lot_id: int) -> None:
    holders = office.get(f"/lots/{lot_id}/holders")["holders"]
    assert [(one["end"], one["place"], one["units"]) for one in holders] == [
        ("WAREHOUSE", "wh", 200),
        ("TRANSIT", "second", 100),
        ("FACILITY", "designated", 200),
    ]
    assert (holders[2]["telephone"], holders[2]["contact"]) == ("0731-00000001", "李主任")
    assert (holders[1]["vehicle"], holders[1]["driver"]) == ("湘B·12345", "王师傅")
    assert office.get(f"/recalls/{block(office, lot_id)}")["holders"] == holders


def test_a_lot_that_never_left_is_blocked_without_a_recall(office: Office, database: Any) -> None:
    receive(office.client, "n95", 500, "A", expiry="2020-02-20")
    [lot] = office.get("/lots")["items"]
    office.post(f"/lots/{lot['id']}/block", {"reason": "torn"}, by="keeper")
    assert office.get("/recalls")["items"] == []
    assert [one["place"] for one in office.get("/notices")["items"]] == ["wh"]


def test_all_who_have_units_are_given_notice(office: Office, lot_id: int) -> None:
    code = block(office, lot_id)
    notices = office.get("/notices", unread=True)["items"]
    assert {(one["place"], one["role"], one["kind"]) for one in notices} == {
        ("wh", None, "lot_blocked"),
        ("second", None, "lot_recalled"),
        ("designated", None, "lot_recalled"),
        (None, "supplies_group", "lot_recalled"),
    }
    assert {one["address"] for one in notices} == {f"/lots/{lot_id}", f"/recalls/{code}"}
    [mine] = office.get("/notices", by=HOSPITAL)["items"]
    assert (mine["place"], mine["params"]["units"]) == ("designated", 200)
    assert "召回7号" in mine["text"]
    assert office.get("/notices", by=LEADER)["items"] == []
    assert [one["place"] for one in office.get("/notices", by=KEEPER)["items"]] == ["wh"]
    assert len(office.get("/notices", by=GROUP)["items"]) == 4
    office.get(f"/notices/{mine['id']}", by=OTHER_HOSPITAL, status=404)
    read = office.post(f"/notices/{mine['id']}/read", by="hospital")
    again = office.post(f"/notices/{mine['id']}/read", by="another")
    assert (read["read_by"], again) == ("hospital", read)


def test_facilities_answer_and_the_recall_is_closed(office: Office, lot_id: int, database: Any) -> None:
    code = block(office, lot_id)
    too_many = {"facility": "designated", "quarantined_units": 150, "used_units": 51}
    refused = office.post(f"/recalls/{code}/answer", too_many, by="hospital", status=422)
    assert faults_of(refused) == [("quarantined_units", "more_than_delivered")]
    closing = {"outcome": "Destroyed by the maker."}
    open_ends = faults_of(office.post(f"/recalls/{code}/close", closing, by="group", status=409))
    assert open_ends == [("", "still_on_the_way"), ("without_answers", "not_answered")]
    [order] = office.get("/transfer-orders", state="SHIPPED")["items"]
    lot = {"line": 1, "lot_id": lot_id, "accepted_units": 0, "rejected_units": 100, "rejection_reason": "recalled"}
    office.deliver(order["code"], lot)
    part = {"facility": "designated", "quarantined_units": 120, "used_units": 50, "note": "30 not found"}
    answered = office.post(f"/recalls/{code}/answer", part, by="hospital")
    assert office.post(f"/recalls/{code}/answer", part, by="hospital") == answered, "the same again changes nothing"
    silent = office.post(f"/recalls/{code}/close", closing, by="group", status=409)
    assert silent["faults"][0]["params"]["units"] == 30
    office.post(f"/recalls/{code}/answer", {**part, "quarantined_units": 150}, by="hospital")
    closed = office.post(f"/recalls/{code}/close", closing, by="group")
    assert (closed["state"], closed["outcome"]) == ("CLOSED", "Destroyed by the maker.")
    assert [(one["quarantined_units"], one["used_units"]) for one in closed["answers"]] == [(150, 50)]
    assert office.get(f"/lots/{lot_id}")["blocked_reason"] == "召回7号"
    late = office.post(f"/recalls/{code}/answer", part, by="hospital", status=409)
    assert faults_of(late) == [("state", "wrong_state")]
    assert_balanced(database)


def test_a_recall_ends_with_the_block_and_those_who_have_units_are_told(office: Office, lot_id: int) -> None:
    code = block(office, lot_id)
    office.post(f"/lots/{lot_id}/unblock", {"reason": "Other boxes were meant"}, by="keeper")
    assert office.get(f"/recalls/{code}")["state"] == "LIFTED"
    lifted = office.get("/notices", kind="recall_lifted")["items"]
    assert {one["place"] for one in lifted} == {"wh", "second", "designated"}


def test_facilities_see_what_is_theirs(office: Office, lot_id: int) -> None:
    code = block(office, lot_id)
    office.post(f"/recalls/{code}/answer", {"facility": "designated", "quarantined_units": 200}, by="hospital")
    other = office.get(f"/recalls/{code}", by=OTHER_HOSPITAL)
    assert ([one["place"] for one in other["holders"]], other["answers"]) == (["second"], [])
    third = person("third", Role.FACILITY, "third")
    assert office.get("/recalls", by=third)["items"] == []
    office.get(f"/recalls/{code}", by=third, status=404)
    act_as(office.app, OTHER_HOSPITAL)
    foreign = {"facility": "designated", "quarantined_units": 1}
    answer = office.client.post(f"{API}/recalls/{code}/answer", json=foreign)
    assert (answer.status_code, answer.json()["faults"][0]["code"]) == (403, "outside_reach")
    elsewhere = person("far", Role.WAREHOUSE, "designated")
    act_as(office.app, elsewhere)
    assert office.client.post(f"{API}/recalls/{code}/close", json={"outcome": "x"}).status_code == 403


def test_the_pages_of_a_recall(office: Office, lot_id: int) -> None:
    code = block(office, lot_id)
    assert code in look(office, GROUP, f"/lots/{lot_id}")
    assert code in look(office, HOSPITAL, "/recalls")
    page = look(office, HOSPITAL, f"/recalls/{code}")
    assert "tel:0731-00000001" in page
    form = shown_form(page, f"/recalls/{code}/answer") | {"answer.facility": "designated"}
    refused = send(office, HOSPITAL, f"/recalls/{code}/answer", form | {"answer.quarantined_units": "201"})
    assert (refused.status_code, 'value="201"' in refused.text) == (422, True)
    send(office, HOSPITAL, f"/recalls/{code}/answer", form | {"answer.quarantined_units": "200"})
    assert office.get(f"/recalls/{code}")["answers"][0]["quarantined_units"] == 200
    closing = shown_form(look(office, GROUP, f"/recalls/{code}"), f"/recalls/{code}/close")
    refused = send(office, GROUP, f"/recalls/{code}/close", closing | {"close.outcome": "Returned"})
    assert refused.status_code == 409
    assert "still on the way" in refused.text


def test_the_page_of_notices(office: Office, lot_id: int) -> None:
    code = block(office, lot_id)
    page = look(office, HOSPITAL, "/notices")
    assert "200 pcs are at designated" in page
    [notice] = office.get("/notices", by=HOSPITAL)["items"]
    path = f"/notices/{notice['id']}/read"
    assert f"/recalls/{code}" in page
    send(office, HOSPITAL, path, shown_form(page, path))
    assert path not in look(office, HOSPITAL, "/notices")
    assert office.get(f"/notices/{notice['id']}")["read_by"] == "hospital"
