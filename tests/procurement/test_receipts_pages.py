"""Receipts on their page: filled in from an order or pledge, partial, with rejected goods; corrected afterwards."""

import pytest
from fastapi.testclient import TestClient

from app.core.database import Database
from tests.procurement.city import build_market, on_hand
from tests.seeding import seeding
from tests.web.supply_desk import PageDesk, fault_at, lines, value_of

ABOVE = {"received_on": "2020-01-31", "warehouse": "wh-1"}
SUITS = {"item": "suit", "accepted_units": "4", "lot_code": "S1", "expiry_date": "2022-12-31"}


@pytest.fixture
def desk(client: TestClient, database: Database) -> PageDesk:
    """Somebody in the market city, with every right and a fund."""
    with seeding(database) as session:
        build_market(session)
    page_desk = PageDesk(client)
    page_desk.api.fund()
    return page_desk


def test_a_receipt_begins_with_what_an_order_has_open_and_comes_in_parts(desk: PageDesk, database: Database) -> None:
    order = desk.api.placed()
    about = {"purchase_order": order}
    assert f"/receipts/new?purchase_order={order}" in desk.page("/receipts/new")
    page = desk.page(f"/receipts/new?purchase_order={order}")
    assert (value_of(page, "lines.0.item"), value_of(page, "lines.0.accepted_units")) == ("suit", "10")
    rejected = {"rejected_units": "2", "rejection_reason": "Wet"}
    address = desk.done("/receipts", {**ABOVE, **about, **lines(SUITS | rejected)})
    page = desk.page(address)
    assert "Wet" in page
    assert "waiting" in page
    assert desk.api.get(f"purchase-orders/{order}")["state"] == "PARTLY_RECEIVED"
    assert value_of(desk.page(f"/receipts/new?purchase_order={order}"), "lines.0.accepted_units") == "6"
    with database.read() as session:
        assert on_hand(session) == {("suit", "S1", "wh-1"): 4}


def test_lines_left_blank_did_not_come_and_faults_stand_at_their_own_line(desk: PageDesk) -> None:
    more = [{"item": "goggles", "quantity": 5, "unit_price_microyuan": 0}]
    order = desk.api.placed({"item": "suit", "quantity": 10, "unit_price_microyuan": 1_000_000}, *more)
    blank = {"item": "suit", "expiry_date": "2022-12-31"}
    about = {**ABOVE, "purchase_order": order}
    page = desk.refused("/receipts", {**about, **lines(blank, {"item": "goggles", "rejected_units": "1"})})
    assert fault_at(page, "lines.1.rejection_reason") == "A reason is needed."
    assert value_of(page, "lines.0.item") == "suit"
    page = desk.refused("/receipts", {**about, **lines(blank, {"item": "goggles", "accepted_units": "6"})}, status=409)
    assert f"{order} has 5 pcs of goggles open; 6 pcs cannot be accepted." in page
    address = desk.done("/receipts", {**about, **lines(blank, {"item": "goggles", "accepted_units": "5"})})
    assert len(desk.api.get(address[1:])["lines"]) == 1


def test_a_pledge_comes_with_its_expiry_and_earmark(desk: PageDesk) -> None:
    pledge = desk.api.pledge(earmark=["h-1"], expiry_date="2022-05-01")
    page = desk.page(f"/receipts/new?pledge={pledge}")
    assert value_of(page, "lines.0.expiry_date") == "2022-05-01"
    row = {"item": "Mask", "accepted_units": "300", "expiry_date": "2022-05-01"}
    page = desk.refused("/receipts", {**ABOVE, "pledge": pledge, **lines(row | {"earmark": "h-2"})})
    assert fault_at(page, "lines.0.earmark") == f"{pledge} is given for h-1 only."
    address = desk.done("/receipts", {**ABOVE, "pledge": pledge, **lines(row)})
    (line,) = desk.api.get(address[1:])["lines"]
    assert line["earmark"] == ["h-1"]
    assert desk.api.get(f"pledges/{pledge}")["state"] == "RECEIVED"


def test_something_unannounced_and_the_same_again(desk: PageDesk) -> None:
    fields = {
        **ABOVE,
        "partner": "捐赠者",
        "supply_channel": "DONATION",
        **lines({"item": "rice", "accepted_units": "30"}),
    }
    address = desk.done("/receipts", fields)
    (line,) = desk.api.get(address[1:])["lines"]
    assert line["accepted_units"] == 30_000
    page = desk.refused("/receipts", fields, status=409)
    assert "Giver delivered 30 kg of Rice on 2020-01-31 already" in page
    assert 'name="anyway"' in page
    assert desk.done("/receipts", {**fields, "anyway": "yes"}) != address


def test_expired_goods_and_days_to_come_are_refused_together(desk: PageDesk) -> None:
    row = SUITS | {"expiry_date": "2020-01-01"}
    fields = {**ABOVE, "received_on": "2020-02-09", "partner": "giver", **lines(row)}
    page = desk.refused("/receipts", fields)
    assert fault_at(page, "received_on") == "The day 2020-02-09 has not come yet."
    assert "it can only be rejected" in fault_at(page, "lines.0.expiry_date")


def test_a_receipt_is_undone_and_rejected_goods_go_back(desk: PageDesk, database: Database) -> None:
    order = desk.api.placed()
    row = SUITS | {"rejected_units": "3", "rejection_reason": "Torn"}
    address = desk.done("/receipts", {**ABOVE, "purchase_order": order, **lines(row)})
    went = {"dispose.lines.0.line": "1", "dispose.lines.0.disposal": "RETURNED", "dispose.lines.0.units": "4"}
    page = desk.refused(f"{address}/dispose", went)
    assert fault_at(page, "dispose.note") == "This field is missing."
    page = desk.refused(f"{address}/dispose", {**went, "dispose.note": "Slip 17"})
    assert fault_at(page, "dispose.lines.0.units") == "3 pcs of suit wait on line 1; 4 pcs cannot go."
    desk.done(f"{address}/dispose", {**went, "dispose.note": "Slip 17", "dispose.lines.0.units": "3"})
    assert "Slip 17" in desk.page(address)
    desk.done(f"{address}/reverse", {"reverse.reason": "Wrong order"})
    assert "Wrong order" in desk.page(address)
    with database.read() as session:
        assert on_hand(session) == {("suit", "S1", "wh-1"): 0}
    assert "has been reversed already" in desk.refused(f"{address}/reverse", {"reverse.reason": "x"}, status=409)


def test_sent_twice_it_came_once(desk: PageDesk, database: Database) -> None:
    fields = {**ABOVE, "partner": "giver", **lines(SUITS), "form_key": "r" * 22}
    assert desk.done("/receipts", fields) == desk.done("/receipts", fields)
    with database.read() as session:
        assert on_hand(session) == {("suit", "S1", "wh-1"): 4}
