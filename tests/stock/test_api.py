"""Stock through HTTP: lots, stock of a day, cards, events, movements, reversal, expiry; bad input; pages; filters."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import app.stock
from app.core.clock import Clock
from app.core.database import Database
from app.core.i18n import catalogue
from app.core.work import Work
from app.stock.service import reserve
from tests.conftest import TODAY
from tests.seeding import seeding
from tests.stock.city import API, KEEPER, City, build_city, faults, got, movement, posted, stocked_lot, take_in

NEW_LOT = {"code": "A", "item": "n95", "supply_channel": "DONATION"}


@pytest.fixture
def city(database: Database) -> City:
    with seeding(database) as session:
        return build_city(session)


def test_a_lot_is_registered_blocked_and_unblocked(client: TestClient, city: City) -> None:
    new = {**NEW_LOT, "partner": "giver", "expiry_date": "2020-06-30", "earmark": ["h-2", "h-1"], "note": "from afar"}
    lot = posted(client, "/lots", new)
    unset = {"expiry_unknown": False, "blocked_reason": None}
    assert lot == {**new, **unset, "id": lot["id"], "earmark": ["h-1", "h-2"]}
    path = f"/lots/{lot['id']}"
    assert got(client, path) == lot
    assert faults(posted(client, "/lots", new, status=409)) == [("code", "duplicate_key")]
    posted(client, "/lots", {**NEW_LOT, "item": "rice"})  # the same code is another lot of another item
    assert posted(client, f"{path}/block", {"reason": "recall"}, status=200)["blocked_reason"] == "recall"
    assert faults(posted(client, f"{path}/block", {"reason": "x"}, status=409)) == [("", "lot_blocked")]
    assert [row["id"] for row in got(client, "/lots", blocked=True)["items"]] == [lot["id"]]
    assert posted(client, f"{path}/unblock", {"reason": "tested well"}, status=200)["blocked_reason"] is None
    assert faults(posted(client, f"{path}/unblock", {"reason": "x"}, status=409)) == [("", "lot_not_blocked")]


def test_a_lot_with_unknown_names_is_refused_with_all_of_them(client: TestClient, city: City) -> None:
    new = {**NEW_LOT, "item": "nothing", "partner": "nobody", "earmark": ["h-1", "nowhere", "h-1"]}
    assert faults(posted(client, "/lots", new, status=422)) == [
        ("item", "unknown_id"),
        ("partner", "unknown_id"),
        ("earmark.1", "unknown_id"),
        ("earmark.2", "named_twice"),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "a b"),
        ("code", ""),
        ("code", "x" * 65),
        ("supply_channel", "THEFT"),
        ("supply_channel", 1),
        ("expiry_date", "2020-02-30"),
        ("expiry_date", 20200131),
        ("expiry_date", "1999-12-31"),
        ("expiry_date", "9999-01-01"),
        ("earmark", ["h-1"] * 501),
        ("note", "x" * 2001),
        ("note", "\x00"),
        ("note", "\ud800"),
        ("surprise", 1),
        ("item", None),
    ],
)
def test_a_lot_of_the_wrong_shape_is_refused(client: TestClient, city: City, field: str, value: object) -> None:
    answer = client.post(f"{API}/lots", content=json.dumps({**NEW_LOT, field: value}))
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "1", None, 10**13, 2**63, True])
def test_a_quantity_is_a_whole_number_within_bounds(client: TestClient, city: City, quantity: object) -> None:
    body = {"movements": [{**movement(1, 1), "quantity": quantity}]}
    assert posted(client, "/stock-movements", body, status=422)["faults"][0]["where"] == "movements.0.quantity"


@pytest.mark.parametrize("path", ["/lots/0", "/lots/x", "/lots/99999999999999999999", "/stock-events/-1"])
def test_an_id_that_cannot_be_is_refused(client: TestClient, path: str) -> None:
    assert client.get(f"{API}{path}").status_code == 422


@pytest.mark.parametrize("path", ["/lots/7", "/lots/7/conservation", "/lots/7/stock-cards/wh-1", "/stock-events/7"])
def test_what_is_not_there_is_not_found(client: TestClient, city: City, path: str) -> None:
    assert client.get(f"{API}{path}").status_code == 404
    assert client.post(f"{API}/stock-events/7/reverse", json={"reason": "x"}).status_code == 404
    assert client.post(f"{API}/lots/7/block", json={"reason": "x"}).status_code == 404


def test_stock_is_listed_page_by_page_with_filters(
    client: TestClient, database: Database, clock: Clock, city: City
) -> None:
    with database.write() as session:
        first = stocked_lot(session, clock, "A", 10)
        stocked_lot(session, clock, "B", 20, warehouse="wh-2", expiry_date=TODAY - timedelta(days=1))
        stocked_lot(session, clock, "C", 30, item="rice", warehouse="wh-2")
        take_in(session, clock, first, 5, on=TODAY - timedelta(days=3))
        reserve(Work(session, KEEPER, clock), [city.promise(first, 4)], reference_kind="plan", reference_key="P")
    page = got(client, "/stock", limit=2)
    assert [(row["lot"]["code"], row["warehouse"], row["on_hand"]) for row in page["items"]] == [
        ("A", "wh-1", 15),
        ("B", "wh-2", 20),
    ]
    assert [(row["reserved"], row["available"], row["unusable"]) for row in page["items"]] == [
        (4, 11, []),
        (0, 20, ["lot_expired"]),
    ]
    rest = got(client, "/stock", limit=2, after=page["next"])
    assert ([row["lot"]["code"] for row in rest["items"]], rest["next"]) == (["C"], None)

    def codes(**query: object) -> list[str]:
        return [row["lot"]["code"] for row in got(client, "/stock", **query)["items"]]

    assert codes(item="n95") == codes(program="medical") == ["A", "B"]
    assert codes(warehouse="wh-2") == codes(zone="east") == ["B", "C"]
    assert codes(zone="city") == ["A", "B", "C"]
    assert codes(zone="east", program="living") == ["C"]
    assert codes(zone="nowhere") == codes(item="nothing") == []
    assert [row["on_hand"] for row in got(client, "/stock", day="2020-01-28")["items"]] == [5]
    assert codes(day="2020-01-27") == []
    assert client.get(f"{API}/stock?day=2020-1-1").status_code == 422
    promises = got(client, "/stock-reservations", lot_id=first, open_only=True)["items"]
    assert [(row["quantity"], row["warehouse"], row["reference_key"]) for row in promises] == [(4, "wh-1", "P")]
    assert got(client, "/stock-reservations", warehouse="wh-2")["items"] == []


def test_what_expires_first_is_listed_first(client: TestClient, database: Database, clock: Clock, city: City) -> None:
    with database.write() as session:
        for code, days in (("late", 31), ("soon", 2), ("past", -5), ("soon-too", 2), ("edge", 30)):
            stocked_lot(session, clock, code, 1, expiry_date=TODAY + timedelta(days=days))
        stocked_lot(session, clock, "never", 1)
        stocked_lot(session, clock, "gone", 0, expiry_date=TODAY)
    shown: list[str] = []
    query: dict[str, object] = {"limit": 1}
    while True:
        page = got(client, "/expiring-stock", **query)
        shown += [row["lot"]["code"] for row in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert shown == ["past", "soon", "soon-too", "edge"]
    assert len(got(client, "/expiring-stock", days=31)["items"]) == 5
    for cursor in (1, 10**18 - 1):
        assert client.get(f"{API}/expiring-stock", params={"after": str(cursor)}).status_code == 200


def test_movements_are_recorded_shown_and_reversed(
    client: TestClient, database: Database, clock: Clock, city: City
) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 100)
    body = {
        "movements": [
            movement(lot, 30, "TRANSFER", to_warehouse="wh-2", reason=""),
            movement(lot, 5, "LOSS"),
            movement(lot, 7, "RETURN", from_warehouse="wh-2"),
        ]
    }
    events = posted(client, "/stock-movements", body)["events"]
    assert [(one["kind"], one["from_warehouse"], one["to_end"], one["to_warehouse"]) for one in events] == [
        ("TRANSFER", "wh-1", "WAREHOUSE", "wh-2"),
        ("LOSS", "wh-1", "LOST", None),
        ("RETURN", "wh-2", "RETURNED", None),
    ]
    assert got(client, f"/stock-events/{events[0]['id']}") == events[0]
    undone = posted(client, f"/stock-events/{events[1]['id']}/reverse", {"reason": "it was dry"})
    assert (undone["kind"], undone["reverses_event_id"], undone["quantity"]) == ("REVERSAL", events[1]["id"], 5)
    refused = posted(client, f"/stock-events/{events[1]['id']}/reverse", {"reason": "again"}, status=409)
    assert faults(refused) == [("", "already_reversed")]
    # 23 of the 30 are left at wh-2, so the transfer can no longer be undone.
    refused = posted(client, f"/stock-events/{events[0]['id']}/reverse", {"reason": "x"}, status=409)
    assert (refused["code"], refused["faults"][0]["params"]["available"]) == ("insufficient_stock", 23)
    card = got(client, f"/lots/{lot}/stock-cards/wh-1")["items"]
    assert [(line["seq"], line["change"], line["balance_after"], line["event"]["kind"]) for line in card] == [
        (1, 100, 100, "RECEIPT"),
        (2, -30, 70, "TRANSFER"),
        (3, -5, 65, "LOSS"),
        (4, 5, 70, "REVERSAL"),
    ]
    assert len(got(client, f"/lots/{lot}/stock-cards/wh-1", limit=3)["items"]) == 3
    conservation = got(client, f"/lots/{lot}/conservation")
    assert {name: conservation[name] for name in ("received", "on_hand", "lost", "returned", "difference")} == {
        "received": 100,
        "on_hand": 93,
        "lost": 0,
        "returned": 7,
        "difference": 0,
    }
    assert got(client, "/stock-conservation", item="n95")["items"] == [conservation]
    assert got(client, "/stock-conservation", program="living")["items"] == []

    def kinds(**query: object) -> list[str]:
        return [one["kind"] for one in got(client, "/stock-events", **query)["items"]]

    assert kinds() == ["RECEIPT", "TRANSFER", "LOSS", "RETURN", "REVERSAL"]
    assert kinds(warehouse="wh-2") == ["TRANSFER", "RETURN"]
    assert kinds(kind="LOSS") == ["LOSS"]
    assert kinds(reference_kind="physical_inventory", reference_key="PI-A") == ["RECEIPT"]
    assert kinds(lot_id=lot, item="n95", since=TODAY, until=TODAY) == kinds()
    assert kinds(until=TODAY - timedelta(days=1)) == kinds(since=TODAY + timedelta(days=1)) == kinds(item="rice") == []
    assert kinds(facility="h-1") == []


def test_bad_movements_are_refused_with_every_fault(
    client: TestClient, database: Database, clock: Clock, city: City
) -> None:
    with database.write() as session:
        lot = stocked_lot(session, clock, "A", 10)
    body = {
        "movements": [
            movement(999, 1),
            movement(lot, 1, "TRANSFER"),
            movement(lot, 1, "TRANSFER", to_warehouse="wh-1"),
            movement(lot, 1, "LOSS", to_warehouse="wh-2", reason=" "),
            movement(lot, 1, from_warehouse="h-1", occurred_on="2020-02-01"),
        ]
    }
    assert faults(posted(client, "/stock-movements", body, status=422)) == [
        ("movements.0.lot_id", "unknown_id"),
        ("movements.1.to_warehouse", "warehouse_not_fitting"),
        ("movements.2.to_warehouse", "same_warehouse"),
        ("movements.3.to_warehouse", "warehouse_not_fitting"),
        ("movements.3.reason", "reason_missing"),
        ("movements.4.from_warehouse", "unknown_id"),
        ("movements.4.occurred_on", "day_in_the_future"),
    ]
    too_much = {"movements": [movement(lot, 6), movement(lot, 6), movement(lot, 4)]}
    refused = posted(client, "/stock-movements", too_much, status=409)
    assert faults(refused) == [("movements.1.quantity", "insufficient_stock")]
    assert [row["on_hand"] for row in got(client, "/stock")["items"]] == [10]
    for movements in ([], [movement(lot, 1)] * 201):
        assert client.post(f"{API}/stock-movements", json={"movements": movements}).status_code == 422
    chinese = client.post(
        f"{API}/stock-movements", json={"movements": [movement(lot, 11)]}, headers={"Accept-Language": "zh-CN"}
    ).json()
    assert chinese["faults"][0]["detail"] == "wh-1 的 n95 批次 A：需要 11，可用 10。"


def test_every_message_of_stock_has_its_translation() -> None:
    source = "\n".join(path.read_text() for path in sorted(Path(app.stock.__file__).parent.glob("*.py")))
    messages = set(re.findall(r'(?:message = |of\(\s*|Fault\("[a-z_]+", )"([^"]+[.\}])"', source))
    assert len(messages) >= 20
    assert messages <= set(catalogue("zh-CN")), messages - set(catalogue("zh-CN"))
