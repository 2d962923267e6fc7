"""Search: what is found, in which order, by whom; and what is never shown to whom it does not concern."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.actor import Actor
from app.core.rights import Role
from app.search.queries import SEARCHED
from app.search.types import FoundKind
from tests.dispatch.city import Office
from tests.dispatch.people import GROUP, HOSPITAL, KEEPER, OTHER_HOSPITAL, look, person
from tests.planning.city import need, receive
from tests.procurement.city import act_as

ADMINISTRATOR = person("root", Role.ADMINISTRATOR)
LEADER = person("leader", Role.LEADER)


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    """Two hospitals share what there is by an approved plan; its orders are made."""
    client.follow_redirects = False
    receive(client, "n95", 300, "Batch/7%")
    need(client, "designated", "n95", 200)
    need(client, "second", "n95", 400)
    found = Office(client, app)
    found.approved()
    return found


def _found(office: Office, by: Actor, text: str) -> dict[str, Any]:
    act_as(office.app, by)
    answer = office.client.get("/api/v1/search", params={"q": text})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _codes(answer: dict[str, Any], kind: FoundKind) -> list[str]:
    return [one["code"] for one in answer["found"] if one["kind"] == kind]


def test_every_kind_is_searched() -> None:
    assert list(SEARCHED) == list(FoundKind)


def test_each_thing_found_leads_to_a_page_that_the_finder_may_see(office: Office) -> None:
    seen: set[str] = set()
    for by in (GROUP, LEADER, KEEPER, HOSPITAL, OTHER_HOSPITAL, ADMINISTRATOR):
        for text in ("-", "e", "n95", "donor"):
            for one in _found(office, by, text)["found"]:
                seen.add(one["kind"])
                look(office, by, one["address"])
    assert seen >= {"FACILITY", "ITEM", "PARTNER", "PLAN", "REQUISITION", "TRANSFER_ORDER", "RECEIPT"}


def test_a_facility_finds_only_what_concerns_it(office: Office) -> None:
    everything = _found(office, GROUP, "-")
    own, others = _found(office, HOSPITAL, "-"), _found(office, OTHER_HOSPITAL, "-")
    for kind in (FoundKind.REQUISITION, FoundKind.TRANSFER_ORDER):
        assert len(_codes(everything, kind)) == 2
        assert len(_codes(own, kind)) == len(_codes(others, kind)) == 1
        assert _codes(own, kind) != _codes(others, kind)
    assert {one["kind"] for one in own["found"]} <= {"FACILITY", "ITEM", "REQUISITION", "TRANSFER_ORDER"}
    assert _codes(_found(office, HOSPITAL, "second"), FoundKind.FACILITY) == []


def test_signs_with_a_meaning_in_sql_are_only_signs(office: Office) -> None:
    assert _codes(_found(office, GROUP, "h/7%"), FoundKind.LOT) == ["Batch/7%"]
    assert _found(office, GROUP, "%%%")["found"] == []
    assert _codes(_found(office, GROUP, "BATCH"), FoundKind.LOT) == ["Batch/7%"]
    assert _codes(_found(office, GROUP, "B_tch"), FoundKind.LOT) == []


def test_of_many_only_some_are_shown_and_it_is_said(office: Office) -> None:
    act_as(office.app, GROUP)
    for n in range(12):
        new = {"code": f"donor-{n}", "name_zh": f"捐赠方{n}", "name_en": f"Giver {n}", "kind": "donor"}
        answer = office.client.post("/api/v1/partners", json=new)
        assert answer.status_code == 201, answer.text
    many = _found(office, GROUP, "donor-")
    assert _codes(many, FoundKind.PARTNER) == [f"donor-{n}" for n in range(11, 1, -1)]
    assert many["more"] == ["PARTNER"]
    exact = _found(office, GROUP, "donor-1")
    assert _codes(exact, FoundKind.PARTNER) == ["donor-1", "donor-11", "donor-10"]


def test_a_name_is_found_by_another_name_and_by_its_sound(office: Office) -> None:
    act_as(office.app, GROUP)
    alias = office.client.post("/api/v1/item-aliases", json={"alias": "KN-95 口罩", "item": "n95"})
    assert alias.status_code == 201, alias.text
    assert "n95" in _codes(_found(office, GROUP, "KN-95 口罩"), FoundKind.ITEM)
    new = {"code": "center", "name_zh": "株洲市中心医院捐赠办", "name_en": "Gifts office", "kind": "donor"}
    assert office.client.post("/api/v1/partners", json=new).status_code == 201
    for sound in ("zxyy", "zhuzhoushizhongxinyiyuanjuanzengban"):
        near = _found(office, GROUP, sound)
        assert near["nearest"]
        assert _codes(near, FoundKind.PARTNER) == ["center"]


def test_the_page_shows_them_in_both_languages_and_a_whole_number_leads_there(office: Office) -> None:
    [order] = _codes(_found(office, HOSPITAL, "TO"), FoundKind.TRANSFER_ORDER)
    act_as(office.app, HOSPITAL)
    scanned = office.client.get("/search", params={"q": f" {order.lower()} "})
    assert (scanned.status_code, scanned.headers["location"]) == (303, f"/deliveries/{order}")
    assert "搜索结果" in look(office, GROUP, "/search?q=-&lang=zh-CN")
    english = look(office, GROUP, "/search?q=n95&lang=en")
    assert "Found for “n95”" in english
    assert 'href="/stock?item=n95"' in english
    assert "Nothing that you may see" in look(office, GROUP, "/search?q=%E9%BE%98%E9%BE%98%E9%BE%98&lang=en")
    assert "Type a part of the number" in look(office, GROUP, "/search?q=&lang=en")


@pytest.mark.parametrize("text", ["", "x" * 201, "a\x00b"])
def test_what_cannot_be_searched_is_refused(office: Office, text: str) -> None:
    act_as(office.app, GROUP)
    answer = office.client.get("/api/v1/search", params={"q": text})
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == "q"
