"""Physical inventories through HTTP: draft, recount, post, cancel."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.core.work import Work
from app.stock.service import reserve
from tests.conftest import TODAY
from tests.seeding import seeding
from tests.stock.city import API, KEEPER, City, build_city, faults, got, movement, posted, stocked_lot, take_in


@pytest.fixture
def city(database: Database) -> City:
    with seeding(database) as session:
        return build_city(session)


def counted(lot_id: int, units: int, reason: str = "") -> dict[str, object]:
    return {"lot_id": lot_id, "counted_units": units, "reason": reason}


def test_a_count_is_written_down_counted_again_and_posted_once(
    client: TestClient, database: Database, clock: Clock, city: City
) -> None:
    with database.write() as session:
        less, more, same, new = (
            stocked_lot(session, clock, code, units) for code, units in zip("ABCD", (10, 20, 30, 0), strict=True)
        )
    lines = [counted(less, 7, "damp"), counted(more, 25), counted(same, 30), counted(new, 2, "behind the shelf")]
    draft = posted(client, "/physical-inventories", {"warehouse": "wh-1", "counted_on": "2020-01-31", "lines": lines})
    path = f"/physical-inventories/{draft['code']}"
    assert (draft["code"], draft["state"]) == ("PI-2020-00001", "DRAFT")
    assert [line["expected_units"] for line in draft["lines"]] == [10, 20, 30, 0]
    posted(client, "/stock-movements", {"movements": [movement(less, 1), movement(same, 30)]})
    refused = posted(client, f"{path}/post", status=409)
    assert faults(refused) == [
        ("lines.0.lot_id", "card_moved"),
        ("lines.1.reason", "reason_missing"),
        ("lines.2.lot_id", "card_moved"),
    ]
    again = {"lines": [counted(less, 7, "damp"), counted(more, 25, "miscounted before"), counted(same, 0)]}
    assert posted(client, f"{path}/recount", again, status=200)["lines"][0]["expected_units"] == 9
    done = posted(client, f"{path}/post", status=200)
    assert (done["state"], done["posted_at"] is not None) == ("POSTED", True)
    events = [line["event_id"] for line in done["lines"]]
    assert [event is None for event in events] == [False, False, True, False]
    adjustments = got(client, "/stock-events", reference_kind="physical_inventory", reference_key=draft["code"])[
        "items"
    ]
    assert [(one["from_end"], one["to_end"], one["quantity"], one["reason"]) for one in adjustments] == [
        ("WAREHOUSE", "LOST", 2, "damp"),
        ("OUTSIDE", "WAREHOUSE", 5, "miscounted before"),
        ("OUTSIDE", "WAREHOUSE", 2, "behind the shelf"),
    ]
    assert {row["lot"]["code"]: row["on_hand"] for row in got(client, "/stock")["items"]} == {"A": 7, "B": 25, "D": 2}
    for verb, body in (("post", None), ("recount", again), ("cancel", {"reason": "x"})):
        assert faults(posted(client, f"{path}/{verb}", body, status=409)) == [("", "not_a_draft")]
    assert got(client, "/physical-inventories", warehouse="wh-1", state="POSTED")["items"] == [done]
    assert got(client, "/physical-inventories", state="DRAFT")["items"] == []


def test_a_count_of_yesterday_is_compared_with_yesterdays_card(
    client: TestClient, database: Database, clock: Clock, city: City
) -> None:
    yesterday = TODAY - timedelta(days=1)
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 0)
        take_in(session, clock, lot, 10, on=yesterday)
        take_in(session, clock, lot, 5)
    body = {"warehouse": "wh-1", "counted_on": yesterday.isoformat(), "lines": [counted(lot, 8, "torn")]}
    draft = posted(client, "/physical-inventories", body)
    assert draft["lines"][0]["expected_units"] == 10
    posted(client, f"/physical-inventories/{draft['code']}/post", status=200)
    assert [got(client, "/stock", day=day)["items"][0]["on_hand"] for day in (yesterday, TODAY)] == [8, 13]


def test_a_count_below_what_is_promised_is_refused_until_the_promise_is_given_back(
    client: TestClient, database: Database, clock: Clock, city: City
) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 10)
        reserve(Work(session, KEEPER, clock), [city.promise(lot, 8)], reference_kind="plan", reference_key="P")
    body = {"warehouse": "wh-1", "counted_on": "2020-01-31", "lines": [counted(lot, 7, "stolen")]}
    path = f"/physical-inventories/{posted(client, '/physical-inventories', body)['code']}"
    assert faults(posted(client, f"{path}/post", status=409)) == [("quantity", "insufficient_stock")]
    assert posted(client, f"{path}/cancel", {"reason": "later"}, status=200)["state"] == "CANCELLED"


def test_a_bad_count_is_refused_with_every_fault(
    client: TestClient, database: Database, clock: Clock, city: City
) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 10)
    body = {"warehouse": "h-1", "counted_on": "2020-02-01", "lines": [counted(lot, 1), counted(lot, 2)]}
    assert faults(posted(client, "/physical-inventories", body, status=422)) == [
        ("warehouse", "unknown_id"),
        ("counted_on", "day_in_the_future"),
        ("lines.1.lot_id", "named_twice"),
    ]
    unknown = {"warehouse": "wh-1", "counted_on": "2020-01-31", "lines": [counted(98, 1), counted(99, 2)]}
    assert faults(posted(client, "/physical-inventories", unknown, status=422)) == [
        ("lines.0.lot_id", "unknown_id"),
        ("lines.1.lot_id", "unknown_id"),
    ]
    assert client.get(f"{API}/physical-inventories/PI-1").status_code == 404
