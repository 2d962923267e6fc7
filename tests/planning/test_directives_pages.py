"""Directives over the pages: proposed, confirmed by another leader with their own name, shown with their plan."""

from collections.abc import Mapping

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.core.rights import Role
from tests.dispatch.city import Office
from tests.dispatch.people import GROUP, faults_at, look, person, send
from tests.planning.city import need, receive

LEADER, MAYOR = person("leader", Role.LEADER), person("mayor", Role.LEADER)
TYPED = {"facility": "third", "item": "n95", "quantity": "100", "needed_by": "2020-02-02", "reason": "new ward"}


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    """200 are there; one hospital asks for all of it."""
    client.follow_redirects = False
    receive(client, "n95", 200, "A")
    need(client, "second", "n95", 200)
    return Office(client, app)


def propose(office: Office, way: str, **more: str) -> Response:
    return send(office, LEADER, "/directives", {**TYPED, "way": way, **more})


def confirm(office: Office, form: Mapping[str, str]) -> Response:
    return send(office, MAYOR, "/directives/DR-2020-00001/confirm", form)


def test_a_directive_goes_from_one_leader_to_the_other_and_into_the_plan(office: Office) -> None:
    assert "in force" not in look(office, GROUP, "/directives?lang=en")
    assert "Give a directive" in look(office, LEADER, "/directives/new")
    assert propose(office, "plan").headers["location"] == "/directives/DR-2020-00001"
    assert "Another leader must confirm it." in look(office, LEADER, "/directives/DR-2020-00001")
    page = look(office, MAYOR, "/directives/DR-2020-00001")
    assert "Free and there in time: 200 pcs" in page
    shown = confirm(office, {}).text
    assert "The next plan serves it before all others" in shown
    assert "waits for a second leader" in look(office, MAYOR, "/directives/DR-2020-00001")
    assert confirm(office, {"confirming": "yes", "confirmed_by": "mayor"}).status_code == 303
    assert "in force" in look(office, MAYOR, "/directives")
    plan = office.propose()
    page = look(office, MAYOR, f"/plans/{plan}")
    assert "Directives, served before all others" in page
    assert "100 pcs of 100 pcs" in page
    assert "What they cost the others: 1 needs get another quantity" in page
    chinese = look(office, MAYOR, f"/plans/{plan}?lang=zh-CN")
    assert "领导批示（首先满足）" in chinese
    assert "“领导批示”" in look(office, MAYOR, f"/plans/{plan}/facilities/second")  # among its reasons


def test_at_once_the_page_tells_where_it_leaves_from_before_it_is_confirmed(office: Office) -> None:
    propose(office, "at_once")
    assert "wh: 100 pcs" in " ".join(confirm(office, {}).text.split())
    confirm(office, {"confirming": "yes", "confirmed_by": "mayor"})
    page = look(office, MAYOR, "/directives/DR-2020-00001")
    assert 'href="/transfer-orders/TO-2020-00001"' in page
    assert look(office, MAYOR, "/plans/DR-2020-00001", status=303) == ""
    assert "DR-2020-00001" in look(office, GROUP, "/transfer-orders")


def test_what_cannot_be_is_told_at_its_field_in_words(office: Office) -> None:
    refused = propose(office, "at_once", quantity="300", item="Medical respirator")
    assert refused.status_code == 409
    assert faults_at(refused.text) == {"quantity"}
    assert "300 pcs of Medical respirator are more than there is for third at once: 200 pcs are free" in refused.text
    wrong = propose(office, "plan", quantity="x", facility="nowhere", needed_by="soon")
    assert faults_at(wrong.text) == {"quantity", "facility", "needed_by"}


def test_it_is_turned_down_with_a_reason(office: Office) -> None:
    propose(office, "plan")
    missing = send(office, MAYOR, "/directives/DR-2020-00001/end", {})
    assert missing.status_code == 422
    send(office, MAYOR, "/directives/DR-2020-00001/end", {"reason": "not now"})
    assert "not now" in look(office, GROUP, "/directives/DR-2020-00001")
