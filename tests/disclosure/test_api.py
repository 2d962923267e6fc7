"""Disclosure: figures out of the ledger, refused unless they balance, numbered, corrected only with a reason."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.core.clock import Clock
from app.core.database import Database
from app.core.work import Work
from app.disclosure import service
from app.disclosure.rules import Figures, balance_faults, stated_faults
from app.stock.service import move
from app.stock.types import StockEnd, StockEventKind
from tests.conftest import TODAY
from tests.stock.city import KEEPER, build_city, faults, got, posted, stocked_lot, take_in

DAY = TODAY.isoformat()
NAMES = ("received", "issued", "in_transit", "on_hand", "lost", "returned")


@pytest.fixture
def moved(database: Database, clock: Clock) -> None:
    """1,000 masks given: 300 on the way to h-1, of which 200 arrive and 20 are lost; yesterday there were 400."""
    with database.write() as session:
        city = build_city(session)
        lot = stocked_lot(session, clock, "L-1", 0)
        take_in(session, clock, lot, 400, on=TODAY - timedelta(days=1))
        take_in(session, clock, lot, 600)
        sent = city.shipment(lot, 300)
        move(Work(session, KEEPER, clock), sent)
        on = replace(sent, from_end=StockEnd.TRANSIT, from_warehouse_id=None)
        move(
            Work(session, KEEPER, clock),
            replace(on, kind=StockEventKind.DELIVERY, to_end=StockEnd.FACILITY, quantity=200),
        )
        move(
            Work(session, KEEPER, clock),
            replace(on, kind=StockEventKind.LOSS, to_end=StockEnd.LOST, quantity=20, reason="wet"),
        )


def line(view: Any) -> list[int]:
    (only,) = view["lines"]
    return [only[name] for name in NAMES]


@pytest.mark.usefixtures("moved")
def test_a_balance_is_published_and_never_changed(client: TestClient, database: Database) -> None:
    view = posted(client, "/disclosures", {"as_of": DAY})
    assert (view["code"], view["version"], view["reason"]) == ("DS-2020-00001", 1, "")
    assert line(view) == [1000, 200, 80, 700, 20, 0]
    assert [(issue["facility"], issue["issued"]) for issue in view["issues"]] == [("h-1", 200)]
    assert got(client, f"/disclosures/{view['code']}") == view
    for change in (
        "UPDATE disclosure_line SET received = 900, on_hand = 600",
        "DELETE FROM disclosure_issue",
        "UPDATE disclosure SET published_by = 'somebody else'",
    ):
        with pytest.raises(DatabaseError, match="append-only"), database.engine.begin() as connection:
            connection.execute(text(change))


@pytest.mark.usefixtures("moved")
def test_a_past_day_is_told_as_it_ended(client: TestClient) -> None:
    view = posted(client, "/disclosures", {"as_of": (TODAY - timedelta(days=1)).isoformat()})
    assert line(view) == [400, 0, 0, 400, 0, 0]
    assert view["issues"] == []


@pytest.mark.usefixtures("moved")
def test_a_correction_needs_a_reason_and_a_reason_something_to_correct(client: TestClient) -> None:
    refused = posted(client, "/disclosures", {"as_of": DAY, "reason": "a slip"}, status=422)
    assert faults(refused) == [("reason", "nothing_to_correct")]
    posted(client, "/disclosures", {"as_of": DAY})
    assert faults(posted(client, "/disclosures", {"as_of": DAY}, status=422)) == [("reason", "correction_unexplained")]
    second = posted(client, "/disclosures", {"as_of": DAY, "reason": "A receipt was recorded late."})
    assert (second["version"], second["reason"]) == (2, "A receipt was recorded late.")
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    assert faults(posted(client, "/disclosures", {"as_of": tomorrow}, status=422)) == [("as_of", "invalid_input")]
    assert [(one["as_of"], one["version"]) for one in got(client, "/disclosures")["items"]] == [(DAY, 1), (DAY, 2)]


@pytest.mark.usefixtures("moved")
def test_figures_prepared_by_hand_are_held_against_the_ledger(client: TestClient) -> None:
    stated = {
        "item": "n95",
        "channel": "DONATION",
        "received": 1000,
        "issued": 200,
        "in_transit": 80,
        "on_hand": 700,
        "lost": 20,
    }
    wrong = {**stated, "on_hand": 680}
    refused = posted(client, "/disclosures", {"as_of": DAY, "stated": [wrong]}, status=409)
    assert faults(refused) == [("stated.0", "disclosure_unbalanced"), ("stated.0.on_hand", "disclosure_differs")]
    assert refused["faults"][0]["params"]["difference"] == 20
    assert faults(posted(client, "/disclosures", {"as_of": DAY, "stated": []}, status=409)) == [
        ("stated", "disclosure_incomplete")
    ]
    assert got(client, "/disclosures")["items"] == [], "nothing is half published"
    posted(client, "/disclosures", {"as_of": DAY, "stated": [stated]})


@pytest.mark.usefixtures("moved")
def test_a_ledger_that_does_not_conserve_is_refused_with_the_difference(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "stock_on", lambda *_: [])
    refused = posted(client, "/disclosures", {"as_of": DAY}, status=409)
    assert faults(refused) == [("n95.DONATION", "disclosure_unbalanced")]
    assert refused["faults"][0]["params"]["difference"] == 700


def test_the_database_itself_refuses_what_does_not_add_up(client: TestClient, database: Database, moved: None) -> None:
    posted(client, "/disclosures", {"as_of": DAY})
    statement = (
        "INSERT INTO disclosure_line (disclosure_id, item_id, channel, received, issued, in_transit, on_hand, lost, "
        "returned) SELECT disclosure_id, item_id, 'LOCAL_PRODUCTION', 36000, 32000, 0, 0, 0, 0 FROM disclosure_line"
    )
    with pytest.raises(DatabaseError, match="balance"), database.engine.begin() as connection:
        connection.execute(text(statement))


def test_every_fault_of_the_figures_is_named() -> None:
    figures = {
        ("mask", "DONATION"): Figures(received=36_000, issued=32_000),
        ("suit", "DONATION"): Figures(received=5, issued=6, lost=-1),
    }
    found = [(fault.where, fault.code) for fault in balance_faults(figures, {"mask": 31_000, "suit": 6})]
    assert found == [
        ("mask.DONATION", "disclosure_unbalanced"),
        ("suit.DONATION.lost", "disclosure_negative"),
        ("mask", "disclosure_issued_differs"),
    ]
    twice = [(("mask", "DONATION"), figures["mask", "DONATION"])] * 2
    assert [fault.code for fault in stated_faults(twice, {("mask", "DONATION"): figures["mask", "DONATION"]})] == [
        "disclosure_unbalanced",
        "duplicate_key",
        "disclosure_unbalanced",
    ]


@pytest.mark.usefixtures("moved")
def test_the_page_is_for_everybody(client: TestClient) -> None:
    client.cookies.clear()
    assert "尚未公布" in client.get("/disclosure?lang=zh-CN").text
    code = posted(client, "/disclosures", {"as_of": DAY})["code"]
    page = client.get("/disclosure?lang=en").text
    assert "1,000 pcs" in page
    assert "donation" in page
    assert "h-1" in client.get(f"/disclosure?version={code}&table=issued").text
    table = client.get("/disclosure?lang=en&download=csv").content.decode("utf-8-sig").splitlines()
    assert table[1] == "Mask,donation,1000,pcs,200,pcs,80,pcs,700,pcs,20,pcs,0,pcs"
    assert client.get("/disclosure?version=DS-2020-99999").status_code == 404
