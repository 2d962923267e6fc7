"""What a facility sees of its deliveries, and what a review sees of them."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.auth.deps import _current_actor
from app.core.actor import ActorKind, acting_as
from app.core.rights import ROLE_RIGHTS, Role
from app.planning import worker
from tests.dispatch.city import Office
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A city with 500 respirators that `designated` needs."""
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    receive(client, "n95", 500, "A")
    need(client, "designated", "n95", 500)
    return Office(client, app)


def page_of(office: Office, path: str, role: Role, *places: str) -> str:
    """The page that somebody of this role sees."""
    actor = acting_as(
        role, name="nurse", title="Nurse", kind=ActorKind.PERSON, places=frozenset(places), rights=ROLE_RIGHTS[role]
    )
    office.app.dependency_overrides[_current_actor] = lambda: actor
    answer = office.client.get(f"{path}?lang=en")
    assert answer.status_code == 200
    return answer.text


def test_deliveries_are_seen_from_the_order_to_the_door(office: Office) -> None:
    start = ("/our-facility", Role.FACILITY, "designated")
    assert "Nothing is on its way." in page_of(office, *start)
    [order] = office.dispatch(office.approved())
    page = page_of(office, *start)
    assert f'href="/deliveries/{order["code"]}"' in page
    assert "being prepared" in page
    assert "500 pcs" in page
    assert "state.PLANNED" not in page
    assert "planned" in page, "the requisition that it serves"
    office.ship(order["code"])
    page = page_of(office, *start)
    assert re.search(r'<span class="tag">shipped</span>', page)
    assert order["code"] not in page_of(office, "/our-facility", Role.FACILITY, "fever"), "another's"
    office.deliver(order["code"])
    assert "Nothing is on its way." in page_of(office, *start)


def test_a_review_sees_the_stock_what_was_asked_for_and_what_came(office: Office) -> None:
    [order] = office.dispatch(office.approved())
    office.ship(order["code"])
    office.deliver(order["code"])
    receive(office.client, "n95", 70, "B")
    need(office.client, "designated", "n95", 40)
    page = page_of(office, "/requisitions/RQ-2020-00002", Role.SUPPLIES_GROUP)
    cells = [re.sub(r"<[^>]+>", " ", cell).split() for cell in re.findall(r"<td[^>]*>(.*?)</td>", page, re.S)]
    assert ["70", "pcs"] in cells, "what the city has free"
    assert ["500", "pcs", "approved", "500", "pcs", "delivered", "500", "pcs"] in cells, "the last figures"
    assert f'href="/transfer-orders/{order["code"]}"' in page
    assert 'href="/requisitions/RQ-2020-00001"' in page
