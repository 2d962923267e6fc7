"""The pages of dispatch: what is refused comes back whole, what is sent twice is done once, others' is hidden."""

import re
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.actor import Actor
from app.core.clock import Clock
from app.core.rights import Role
from app.core.settings import Settings
from app.dispatch import orders
from app.dispatch.waybill import address_svg
from app.main import create_app
from app.planning import worker
from tests.conftest import NOON
from tests.dispatch.city import TRUCK, Office, stock_of
from tests.dispatch.people import GROUP, HOSPITAL, KEEPER, OTHER_HOSPITAL, faults_at, look, person, send, shown_form
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere
from tests.procurement.city import act_as


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    client.follow_redirects = False
    client.headers["Cookie"] = "tongchou_language=en"
    receive(client, "n95", 300, "A", expiry="2020-02-20")
    receive(client, "n95", 200, "B")
    return Office(client, app)


@pytest.fixture
def too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a plan of thousands of lines: its orders are not made with its approval."""
    monkeypatch.setattr(orders, "FIRM_LINES_MAX", 0)


@pytest.fixture
def order(office: Office) -> dict[str, Any]:
    """300 of lot A and 200 of lot B for `designated`, in one order that has not left."""
    need(office.client, "designated", "n95", 500)
    [made] = office.dispatch(office.approved())
    return dict(made)


def test_orders_are_made_from_the_list_once(office: Office, too_large: None) -> None:
    need(office.client, "designated", "n95", 500)
    plan = office.approved()
    path = f"/plans/{plan}/transfer-orders"
    page = look(office, GROUP, "/transfer-orders")
    form = shown_form(page, path)
    made = send(office, GROUP, path, form)
    assert (made.status_code, made.headers["location"]) == (303, f"/transfer-orders?plan={plan}")
    again = send(office, GROUP, path, form)
    assert again.headers["location"] == made.headers["location"], "the same form sent again"
    assert len(office.get("/transfer-orders", plan=plan)["items"]) == 1
    assert send(office, GROUP, path, {}).status_code == 303, "they are there"
    assert len(office.get("/transfer-orders", plan=plan)["items"]) == 1
    listed = look(office, GROUP, made.headers["location"])
    assert "TO-2020-00001" in listed
    assert path not in listed, "nothing waits any more"
    assert look(office, GROUP, "/transfer-orders?day=2020-13-01", 422).count("This must be a date") == 1


def test_a_plan_that_sends_from_others_is_left_to_the_group(office: Office, too_large: None) -> None:
    need(office.client, "designated", "n95", 500)
    path = f"/plans/{office.approved()}/transfer-orders"
    stranger = person("stranger", Role.WAREHOUSE, "elsewhere")
    page = look(office, stranger, "/transfer-orders")
    assert path not in page
    assert "the supplies group makes its orders" in page
    refused = send(office, stranger, path, {})
    assert refused.status_code == 403
    assert "is not one of yours" in refused.text


def test_today_by_warehouse(office: Office, order: dict[str, Any]) -> None:
    def board(by: Actor) -> list[str]:
        page = look(office, by, "/transfer-orders").split('id="all-title"')[0]
        return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", page, re.S)]

    assert board(KEEPER) == ["0", "1", "0", "0"]
    office.ship(order["code"])
    assert board(KEEPER) == ["0", "0", "1", "0"]
    assert board(HOSPITAL) == [], "a facility has no warehouse to look after"
    office.deliver(order["code"])
    assert board(KEEPER) == ["0", "0", "0", "1"]


def test_a_shipment_that_is_refused_comes_back_with_all_that_was_typed(
    office: Office, order: dict[str, Any], database: Any
) -> None:
    path = f"/transfer-orders/{order['code']}/ship"
    form = shown_form(look(office, KEEPER, f"/transfer-orders/{order['code']}"), path)
    assert (form["lots.0.quantity"], form["lots.1.quantity"]) == ("300", "200")
    refused = send(
        office, KEEPER, path, {**form, "lots.0.quantity": "many", "pass_number": "保畅-1", "shipped_on": "soon"}
    )
    assert refused.status_code == 422
    assert faults_at(refused.text) == {"lots.0.quantity", "vehicle", "driver", "shipped_on"}
    again = shown_form(unescape(refused.text), path)
    assert (again["lots.0.quantity"], again["pass_number"]) == ("many", "保畅-1")
    assert again["form_key"] != form["form_key"]
    truck = {**form, **TRUCK}
    over = send(office, KEEPER, path, {**truck, "lots.0.quantity": "0", "lots.1.quantity": "201"})
    assert over.status_code == 409
    assert faults_at(over.text) == {"lots.1.quantity"}, "the fault stands in its row, though the row above is left out"
    nothing = send(office, KEEPER, path, {**truck, "lots.0.quantity": "0", "lots.1.quantity": ""})
    assert nothing.status_code == 422
    assert "At least 1 entries are needed." in nothing.text
    assert stock_of(database) == {"A": (300, 300), "B": (200, 200)}


def test_what_is_shipped_is_what_was_typed_and_the_rest_is_given_back(
    office: Office, order: dict[str, Any], database: Any
) -> None:
    path = f"/transfer-orders/{order['code']}/ship"
    form = {**shown_form(look(office, KEEPER, f"/transfer-orders/{order['code']}"), path), **TRUCK}
    form |= {"lots.0.quantity": "１00", "lots.1.quantity": "0"}
    for _ in range(2):
        answer = send(office, KEEPER, path, form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/transfer-orders/{order['code']}")
    assert stock_of(database) == {"A": (200, 0), "B": (200, 0)}
    page = look(office, KEEPER, f"/transfer-orders/{order['code']}")
    assert "湘B·12345" in page
    assert "100 pcs" in page
    other = send(office, KEEPER, path, {**form, "form_key": "x" * 20})
    assert (other.status_code, "it cannot take the step" in unescape(other.text)) == (409, True)


def test_an_order_is_cancelled_with_a_reason(office: Office, order: dict[str, Any], database: Any) -> None:
    path = f"/transfer-orders/{order['code']}/cancel"
    refused = send(office, KEEPER, path, {"reason": " "})
    assert (refused.status_code, faults_at(refused.text)) == (422, {"reason"})
    assert send(office, KEEPER, path, {"reason": "Road closed"}).status_code == 303
    page = look(office, KEEPER, f"/transfer-orders/{order['code']}")
    assert "Road closed" in page
    assert path not in page
    assert stock_of(database) == {"A": (300, 0), "B": (200, 0)}
    look(office, KEEPER, f"/transfer-orders/{order['code']}/waybill", 404)


def test_papers(office: Office, order: dict[str, Any], settings: Settings, clock: Clock) -> None:
    picks = look(office, KEEPER, f"/transfer-orders/{order['code']}/pick-list")
    lots = [text for text in re.findall(r">\s*([AB])\s*<", picks) if text]
    assert lots == ["A", "B"], "first to expire first"
    assert picks.count('type="checkbox"') == 2
    public = settings.model_copy(update={"public_url": "https://supplies.example.org/"})
    app = create_app(public, clock)
    act_as(app, KEEPER)
    with TestClient(app) as client:
        paper = client.get(f"/transfer-orders/{order['code']}/waybill?paper=a5").text
    address = f"https://supplies.example.org/deliveries/{order['code']}"
    assert address_svg(address, title=order["code"]) in paper
    assert address in paper
    assert 'class="paper a5"' in paper


@pytest.mark.parametrize(
    "text",
    ["{code}", " {code}\n", "https://elsewhere.example.org/deliveries/{code}?lang=en", "{code}\nwh > designated"],
)
def test_a_scanned_code_leads_to_the_delivery(office: Office, order: dict[str, Any], text: str) -> None:
    act_as(office.app, HOSPITAL)
    answer = office.client.get("/deliveries", params={"code": text.format(code=order["code"])})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/deliveries/{order['code']}")
    unknown = office.client.get("/deliveries", params={"code": "TO-2020-09999"})
    assert (unknown.status_code, "TO-2020-09999" in unknown.text) == (404, True)
    assert office.client.get("/deliveries", params={"code": "？？"}).status_code == 422


def test_what_comes_to_another_facility_does_not_exist(office: Office, order: dict[str, Any]) -> None:
    office.ship(order["code"])
    told = [
        look(office, OTHER_HOSPITAL, f"/deliveries/{code}", 404).replace(code, "X")
        for code in (order["code"], "TO-2020-09999")
    ]
    assert told[0] == told[1]
    assert send(office, OTHER_HOSPITAL, f"/deliveries/{order['code']}", {"received_by": "me"}).status_code == 404
    assert order["code"] not in look(office, OTHER_HOSPITAL, "/deliveries")
    assert order["code"] not in look(office, OTHER_HOSPITAL, "/transfer-orders")
    assert order["code"] in look(office, HOSPITAL, "/deliveries")
    assert "/deliveries/" + order["code"] not in look(office, KEEPER, f"/transfer-orders/{order['code']}")
    assert "Only the facility that it goes to" in look(office, KEEPER, f"/deliveries/{order['code']}")


def test_a_delivery_is_refused_with_every_fault_at_its_field(office: Office, order: dict[str, Any]) -> None:
    office.ship(order["code"])
    path = f"/deliveries/{order['code']}"
    form = shown_form(look(office, HOSPITAL, path), path)
    assert (form["lots.0.accepted_units"], form["lots.1.accepted_units"]) == ("300", "200")
    typed = {
        **form,
        "received_by": "",
        "lots.0.accepted_units": "２９０",
        "lots.0.rejected_units": "some",
        "lots.1.missing_units": "few",
    }
    refused = send(office, HOSPITAL, path, typed)
    assert refused.status_code == 422
    assert faults_at(refused.text) == {"received_by", "lots.0.rejected_units", "lots.1.missing_units"}
    wrong = send(
        office,
        HOSPITAL,
        path,
        {
            **form,
            "received_by": "李主任",
            "lots.0.rejected_units": "10",
            "lots.1.accepted_units": "190",
            "lots.1.missing_units": "5",
        },
    )
    assert wrong.status_code == 422
    assert faults_at(wrong.text) == {
        "lots.0.accepted_units",
        "lots.0.rejection_reason",
        "lots.1.accepted_units",
        "lots.1.missing_reason",
    }
    assert "Accepted, rejected and missing make 195 pcs, but 200 pcs were shipped." in wrong.text
    again = shown_form(unescape(wrong.text), path)
    assert (again["lots.0.rejected_units"], again["received_by"]) == ("10", "李主任")
    assert wrong.text.count("<details open>") == 2
    assert office.get(f"/transfer-orders/{order['code']}")["state"] == "SHIPPED"


def test_a_delivery_with_a_difference_is_confirmed_once_and_its_case_heard_and_settled(
    office: Office, order: dict[str, Any]
) -> None:
    office.ship(order["code"])
    path = f"/deliveries/{order['code']}"
    form = {
        **shown_form(look(office, HOSPITAL, path), path),
        "lots.0.accepted_units": "280",
        "lots.0.rejected_units": "15",
        "lots.0.rejection_reason": "Soaked",
        "lots.0.rejected_goods": "WRITTEN_OFF",
        "lots.0.missing_reason": "Not there",
    }
    for _ in range(2):
        answer = send(office, HOSPITAL, path, form)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    [line] = [one for one in office.get(f"/transfer-orders/{order['code']}")["lines"] if one["rejected_units"]]
    assert (line["lots"][0]["accepted_units"], line["lots"][0]["missing_units"]) == (280, 5)
    page = look(office, HOSPITAL, path)
    assert "Confirmed, with differences" in page
    [case] = re.findall(r'href="(/delivery-cases/[^"]+)"', page)

    shown = look(office, HOSPITAL, case)
    assert f"{case}/facility-statement" in shown
    assert f"{case}/warehouse-statement" not in shown
    assert f"{case}/settle" not in shown
    empty = send(office, HOSPITAL, f"{case}/facility-statement", {})
    assert (empty.status_code, faults_at(empty.text)) == (422, {"statement"})
    look(office, OTHER_HOSPITAL, case, 404)
    early = send(office, GROUP, f"{case}/settle", {"outcome": "guessed"})
    assert (early.status_code, "both ends have been heard" in early.text) == (409, True)
    assert "guessed" in early.text, "nothing typed is lost"
    assert send(office, HOSPITAL, f"{case}/facility-statement", {"statement": "Wet boxes"}).status_code == 303
    assert send(office, KEEPER, f"{case}/warehouse-statement", {"statement": "It rained"}).status_code == 303
    assert send(office, KEEPER, f"{case}/settle", {"outcome": "mine"}).status_code == 403, "an end cannot settle it"
    assert send(office, GROUP, f"{case}/settle", {"outcome": "Driver pays"}).status_code == 303
    settled = look(office, HOSPITAL, case)
    assert all(text in settled for text in ("Wet boxes", "It rained", "Driver pays"))
    assert '<form method="post" action="/delivery' not in settled
    assert case in look(office, GROUP, "/delivery-cases?state=SETTLED")
    assert case not in look(office, GROUP, "/delivery-cases?state=OPEN")


def test_fairness_shows_the_share_and_the_floor(office: Office, order: dict[str, Any]) -> None:
    due = "/fairness?day=2020-02-20"
    assert "0%" in look(office, GROUP, due)
    office.ship(order["code"])
    office.deliver(order["code"])
    page = look(office, GROUP, due)
    assert "100%" in page
    assert "/fairness/designated" in page
    assert "No approved need is due by this day" in look(office, GROUP, "/fairness?program=living")
    assert "Nothing fits these filters" in look(office, GROUP, "/fairness?day=2020-01-01")
    assert "100%" in look(office, GROUP, f"{due}&facility=designated")
    assert look(office, GROUP, "/fairness?day=tomorrow", 422).count("This must be a date") == 1
    one = look(office, GROUP, "/fairness/designated?day=2020-02-20")
    assert "<svg" in one
    assert "500 pcs" in one
    look(office, GROUP, "/fairness/nowhere", 404)
    assert NOON.date().isoformat() in look(office, GROUP, "/fairness/second")
