"""Stock, lots, cards and counts on their pages: figures as of a day, blocks, differences, and who may touch what."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.actor import Actor, ActorKind
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import ROLE_RIGHTS, Role
from app.stock.cards import stock_on
from app.web.kit.navigation import start_page
from app.web.stock.stock import holdings
from tests.conftest import TODAY
from tests.procurement.city import act_as, build_market
from tests.stock.city import posted, stocked_lot
from tests.web.supply_desk import PageDesk, fault_at, items_of, lines, value_of

KEEPER_OF_WH_2 = Actor(
    name="keeper-2",
    kind=ActorKind.PERSON,
    role=Role.WAREHOUSE,
    rights=ROLE_RIGHTS[Role.WAREHOUSE],
    warehouses=frozenset({"wh-2"}),
)


@pytest.fixture
def lots(database: Database, clock: Clock) -> dict[str, int]:
    """Masks in two lots (one expired) and rice, all in wh-1; the ids of the lots by code."""
    with database.write() as session:
        build_market(session)
        return {
            "A": stocked_lot(session, clock, "A", 500, expiry_date="2022-01-01", earmark=["h-1"]),
            "B": stocked_lot(session, clock, "B", 200, expiry_date="2020-01-30"),
            "R": stocked_lot(session, clock, "R", 1_500_000, item="rice"),
        }


@pytest.fixture
def desk(client: TestClient, lots: dict[str, int]) -> PageDesk:
    """Somebody in the city with stock, with every right."""
    return PageDesk(client)


def test_stock_by_item_leaves_out_of_available_what_may_not_be_used(
    desk: PageDesk, database: Database, lots: dict[str, int]
) -> None:
    with database.read() as session:
        masks, rice = holdings(stock_on(session, TODAY))
    assert (masks.item.code, masks.lots, masks.on_hand, masks.available, masks.unusable) == ("n95", 2, 700, 500, 200)
    assert (rice.on_hand, rice.available, rice.unusable) == (1_500_000, 1_500_000, 0)
    page = desk.page("/stock")
    assert "700 pcs" in page
    assert "1.5 t" in page
    assert "700 pcs" not in desk.page("/stock?program=living")
    assert "Nothing fits these filters." in desk.page("/stock?day=2020-01-01")
    by_lot = desk.page("/stock?by=lot&item=n95")
    assert "expired" in by_lot
    assert f"/lots/{lots['A']}/cards/wh-1" in by_lot


def test_a_filter_that_makes_no_sense_is_told(desk: PageDesk) -> None:
    assert "This must be a date like 2020-01-31." in desk.page("/stock?day=yesterday", status=422)
    assert "“nowhere” is not one of the choices." in desk.page("/stock?warehouse=nowhere", status=422)


def test_what_expires_comes_first_and_files_hold_numbers(desk: PageDesk) -> None:
    page = desk.page("/expiring-stock?days=7")
    assert "2020-01-30" in page
    assert "2022-01-01" not in page
    file = desk.client.get("/expiring-stock?days=365&download=csv").content.decode("utf-8-sig")
    assert ",200,pcs," in file


def test_a_lot_is_blocked_with_a_reason_and_balances(desk: PageDesk, lots: dict[str, int]) -> None:
    address = f"/lots/{lots['A']}"
    assert fault_at(desk.refused(f"{address}/block", {}), "block.reason") == "This field is missing."
    desk.done(f"{address}/block", {"block.reason": "Failed inspection"})
    page = desk.page(address)
    assert "Failed inspection" in page
    assert "0 pcs" in page
    assert "is blocked already" in desk.refused(f"{address}/block", {"block.reason": "x"}, status=409)
    assert "Failed inspection" in desk.page("/lots?blocked=yes")
    desk.done(f"{address}/unblock", {"unblock.reason": "Second test passed"})
    assert "Failed inspection" not in desk.page("/lots?blocked=yes")


def test_a_card_runs_with_its_balance_and_leads_to_its_documents(desk: PageDesk) -> None:
    row = {"item": "suit", "lot_code": "S", "expiry_date": "2022-12-31", "accepted_units": "40"}
    receipt = desk.done(
        "/receipts", {"received_on": "2020-01-31", "warehouse": "wh-1", "partner": "giver", **lines(row)}
    )
    (lot,) = items_of(desk.api.get("lots", code="S"))
    page = desk.page(f"/lots/{lot['id']}/cards/wh-1")
    assert "40 pcs" in page
    assert f'href="{receipt}"' in page
    desk.page(f"/lots/{lot['id']}/cards/wh-2", status=404)


def test_a_count_shows_differences_wants_reasons_and_sets_the_cards_right(
    desk: PageDesk, database: Database, lots: dict[str, int]
) -> None:
    sheet = desk.page("/counts/new?warehouse=wh-1")
    assert sheet.count('name="lines.') == 9
    above = {"warehouse": "wh-1", "counted_on": "2020-01-31"}
    a, b, rice = ({"lot_id": str(lots[code])} for code in "ABR")
    assert "Nothing is filled in yet." in desk.refused("/counts", {**above, **lines(a, b)})
    page = desk.refused("/counts", {**above, **lines(a | {"counted_units": "many"}, b | {"counted_units": "7.5"})})
    assert fault_at(page, "lines.0.counted_units") == "This must be a number."
    assert fault_at(page, "lines.1.counted_units") == "This has too many decimals."
    address = desk.done(
        "/counts", {**above, **lines(a | {"counted_units": "480"}, b, rice | {"counted_units": "1500"})}
    )
    count = desk.api.get(f"physical-inventories/{address.rsplit('/', 1)[1]}")
    assert [(line["expected_units"], line["counted_units"]) for line in count["lines"]] == [
        (500, 480),
        (1_500_000, 1_500_000),
    ]
    assert "1 lots differ from their cards." in desk.page(address)
    rows = (a | {"counted_units": "480"}, rice | {"counted_units": "1500"})
    page = desk.refused(f"{address}/recount", {**lines(*rows), "post": "yes"}, status=409)
    assert fault_at(page, "lines.0.reason") == "A reason is needed."
    desk.done(f"{address}/recount", {**lines(rows[0] | {"reason": "Breakage"}, rows[1]), "post": "yes"})
    assert "posted" in desk.page(address)
    with database.read() as session:
        assert {row.lot.code: row.on_hand for row in stock_on(session, TODAY, item="n95")} == {"A": 480, "B": 200}


def test_a_lot_that_moved_after_the_count_is_counted_again_and_not_waved_through(
    desk: PageDesk, lots: dict[str, int]
) -> None:
    a, b = ({"lot_id": str(lots[code]), "counted_units": units} for code, units in (("A", "500"), ("B", "200")))
    address = desk.done("/counts", {"warehouse": "wh-1", "counted_on": "2020-01-31", **lines(a, b)})
    loss = {
        "kind": "LOSS",
        "lot_id": lots["A"],
        "quantity": 20,
        "from_warehouse": "wh-1",
        "occurred_on": "2020-01-31",
        "reason": "wet",
    }
    posted(desk.client, "/stock-movements", {"movements": [loss]})
    page = desk.page(address)
    assert "It has moved since: count it again." in page
    assert value_of(page, "lines.0.counted_units") == ""
    # Sent as the page shows it: the moved lot blank, the other as counted.
    shown = lines({"lot_id": a["lot_id"], "reason": "x"}, b)
    assert "has moved since it was counted" in desk.refused(f"{address}/recount", {**shown, "post": "yes"}, status=409)
    desk.done(f"{address}/recount", {**lines(a | {"counted_units": "480"}, b), "post": "yes"})
    assert desk.api.get(f"physical-inventories/{address.rsplit('/', 1)[1]}")["state"] == "POSTED"


def test_a_count_is_put_aside(desk: PageDesk, lots: dict[str, int]) -> None:
    row = {"lot_id": str(lots["A"]), "counted_units": "1"}
    address = desk.done("/counts", {"warehouse": "wh-1", "counted_on": "2020-01-31", **lines(row)})
    desk.done(f"{address}/cancel", {"cancel.reason": "Wrong shelf"})
    assert "cancelled" in desk.page(address)
    assert "only a DRAFT" in desk.refused(f"{address}/recount", {"post": "yes"}, status=409)


def test_a_warehouse_touches_only_its_own(desk: PageDesk, app: FastAPI, lots: dict[str, int]) -> None:
    row = {"lot_id": str(lots["A"]), "counted_units": "1"}
    address = desk.done("/counts", {"warehouse": "wh-1", "counted_on": "2020-01-31", **lines(row)})
    act_as(app, KEEPER_OF_WH_2)
    goods = {"item": "rice", "accepted_units": "12"}
    fields = {"received_on": "2020-01-31", "warehouse": "wh-1", "partner": "giver", **lines(goods)}
    page = desk.refused("/receipts", fields, status=403)
    assert "Warehouse “wh-1” is not one of yours." in page
    assert value_of(page, "lines.0.accepted_units") == "12"
    assert desk.send(f"{address}/recount", {"post": "yes"}).status_code == 403
    assert desk.send(f"/lots/{lots['A']}/block", {"block.reason": "x"}).status_code == 403
    assert desk.send("/counts", {"warehouse": "wh-1", "counted_on": "2020-01-31", **lines(row)}).status_code == 403
    page = desk.page(address)
    assert "Save and post the count" not in page
    assert "wh-1" not in desk.page("/counts/new")
    assert desk.done("/receipts", {**fields, "warehouse": "wh-2"})


def test_a_keeper_begins_with_what_is_to_be_sent() -> None:
    assert start_page(KEEPER_OF_WH_2) == "/transfer-orders"


def test_a_lot_that_nobody_knows_is_a_fault_and_no_crash(desk: PageDesk) -> None:
    for lot_id in ("999999", "x", "99999999999999999999999"):
        row = {"lot_id": lot_id, "counted_units": "1"}
        answer = desk.send("/counts", {"warehouse": "wh-1", "counted_on": "2020-01-31", **lines(row)})
        assert answer.status_code == 422


def test_units_are_moved_written_off_and_returned_from_the_lots_page(desk: PageDesk, lots: dict[str, int]) -> None:
    address = f"/lots/{lots['R']}/movements"
    move = {"move.kind": "TRANSFER", "move.quantity": "250.5", "move.from_warehouse": "wh-1"}
    page = desk.refused(address, {**move, "move.to_warehouse": "wh-1", "move.occurred_on": "2020-02-09"})
    assert "The two warehouses must differ." in page
    assert fault_at(page, "move.occurred_on") == "The day 2020-02-09 has not come yet."
    assert value_of(page, "move.quantity") == "250.5"
    move |= {"move.occurred_on": "2020-01-31"}
    desk.done(address, {**move, "move.to_warehouse": "wh-2"})
    assert "250.5 kg" in desk.page(f"/lots/{lots['R']}/cards/wh-2")
    loss = {**move, "move.kind": "LOSS", "move.quantity": "2000"}
    assert fault_at(desk.refused(address, loss), "move.reason") == "A reason is needed."
    page = desk.refused(address, {**loss, "move.reason": "Flood"}, status=409)
    assert "asked for, 1,249.5 kg available" in fault_at(page, "move.quantity")
    desk.done(address, {**loss, "move.quantity": "249.5", "move.reason": "Flood"})
    assert "Flood" in desk.page(f"/lots/{lots['R']}/cards/wh-1")
