"""The facility's own page: what comes, why no more, and the form by which it needs less."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.dispatch.city import Office
from tests.dispatch.people import KEEPER, OTHER_HOSPITAL, faults_at, look, send, shown_form
from tests.planning.city import need, receive


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI) -> Office:
    """Two hospitals share what there is by an approved plan."""
    client.follow_redirects = False
    receive(client, "n95", 300, "A")
    need(client, "designated", "n95", 200)
    need(client, "second", "n95", 400)
    found = Office(client, app)
    found.approved()
    return found


def test_the_page_tells_what_comes_and_why_no_more(office: Office) -> None:
    page = look(office, OTHER_HOSPITAL, "/our-supplies?lang=en")
    assert "120 pcs" in page
    assert "firm" in page
    assert "used up" in page
    assert "We count as tier 2" in page
    assert "Floor: tier 1 up to 50%, tier 2 up to 30%" in page
    chinese = look(office, OTHER_HOSPITAL, "/our-supplies?lang=zh-CN")
    assert "本单位为第2级" in chinese
    assert "底线：第1级至50%、第2级至30%" in chinese
    look(office, KEEPER, "/our-supplies", status=403)


def test_a_need_is_lowered_by_the_form_and_refused_at_its_field(office: Office) -> None:
    page = look(office, OTHER_HOSPITAL, "/our-supplies?lang=en")
    [action] = [part.split('"')[0] for part in page.split('action="')[1:] if part.startswith("/our-supplies/lower/")]
    number = action.rpartition("/")[2]
    form = shown_form(page, action)
    wrong = send(office, OTHER_HOSPITAL, action, {**form, f"line{number}.units": "500", f"line{number}.reason": "x"})
    assert wrong.status_code == 422
    assert faults_at(wrong.text) == {f"line{number}.units"}
    assert "say less here" in wrong.text
    right = {**form, f"line{number}.units": "50", f"line{number}.reason": "a donation came"}
    answer = send(office, OTHER_HOSPITAL, action, right)
    assert (answer.status_code, answer.headers["location"]) == (303, "/our-supplies")
    page = look(office, OTHER_HOSPITAL, "/our-supplies")
    assert "50 pcs" in page
    assert "a donation came" in page


def test_nobody_lowers_a_need_of_another(office: Office) -> None:
    refused = send(office, OTHER_HOSPITAL, "/our-supplies/lower/1", {"line1.units": "1", "line1.reason": "x"})
    assert refused.status_code == 404
