"""Orders, offers, funds and partners on their pages: yuan typed and told, steps, refusals, repetitions."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import Database
from tests.procurement.city import REVIEWER, YUAN, act_as, build_market
from tests.seeding import seeding
from tests.web.supply_desk import PageDesk, fault_at, items_of, lines, value_of

ABOVE = {
    "partner": "trader", "supply_channel": "MARKET_PURCHASE", "warehouse": "wh-1", "fund": "city-fund",
    "expected_on": "2020-02-02",
}  # fmt: skip
SUITS = {"item": "suit", "quantity": "10", "unit_price": "90.50"}
SPECIAL = {
    "special_handling.legal_basis": "财办库〔2020〕23号",
    "special_handling.reason": "Stock lasts two days",
    "special_handling.review_by": "2020-02-07",
}


@pytest.fixture
def desk(client: TestClient, database: Database) -> PageDesk:
    """Somebody in the market city, with every right and a fund of 10,000 yuan."""
    with seeding(database) as session:
        build_market(session)
    page_desk = PageDesk(client)
    page_desk.api.fund()
    return page_desk


def test_an_order_goes_from_draft_to_placed_and_off(desk: PageDesk) -> None:
    address = desk.done("/purchase-orders", {**ABOVE, **lines(SUITS)})
    order = desk.api.get(address[1:])
    assert (order["state"], order["total_fen"]) == ("DRAFT", 90_500)
    for step in ("approve", "place"):
        assert desk.done(f"{address}/{step}", {}) == address
    assert desk.api.committed_fen() == 90_500
    page = desk.page(address)
    assert "90.5 yuan/piece" in page
    assert "905 yuan" in page
    moved = {"reschedule.expected_on": "2020-02-05", "reschedule.reason": "Roads closed"}
    desk.done(f"{address}/reschedule", moved)
    assert "2020-02-05" in desk.page(address)
    page = desk.refused(f"{address}/close-short", {"close_short.reason": "Enough"}, status=409)
    assert "is ordered; “close short” is possible only while it is: partly received." in page
    desk.done(f"{address}/cancel", {"cancel.reason": "Too late"})
    assert desk.api.committed_fen() == 0


def test_weighed_goods_are_typed_in_kilograms_and_yuan_a_kilogram(desk: PageDesk) -> None:
    rice = {"item": "大米", "quantity": "1,500", "unit_price": "4.5"}
    order = desk.api.get(desk.done("/purchase-orders", {**ABOVE, **lines(rice)})[1:])
    (line,) = order["lines"]
    assert (line["ordered_units"], line["unit_price_microyuan"], order["total_fen"]) == (1_500_000, 4_500, 675_000)


def test_all_faults_of_an_order_at_once_with_all_that_was_typed(desk: PageDesk) -> None:
    rows = lines({"item": "suit", "quantity": "1.5", "unit_price": "9o"}, {"item": "goggles", "quantity": "5"})
    page = desk.refused("/purchase-orders", {**ABOVE, **rows, "partner": "nobody", "expected_on": "tomorrow"})
    assert fault_at(page, "partner") == "There is no partner “nobody”."
    assert fault_at(page, "expected_on") == "This must be a date like 2020-01-31."
    assert fault_at(page, "lines.0.quantity") == "This has too many decimals."
    assert fault_at(page, "lines.0.unit_price") == "This must be a number."
    assert value_of(page, "lines.0.unit_price") == "9o"
    page = desk.refused("/purchase-orders", {**ABOVE, **lines({"item": "goggles", "quantity": "5"})})
    assert fault_at(page, "lines.0.unit_price") == "A price is needed where no offer is taken."


def test_an_overspent_fund_says_in_yuan_what_is_missing(desk: PageDesk) -> None:
    address = desk.done("/purchase-orders", {**ABOVE, **lines(SUITS | {"quantity": "200"})})
    desk.done(f"{address}/approve", {})
    page = desk.refused(f"{address}/place", {}, status=409)
    assert "“city-fund” has not enough left: 8,100 yuan are missing. It holds 10,000 yuan" in page
    assert desk.api.get(address[1:])["state"] == "APPROVED"


def test_special_handling_is_placed_at_once_and_reviewed_by_another(desk: PageDesk, app: FastAPI) -> None:
    fields = {**ABOVE, "supply_channel": "SPECIAL_HANDLING", **lines(SUITS | {"unit_price": "148"})}
    assert "Special handling needs its legal basis" in desk.refused("/purchase-orders", fields)
    page = desk.refused("/purchase-orders", {**fields, "special_handling.reason": "Stock lasts two days"})
    assert fault_at(page, "special_handling.legal_basis") == "This field is missing."
    shown = desk.refused("/purchase-orders", {**fields, **SPECIAL}, status=200)
    assert "Place an order of special handling" in shown
    assert "148% high" in re.sub(r"\s+", " ", shown)
    assert desk.api.get("purchase-orders")["items"] == [], "nothing is ordered before somebody stands for it"
    confirmed = {**fields, **SPECIAL, "confirming": "yes"}
    assert "Type your own name: operator." in desk.refused(
        "/purchase-orders", {**confirmed, "confirmed_by": "nobody"}, status=422
    )
    back = desk.refused("/purchase-orders", {**confirmed, "resumed": "back"}, status=200)
    assert value_of(back, "lines.0.unit_price") == "148", "everything typed is still there"
    address = desk.done("/purchase-orders", {**confirmed, "confirmed_by": " Operator "})
    page = desk.page(address)
    assert "Somebody else reviews it by 2020-02-07." in page
    assert "148% high" in page
    review = {"review.outcome": "JUSTIFIED", "review.note": "Three were asked"}
    assert "somebody else must review it" in desk.refused(f"{address}/review", review, status=403)
    act_as(app, REVIEWER)
    desk.done(f"{address}/review", review)
    assert "justified (reviewer): Three were asked" in desk.page(address)


def test_a_repeated_order_is_warned_of_and_placed_on_purpose(desk: PageDesk) -> None:
    first = desk.done("/purchase-orders", {**ABOVE, **lines(SUITS)})
    fields = {**ABOVE, "expected_on": "2020-02-04", **lines(SUITS)}
    assert f'<a href="{first}">' in desk.refused("/purchase-orders", fields, status=409)
    assert desk.done("/purchase-orders", {**fields, "anyway": "yes"}) != first
    desk.api.post(f"{first[1:]}/cancel", {"reason": "x"})


def test_an_order_begins_from_an_offer_and_takes_its_price(desk: PageDesk) -> None:
    offer = desk.api.offer(fund="city-fund")
    page = desk.page(f"/purchase-orders/new?offer={offer}")
    assert (value_of(page, "partner"), value_of(page, "lines.0.unit_price")) == ("trader", "90")
    assert value_of(page, "lines.0.quantity") == "1000"
    address = desk.done("/purchase-orders", {**ABOVE, **lines({"offer": offer, "quantity": "20"})})
    (line,) = desk.api.get(address[1:])["lines"]
    assert (line["item"], line["unit_price_microyuan"], line["offer"]) == ("suit", 90 * YUAN, offer)
    page = desk.refused("/purchase-orders", {**ABOVE, **lines({"offer": offer, "quantity": "5", "unit_price": "91"})})
    assert fault_at(page, "lines.0.unit_price") == f"The price is above that of offer {offer}."


def test_offers_are_recorded_and_withdrawn(desk: PageDesk) -> None:
    fields = {
        "partner": "trader",
        "item": "Rice",
        "quantity": "800",
        "unit_price": "4.8",
        "lead_days": "2",
        "valid_until": "2020-02-09",
        "warehouse": "wh-2",
        "supply_channel": "MARKET_PURCHASE",
    }
    address = desk.done("/offers", fields)
    offer = desk.api.get(address[1:])
    assert (offer["quantity"], offer["unit_price_microyuan"]) == (800_000, 4_800)
    assert "4.8 yuan/kg" in desk.page("/offers")
    page = desk.refused("/offers", {**fields, "lead_days": "soon", "unit_price": "cheap"})
    assert fault_at(page, "lead_days") == "This must be a whole number."
    assert fault_at(page, "unit_price") == "This must be a number."
    desk.done(f"{address}/withdraw", {"withdraw.reason": "Sold"})
    assert "withdrawn" in desk.page(address)


def test_a_fund_is_entered_changed_and_kept_from_less_than_is_committed(desk: PageDesk) -> None:
    fields = {"code": "dues", "name_zh": "党费", "name_en": "Dues", "amount": "4,769,000.50", "on_overspend": "WARN"}
    assert desk.done("/funds", fields) == "/funds/dues"
    assert desk.api.get("funds/dues")["amount_fen"] == 476_900_050
    assert "This fund exists already" in desk.refused("/funds", fields, status=409)
    assert (
        fault_at(desk.refused("/funds", {**fields, "amount": "much"}), "amount") == "This must be an amount like 12.50."
    )
    desk.api.placed()
    page = desk.page("/funds/city-fund")
    assert "PO-2020-00001" in page
    page = desk.refused("/funds/city-fund", {"change.amount": "100"}, status=409)
    assert "“city-fund” has not enough left: 800 yuan are missing." in page
    desk.done("/funds/city-fund", {"change.amount": "20000"})
    assert desk.api.get("funds/city-fund")["amount_fen"] == 2_000_000


def test_a_partner_is_entered_and_retired(desk: PageDesk) -> None:
    fields = {"code": "new-one", "name_zh": "新单位", "name_en": "New one", "kind": "supplier", "contact": "1"}
    assert desk.done("/partners", fields) == "/partners/new-one"
    assert "This must be one of" in desk.refused("/partners", {**fields, "kind": "friend"})
    desk.done("/partners/new-one", {"name_zh": "新单位", "name_en": "Newer"})
    partner = desk.api.get("partners/new-one")
    assert (partner["name_en"], partner["active"], partner["contact"]) == ("Newer", False, "")
    assert "new-one" in desk.page("/partners?q=新单")
    assert "new-one" not in desk.page("/partners?active=yes")


@pytest.mark.parametrize(
    ("filters", "is_found"), [("price=high", True), ("review=OVERDUE", False), ("item=suit", True)]
)
def test_orders_are_filtered(desk: PageDesk, filters: str, is_found: bool) -> None:
    desk.done("/purchase-orders", {**ABOVE, **lines(SUITS | {"unit_price": "140"})})
    assert ("PO-2020-00001" in desk.page(f"/purchase-orders?{filters}")) is is_found
    assert len(items_of(desk.api.get("purchase-orders"))) == 1


@pytest.mark.parametrize("amount", ["1e999999999", "1e400", "Infinity", "NaN", "0x10", "9" * 40, "1_000", "--1"])
def test_a_number_that_nobody_can_write_down_is_a_fault_at_its_field(desk: PageDesk, amount: str) -> None:
    fund = {"code": "dues", "name_zh": "党费", "name_en": "Dues", "amount": amount, "on_overspend": "WARN"}
    assert fault_at(desk.refused("/funds", fund), "amount") == "This must be an amount like 12.50."
    page = desk.refused("/purchase-orders", {**ABOVE, **lines(SUITS | {"quantity": amount, "unit_price": amount})})
    assert fault_at(page, "lines.0.quantity") == fault_at(page, "lines.0.unit_price") == "This must be a number."


def test_what_no_database_can_hold_is_refused_before_it_is_looked_for(desk: PageDesk) -> None:
    assert "control characters" in desk.page("/partners?q=%00", status=422)
    assert "This is too long: at most 200 characters." in desk.page("/partners?q=" + "x" * 201, status=422)
    desk.refused("/purchase-orders", {**ABOVE, **lines(SUITS | {"offer": "\0"})})
    desk.refused("/receipts", {"purchase_order": "\0", "received_on": "2020-01-31", "warehouse": "\0"})
    desk.refused("/purchase-orders", {"lines": "x", "partner.name": "y", "special_handling": "z"})


def test_a_mistyped_address_is_answered_with_a_page(desk: PageDesk) -> None:
    for address, status in (("/purchase-orders/!", 422), ("/lots/abc", 422), ("/no-such-page", 404)):
        assert "<h1>" in desk.page(address, status=status)
    assert desk.client.get("/api/v1/no-such-thing").json()["code"] == "not_found"
    assert desk.client.get("/api/v1/lots/abc").json()["code"] == "invalid_input"
