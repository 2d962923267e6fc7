"""Two items, and two partners, become one; the workbook of the city knows the old names."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import InvalidInputError
from app.core.work import Work
from app.interop.city.loading import load_city
from app.interop.city.present import present_city
from app.interop.city.workbook import city_workbook
from app.interop.sheets.files import read_upload
from tests.conftest import OPERATOR
from tests.dispatch.city import Office, assert_balanced, faults_of
from tests.planning.city import need, post, receive


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    """Two items that are the same: respirators, entered twice."""
    names = {"name_zh": "N95口罩", "name_en": "N95 mask"}
    post(client, "/items", {"code": "n95-b", **names, "program": "medical", "base_unit": "piece", "pack_units": 10})
    return Office(client, app)


def merge(office: Office, kind: str, gone: str, into: str, status: int = 200) -> Any:
    return office.post(f"/{kind}/{gone}/merge", {"into": into}, by="office", status=status)


def moved(answer: Any) -> dict[str, list[str]]:
    return {one["what"]: one["keys"] for one in answer["moved"]}


def test_needs_and_lots_of_an_item_meet_those_of_the_other(office: Office, database: Database) -> None:
    receive(office.client, "n95-b", 60, "B")
    asked = need(office.client, "second", "n95-b", 20)
    other = need(office.client, "third", "n95", 40)
    assert moved(merge(office, "items", "n95-b", "n95")) == {
        "requisitions": [asked],
        "lots": ["B"],
        "new_aliases": ["n95口罩", "n95mask", "n95-b"],
    }
    plan = office.approved()
    given = {row["facility"]: row["planned_units"] for row in office.get(f"/plans/{plan}/demands")["items"]}
    assert given == {"second": 20, "third": 40}
    read = post(office.client, "/item-aliases/resolve", {"names": ["N95 口罩"]})
    assert [one["item"] for one in read["resolved"]] == ["n95"]  # type: ignore[attr-defined]
    assert office.get(f"/requisitions/{other}")["state"] == "PLANNED"
    assert_balanced(database)


def test_lots_of_one_number_and_lines_of_one_day_cannot_become_one(office: Office) -> None:
    receive(office.client, "n95", 10, "A")
    receive(office.client, "n95-b", 10, "A")
    day = {"requested_units": 5, "needed_by": "2020-02-02", "reason": "use"}
    new = {
        "facility": "second",
        "program": "medical",
        "reported_on": "2020-01-31",
        "lines": [{"item": "n95", **day}, {"item": "n95-b", **day}],
    }
    post(office.client, "/requisitions", new)
    found = faults_of(merge(office, "items", "n95-b", "n95", status=409))
    assert found == [("", "merge_requisitions_ask_both"), ("", "merge_lots_alike")]


def test_items_of_another_unit_are_not_the_same(office: Office) -> None:
    rice = {"code": "rice", "name_zh": "米", "name_en": "Rice", "program": "living", "base_unit": "gram"}
    post(office.client, "/items", rice)
    assert faults_of(merge(office, "items", "rice", "n95", status=422)) == [("into", "merge_other_kind")]


def test_a_reserved_lot_is_in_hand(office: Office) -> None:
    receive(office.client, "n95-b", 60, "B")
    need(office.client, "second", "n95-b", 20)
    plan = office.approved()
    refused = merge(office, "items", "n95-b", "n95", status=409)
    assert faults_of(refused) == [("", "merge_documents_open")]
    assert plan in str(refused["faults"])


def test_substitutions_move_and_never_lead_to_themselves(office: Office) -> None:
    merge(office, "items", "kn95", "n95")
    assert office.get("/substitutions")["items"] == []
    assert office.get("/items/kn95")["merged_into"] == "n95"


def test_what_a_partner_still_owes_moves(office: Office, database: Database) -> None:
    post(office.client, "/partners", {"code": "donor-b", "name_zh": "捐赠人", "name_en": "Giver", "kind": "donor"})
    pledge = {"item": "n95", "warehouse": "wh", "quantity": 50, "expected_on": "2020-02-03"}
    code = post(office.client, "/pledges", {"partner": "donor-b", **pledge})["code"]
    assert moved(merge(office, "partners", "donor-b", "donor")) == {"pledges": [code]}
    assert office.get(f"/pledges/{code}")["partner"] == "donor"
    post(office.client, "/partners", {"code": "shop", "name_zh": "商店", "name_en": "Shop", "kind": "supplier"})
    assert faults_of(merge(office, "partners", "shop", "donor", status=422)) == [("into", "merge_other_kind")]


def test_the_workbook_leaves_merged_rows_out_and_reads_their_names(
    office: Office, database: Database, clock: Clock
) -> None:
    with database.read() as session:
        before = city_workbook(present_city(session), "en")
    merge(office, "items", "n95-b", "n95")
    with database.read() as session:
        rows = present_city(session)
    assert "n95-b" not in {row["code"] for row in rows["items"]}
    with pytest.raises(InvalidInputError) as refused, database.write() as session:
        load_city(Work(session, OPERATOR, clock), read_upload(before, "city.xlsx"))
    [fault] = refused.value.faults
    assert (fault.code, dict(fault.params)) == ("merged", {"into": "n95"})
