"""The public side without a log-in: balance and gifts, adding up with the ledger; corrections, tags, limits."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.clock import Clock
from app.core.database import Database
from app.core.work import Work
from app.facilities.models import Facility
from app.public.limits import REQUESTS_MAX
from app.stock.models import Lot
from app.stock.service import move
from app.stock.types import StockEnd, StockEventKind
from tests.conftest import TODAY
from tests.procurement.city import Desk, build_market
from tests.seeding import seeding
from tests.stock.city import KEEPER, City, got, posted

DAY = TODAY.isoformat()
MASKS = {"item": "n95", "lot_code": "G1", "expiry_date": "2022-12-31", "accepted_units": 1_000}


@pytest.fixture
def gift(client: TestClient, database: Database, clock: Clock) -> str:
    """The receipt of 1,000 masks given (and 10 refused): 300 sent to h-1, of which 200 arrive and 20 are lost."""
    with seeding(database) as session:
        build_market(session)
    desk = Desk(client)
    line = {**MASKS, "rejected_units": 10, "rejection_reason": "wet"}
    whole = {"warehouse": "wh-1", "partner": "giver", "supply_channel": "DONATION"}
    code = str(_receipt(desk.receive(line, **whole)))
    with database.write() as session:
        work = Work(session, KEEPER, clock)
        city = City(ids=dict(session.execute(select(Facility.code, Facility.id)).all()))
        lot = session.scalars(select(Lot.id).where(Lot.code == "G1")).one()
        sent = city.shipment(lot, 300)
        move(work, sent)
        on = replace(sent, from_end=StockEnd.TRANSIT, from_warehouse_id=None)
        move(work, replace(on, kind=StockEventKind.DELIVERY, to_end=StockEnd.FACILITY, quantity=200))
        move(work, replace(on, kind=StockEventKind.LOSS, to_end=StockEnd.LOST, quantity=20, reason="wet"))
    return code


def _receipt(answer: dict[str, Any]) -> object:
    return answer.get("code") or answer["receipt"]["code"]


@pytest.fixture
def nobody(app: FastAPI, client: TestClient, gift: str) -> TestClient:
    """Somebody without a log-in, once the gift is on its way and the balance published."""
    posted(client, "/disclosures", {"as_of": DAY})
    app.dependency_overrides.clear()
    return client


def test_a_giver_follows_a_gift_to_the_door(nobody: TestClient, gift: str) -> None:
    answer = nobody.get(f"/public/v1/gifts/{gift}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    [lot] = answer.json()["lots"]
    places = [lot[name] for name in ("lot_received", "in_warehouses", "on_the_road", "lost", "returned")]
    assert (lot["accepted"], lot["rejected"], places) == (1_000, 10, [1_000, 700, 80, 20, 0])
    assert [(one["facility"], one["units"], one["last_day"]) for one in lot["deliveries"]] == [("h-1", 200, DAY)]
    assert lot["lot_received"] == sum(places[1:]) + 200
    assert not {"giver", "partner", "actor", "received_by"} & set(answer.text.replace('"', " ").split())
    again = nobody.get(f"/public/v1/gifts/{gift}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_the_page_shows_the_same_in_both_languages(nobody: TestClient, gift: str) -> None:
    assert "单位签收" in nobody.get("/gifts", params={"receipt": f" {gift.lower()} ", "lang": "zh-CN"}).text
    page = nobody.get("/gifts", params={"receipt": gift, "lang": "en"})
    assert (page.status_code, "200 pcs" in page.text, "700 pcs" in page.text) == (200, True, True)
    missing = nobody.get("/gifts", params={"receipt": "RC-1999-1"})
    assert (missing.status_code, "No gift has this number" in missing.text) == (404, True)


def test_the_balance_adds_up_with_the_ledger_as_json_and_csv(nobody: TestClient) -> None:
    answer = nobody.get("/public/v1/balance")
    [line] = answer.json()["lines"]
    assert line["received"] == sum(line[name] for name in ("issued", "in_transit", "on_hand", "lost", "returned"))
    assert (answer.json()["as_of"], line["received"], line["issued"]) == (DAY, 1_000, 200)
    assert nobody.get("/public/v1/balance", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    table = nobody.get("/public/v1/balance.csv")
    [row] = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))
    assert {name: row[name] for name in ("item", "received", "on_hand")} == {
        "item": "n95",
        "received": "1000",
        "on_hand": "700",
    }
    assert table.headers["etag"] != answer.headers["etag"]


def test_a_correction_is_a_version_with_its_reason(client: TestClient, gift: str, app: FastAPI) -> None:
    posted(client, "/disclosures", {"as_of": DAY})
    posted(client, "/disclosures", {"as_of": DAY, "reason": "counted again"})
    assert got(client, "/disclosures")["items"]
    app.dependency_overrides.clear()
    shown = client.get("/public/v1/balance").json()
    assert (shown["version"], shown["reason"]) == (2, "counted again")
    assert [(one["version"], one["reason"]) for one in shown["versions"]] == [(2, "counted again"), (1, "")]


def test_nothing_else_is_open_and_unknown_gifts_are_404(nobody: TestClient) -> None:
    assert nobody.get("/public/v1/gifts/none").status_code == 404
    assert nobody.get("/public/v1/balance?x=1").status_code == 422
    assert nobody.get("/api/v1/receipts").status_code == 401


def test_an_address_that_asks_too_often_is_told_to_wait(nobody: TestClient) -> None:
    answers = [nobody.get("/public/v1/gifts/none").status_code for _ in range(REQUESTS_MAX + 1)]
    assert (set(answers[:-1]), answers[-1]) == ({404}, 429)
    assert nobody.get("/gifts").status_code == 429
