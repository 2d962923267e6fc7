"""Purchase orders through the API: their states, their money, their offers, special handling and its review."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from app.core.trail.models import AuditRecord
from app.core.work import Work
from app.main import create_app
from app.procurement.models import Offer
from app.procurement.rules import OfferUnavailableError
from app.procurement.service import place_order
from tests.conftest import NOON
from tests.procurement.city import REVIEWER, SPECIAL, YUAN, Desk, act_as, build_market, faults_of, order_body, suits
from tests.seeding import seeding
from tests.stock.city import KEEPER

REASON = {"reason": "The works has closed"}


@pytest.fixture
def desk(client: TestClient, database: Database) -> Desk:
    with seeding(database) as session:
        build_market(session)
    desk = Desk(client)
    desk.fund()
    return desk


def special(desk: Desk, *lines: dict[str, object], **more: object) -> dict[str, Any]:
    """The answer to an order of special handling."""
    body = order_body(*lines, supply_channel="SPECIAL_HANDLING", special_handling=SPECIAL, **more)
    return desk.post("purchase-orders", body, 201)


def test_an_order_goes_from_draft_to_ordered(desk: Desk, database: Database) -> None:
    code = desk.draft()
    assert code == "PO-2020-00001"
    assert desk.committed_fen() == 0
    approved = desk.post(f"purchase-orders/{code}/approve")
    assert (approved["state"], approved["approved_by"]) == ("APPROVED", "operator")
    assert desk.committed_fen() == 0
    placed = desk.post(f"purchase-orders/{code}/place")
    assert placed["warnings"] == []
    order = placed["order"]
    assert (order["state"], order["ordered_on"], order["ordered_by"]) == ("ORDERED", "2020-01-31", "operator")
    assert (order["total_fen"], order["lines"][0]["amount_fen"]) == (90_000, 90_000)
    assert desk.committed_fen() == 90_000
    with database.read() as session:
        actions = session.scalars(select(AuditRecord.action).order_by(AuditRecord.seq)).all()
    assert actions == [
        "FUND_CREATED",
        "PURCHASE_ORDER_CREATED",
        "PURCHASE_ORDER_APPROVED",
        "FUND_COMMITTED",
        "PURCHASE_ORDER_PLACED",
    ]


def test_a_draft_cannot_be_placed_nor_an_order_approved_again(desk: Desk) -> None:
    code = desk.draft()
    assert faults_of(desk.post(f"purchase-orders/{code}/place", status=409)) == [("state", "wrong_state")]
    desk.post(f"purchase-orders/{code}/approve")
    desk.post(f"purchase-orders/{code}/approve", status=409)
    desk.post("purchase-orders/PO-2020-09999/approve", status=404)


def test_every_unknown_or_retired_name_is_told_at_once(desk: Desk) -> None:
    body = order_body(
        {"item": "nothing", "quantity": 1, "unit_price_microyuan": 1},
        {"item": "old-mask", "quantity": 1, "unit_price_microyuan": 1},
        {"item": "suit", "quantity": 1, "offer": "OF-2020-00009"},
        partner="gone",
        warehouse="h-1",
        fund="nowhere",
        expected_on="2020-01-30",
    )
    assert faults_of(desk.post("purchase-orders", body, 422)) == [
        ("expected_on", "day_in_the_past"),
        ("fund", "unknown_id"),
        ("lines.0.item", "unknown_id"),
        ("lines.1.item", "retired"),
        ("lines.2.offer", "unknown_id"),
        ("partner", "retired"),
        ("warehouse", "unknown_id"),
    ]
    assert desk.get("purchase-orders")["items"] == []


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ({"item": "suit", "quantity": 0, "unit_price_microyuan": 1}, "quantity"),
        ({"item": "suit", "quantity": -1, "unit_price_microyuan": 1}, "quantity"),
        ({"item": "suit", "quantity": 1.5, "unit_price_microyuan": 1}, "quantity"),
        ({"item": "suit", "quantity": 2**63, "unit_price_microyuan": 1}, "quantity"),
        ({"item": "suit", "quantity": 1, "unit_price_microyuan": -1}, "unit_price_microyuan"),
        ({"item": "su it", "quantity": 1, "unit_price_microyuan": 1}, "item"),
    ],
)
def test_lines_have_their_bounds(desk: Desk, line: dict[str, object], where: str) -> None:
    problem = desk.post("purchase-orders", order_body(line), 422)
    assert [fault["where"] for fault in problem["faults"]] == [f"lines.0.{where}"]


def test_an_amount_past_all_bounds_is_refused(desk: Desk) -> None:
    line = {"item": "suit", "quantity": 10**12, "unit_price_microyuan": 10**12}
    assert faults_of(desk.post("purchase-orders", order_body(line), 422)) == [("lines", "amount_too_large")]


def test_a_cancelled_order_gives_its_money_back(desk: Desk) -> None:
    code = desk.placed()
    cancelled = desk.post(f"purchase-orders/{code}/cancel", REASON)
    assert (cancelled["state"], cancelled["closing_reason"]) == ("CANCELLED", "The works has closed")
    assert desk.committed_fen() == 0
    desk.post(f"purchase-orders/{code}/cancel", REASON, 409)
    desk.post(f"purchase-orders/{desk.draft()}/cancel", {"reason": " "}, 422)


def test_an_order_closed_short_keeps_only_what_came_committed(desk: Desk) -> None:
    offer = desk.offer(quantity=10, unit_price_microyuan=333_333)
    code = desk.placed({"item": "suit", "quantity": 10, "offer": offer})
    assert desk.committed_fen() == 333
    assert desk.get(f"offers/{offer}")["state"] == "ACCEPTED"
    desk.post(f"purchase-orders/{code}/close-short", REASON, 409)
    desk.receive(suits(4), purchase_order=code)
    desk.post(f"purchase-orders/{code}/cancel", REASON, 409)
    closed = desk.post(f"purchase-orders/{code}/close-short", REASON)
    assert (closed["state"], closed["total_fen"]) == ("RECEIVED", 333)
    assert desk.committed_fen() == 133  # 4 x 0.333333 yuan = 133.3332 fen
    back = desk.get(f"offers/{offer}")
    assert (back["ordered_units"], back["state"]) == (4, "OPEN")


def test_an_order_for_nothing_needs_no_fund_and_commits_none(desk: Desk) -> None:
    desk.placed(
        {"item": "suit", "quantity": 5, "unit_price_microyuan": 0}, fund=None, supply_channel="LOCAL_PRODUCTION"
    )
    assert desk.get("fund-commitments")["items"] == []


def test_an_offer_gives_its_price_and_no_more_than_it_has(desk: Desk) -> None:
    offer = desk.offer(quantity=10)
    first = desk.placed({"item": "suit", "quantity": 8, "offer": offer})
    assert desk.get(f"purchase-orders/{first}")["lines"][0]["unit_price_microyuan"] == 90 * YUAN
    second = desk.draft({"item": "suit", "quantity": 3, "offer": offer, "unit_price_microyuan": 80 * YUAN})
    desk.post(f"purchase-orders/{second}/approve")
    problem = desk.post(f"purchase-orders/{second}/place", status=409)
    assert problem["code"] == "offer_unavailable"
    assert faults_of(problem) == [("lines.0.offer", "offer_too_small")]
    assert desk.committed_fen() == 72_000
    desk.post(f"purchase-orders/{first}/cancel", REASON)
    desk.post(f"purchase-orders/{second}/place")
    assert desk.get(f"offers/{offer}")["ordered_units"] == 3


def test_a_withdrawn_offer_stops_an_approved_order_but_not_a_placed_one(desk: Desk) -> None:
    offer = desk.offer()
    placed = desk.placed({"item": "suit", "quantity": 1, "offer": offer})
    waiting = desk.draft({"item": "suit", "quantity": 1, "offer": offer})
    desk.post(f"purchase-orders/{waiting}/approve")
    assert desk.post(f"offers/{offer}/withdraw", REASON)["state"] == "WITHDRAWN"
    desk.post(f"offers/{offer}/withdraw", REASON, 409)
    assert faults_of(desk.post(f"purchase-orders/{waiting}/place", status=409)) == [
        ("lines.0.offer", "offer_withdrawn")
    ]
    desk.receive(suits(1), purchase_order=placed)
    assert desk.get(f"offers/{offer}")["ordered_units"] == 1


def test_orders_at_once_never_take_more_than_the_offer_has(desk: Desk, database: Database, clock: Clock) -> None:
    offer = desk.offer(quantity=10)
    codes = [desk.draft({"item": "suit", "quantity": 3, "offer": offer}) for _ in range(8)]
    for code in codes:
        desk.post(f"purchase-orders/{code}/approve")
    start = threading.Barrier(len(codes))

    def place(code: str) -> bool:
        start.wait()
        try:
            with database.write() as session:
                place_order(Work(session, KEEPER, clock), code)
        except OfferUnavailableError:
            return False
        return True

    with ThreadPoolExecutor(len(codes)) as pool:
        assert sum(pool.map(place, codes)) == 3
    with database.read() as session:
        assert session.scalars(select(Offer.ordered_units)).all() == [9]
    assert desk.committed_fen() == 3 * 27_000


def test_one_order_placed_by_many_at_once_is_placed_once(desk: Desk, client: TestClient) -> None:
    code = desk.draft()
    desk.post(f"purchase-orders/{code}/approve")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(f"/api/v1/purchase-orders/{code}/place").status_code, range(8)))
    assert sorted(answers) == [200] + [409] * 7
    assert desk.committed_fen() == 90_000


def test_special_handling_is_ordered_at_once_with_its_grounds(desk: Desk) -> None:
    order = special(desk)["order"]
    assert (order["state"], order["approved_by"], order["ordered_by"]) == ("ORDERED", None, "operator")
    assert (order["legal_basis"], order["special_reason"], order["review_by"]) == tuple(SPECIAL.values())
    assert desk.committed_fen() == 90_000


@pytest.mark.parametrize("left_out", sorted(SPECIAL))
def test_special_handling_without_a_ground_is_refused(desk: Desk, left_out: str) -> None:
    for grounds in ({**SPECIAL, left_out: ""}, {key: value for key, value in SPECIAL.items() if key != left_out}):
        body = order_body(supply_channel="SPECIAL_HANDLING", special_handling=grounds)
        problem = desk.post("purchase-orders", body, 422)
        assert [fault["where"] for fault in problem["faults"]] == [f"special_handling.{left_out}"]
    problem = desk.post("purchase-orders", order_body(supply_channel="SPECIAL_HANDLING"), 422)
    assert faults_of(problem) == [("special_handling", "special_handling_missing")]


def test_special_handling_does_not_skip_the_fund(desk: Desk) -> None:
    desk.fund("poor", 89_999)
    body = order_body(supply_channel="SPECIAL_HANDLING", special_handling=SPECIAL, fund="poor")
    assert desk.post("purchase-orders", body, 409)["code"] == "fund_overspent"
    assert desk.get("purchase-orders")["items"] == []
    assert special(desk)["order"]["code"] == "PO-2020-00001"


def test_somebody_else_reviews_special_handling_once(desk: Desk, app: FastAPI) -> None:
    code = special(desk)["order"]["code"]
    review = {"outcome": "JUSTIFIED", "note": "Two days of stock on 31 January"}
    problem = desk.post(f"purchase-orders/{code}/review", review, 403)
    assert faults_of(problem) == [("", "own_review")]
    act_as(app, REVIEWER)
    reviewed = desk.post(f"purchase-orders/{code}/review", review)
    assert (reviewed["reviewed_by"], reviewed["review_outcome"]) == ("reviewer", "JUSTIFIED")
    assert faults_of(desk.post(f"purchase-orders/{code}/review", review, 409)) == [("", "already_reviewed")]
    plain = desk.placed()
    assert faults_of(desk.post(f"purchase-orders/{plain}/review", review, 409)) == [("", "not_special")]


def test_overdue_reviews_are_listed(desk: Desk, app: FastAPI, settings: Settings, clock: Clock) -> None:
    codes = [special(desk)["order"]["code"] for _ in range(3)]
    act_as(app, REVIEWER)
    desk.post(f"purchase-orders/{codes[0]}/review", {"outcome": "NOT_JUSTIFIED", "note": "There was time"})
    desk.post(f"purchase-orders/{codes[1]}/cancel", REASON)
    assert desk.get("purchase-orders", review="OVERDUE")["items"] == []
    assert [one["code"] for one in desk.get("purchase-orders", review="PENDING")["items"]] == [codes[2]]
    assert [one["code"] for one in desk.get("purchase-orders", review="DONE")["items"]] == [codes[0]]
    for days, overdue in ((7, []), (8, [codes[2]])):  # reviewed by 7 February, the seventh day from now
        later = Clock(clock.city_zone, partial(NOON.__add__, timedelta(days=days)))
        later_app = create_app(settings, later)
        act_as(later_app, REVIEWER)
        with TestClient(later_app) as client:
            listed = Desk(client).get("purchase-orders", review="OVERDUE")["items"]
            assert [one["code"] for one in listed] == overdue


def test_prices_are_compared_with_the_reference_and_flagged(desk: Desk) -> None:
    dear = special(desk, {"item": "suit", "quantity": 1, "unit_price_microyuan": 130 * YUAN + 1})
    fair = special(desk, {"item": "suit", "quantity": 1, "unit_price_microyuan": 130 * YUAN})
    unknown = special(desk, {"item": "goggles", "quantity": 1, "unit_price_microyuan": 900 * YUAN})
    assert [[warning["code"] for warning in one["warnings"]] for one in (dear, fair, unknown)] == [
        ["price_above_reference"],
        [],
        [],
    ]
    lines = [one["order"]["lines"][0] for one in (dear, fair, unknown)]
    assert [(line["price_ratio_permille"], line["overpriced"]) for line in lines] == [
        (1300, True),
        (1300, False),
        (None, False),
    ]
    flagged = [one["code"] for one in desk.get("purchase-orders", overpriced=True)["items"]]
    rest = [one["code"] for one in desk.get("purchase-orders", overpriced=False)["items"]]
    assert flagged == [dear["order"]["code"]]
    assert rest == [one["order"]["code"] for one in (fair, unknown)]


def test_a_day_can_be_moved_while_something_is_expected(desk: Desk) -> None:
    code = desk.placed()
    moved = desk.post(f"purchase-orders/{code}/reschedule", {"expected_on": "2020-02-04", "reason": "Road closed"})
    assert moved["expected_on"] == "2020-02-04"
    desk.post(f"purchase-orders/{code}/reschedule", {"expected_on": "2020-01-30", "reason": "Road closed"}, 422)
    desk.receive(suits(10), purchase_order=code)
    desk.post(f"purchase-orders/{code}/reschedule", {"expected_on": "2020-02-05", "reason": "Road closed"}, 409)


def test_orders_can_be_filtered_and_paged(desk: Desk) -> None:
    first, second = desk.placed(), desk.draft(warehouse="wh-2")
    third = desk.draft({"item": "n95", "quantity": 1, "unit_price_microyuan": YUAN}, partner="province")
    for filters, codes in (
        ({"state": "ORDERED"}, [first]),
        ({"warehouse": "wh-2"}, [second]),
        ({"item": "n95"}, [third]),
        ({"partner": "province"}, [third]),
        ({"fund": "city-fund"}, [first, second, third]),
        ({"fund": "x"}, []),
        ({"supply_channel": "MARKET_PURCHASE", "item": "suit"}, [first, second]),
    ):
        assert [one["code"] for one in desk.get("purchase-orders", **filters)["items"]] == codes
    page = desk.get("purchase-orders", limit=2)
    assert [one["code"] for one in page["items"]] == [first, second]
    assert [one["code"] for one in desk.get("purchase-orders", after=page["next"])["items"]] == [third]
    desk.get("purchase-orders", status=422, limit=-1)
    desk.get("purchase-orders", status=422, state="LOST")
    desk.get("purchase-orders/nothing", status=404)
