"""Merging on pages: choose the one that stays, see what follows, confirm by one's own name."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.dispatch.city import Office
from tests.dispatch.people import GROUP, look, send
from tests.planning.city import need, receive


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    return Office(client, app)


def test_what_would_follow_is_shown_before_it_is_done(office: Office) -> None:
    asked = need(office.client, "third", "n95", 40)
    form = look(office, GROUP, "/city-setup/sheets/facilities/entry?key=third&lang=en")
    assert 'href="/facilities/third/merge"' in form
    choose = look(office, GROUP, "/facilities/third/merge?lang=en")
    assert 'value="second"' in choose
    assert 'value="wh"' not in choose
    assert 'value="third"' not in choose
    shown = send(office, GROUP, "/facilities/third/merge", {"into": "second"})
    assert shown.status_code == 200
    assert asked in shown.text
    assert look(office, GROUP, "/facilities/third/merge") != ""
    other_name = {"into": "second", "confirming": "yes", "confirmed_by": "somebody else"}
    assert send(office, GROUP, "/facilities/third/merge", other_name).status_code == 422
    assert office.get("/facilities/third")["merged_into"] is None
    done = send(office, GROUP, "/facilities/third/merge", other_name | {"confirmed_by": "group"})
    assert done.status_code in (200, 303), done.text
    assert office.get("/facilities/third")["merged_into"] == "second"
    assert "third" not in look(office, GROUP, "/city-setup/sheets/facilities?lang=en").split("<tbody>")[1]


def test_nothing_chosen_and_a_refusal_come_back_on_the_page(office: Office) -> None:
    receive(office.client, "n95", 100, "A")
    assert send(office, GROUP, "/facilities/third/merge", {"into": ""}).status_code == 422
    new = {"facility": "third", "item": "n95", "quantity": 10, "needed_by": "2020-02-02", "reason": "ward"}
    code = office.post("/directives", new, by="leader", status=201)["code"]
    refused = send(office, GROUP, "/facilities/third/merge", {"into": "second"})
    assert refused.status_code == 409
    assert code in refused.text


def test_items_and_partners_have_the_same_page(office: Office) -> None:
    assert 'value="kn95"' in look(office, GROUP, "/items/n95/merge")
    assert send(office, GROUP, "/items/kn95/merge", {"into": "n95"}).status_code == 200
    assert "没有同类且在用的另一条" in look(office, GROUP, "/partners/donor/merge?lang=zh-CN")
