"""What becomes of an approved plan through the API: orders of what it buys, and what it keeps promised."""

from app.core.database import Database
from tests.core.etags import changed
from tests.dispatch.city import Office, assert_balanced, faults_of, stock_of
from tests.planning.approving import committed_fen, offer, planned, pledge
from tests.planning.city import need, receive


def test_purchases_become_orders_with_one_confirmation(office: Office) -> None:
    second = offer(office, 100, lead_days=2)
    plan = office.approved()
    assert committed_fen(office) == 300_000
    path = f"/plans/{plan}/purchase-orders"
    placed = office.post(path, {}, by="buyer", status=201)
    assert [(one["order"]["state"], one["order"]["expected_on"], one["order"]["total_fen"]) for one in placed] == [
        ("ORDERED", "2020-02-01", 200_000),
        ("ORDERED", "2020-02-02", 100_000),
    ]
    assert committed_fen(office) == 300_000, "the money is committed once, by the orders"
    assert open_commitments(office) == [("purchase_order", 200_000), ("purchase_order", 100_000)]
    assert office.get(f"/offers/{second}")["state"] == "ACCEPTED"
    assert faults_of(office.post(path, {}, by="buyer", status=409)) == [("", "nothing_to_order")]
    assert office.get(f"/plans/{plan}/decision")["purchase_orders"] == ["PO-2020-00001", "PO-2020-00002"]


def open_commitments(office: Office) -> list[tuple[str, int]]:
    rows = office.get("/fund-commitments", open_only=True)["items"]
    return [(row["reference_kind"], row["amount_fen"]) for row in rows]


def test_an_offer_without_a_fund_needs_one_named(office: Office) -> None:
    office.post("/offers/OF-2020-00001/withdraw", {"reason": "sold"}, by="b")
    offer(office, 100, fund=None)
    plan = office.approved()
    path = f"/plans/{plan}/purchase-orders"
    assert faults_of(office.post(path, {}, by="buyer", status=422)) == [("fund", "fund_missing")]
    assert committed_fen(office) == 0
    office.post(path, {"fund": "city"}, by="buyer", status=201)
    assert committed_fen(office) == 100_000


def test_what_is_promised_is_not_planned_twice(office: Office) -> None:
    """Stock, an arrival and an offer, all used up by the first plan: the next one must do without."""
    changed(office.client, "/api/v1/funds/city", {"amount_fen": 10**9})
    pledge(office, 100)
    office.approved()
    need(office.client, "second", "n95", 400)
    plan = office.propose()
    assert planned(office, plan) == {"second": 0}
    offer(office, 100)
    assert planned(office, office.propose()) == {"second": 100}


def test_what_an_order_brings_stays_promised(office: Office, database: Database) -> None:
    plan = office.approved()
    office.post(f"/plans/{plan}/purchase-orders", {}, by="buyer", status=201)
    need(office.client, "second", "n95", 400)
    assert planned(office, office.propose()) == {"designated": 0, "second": 0}, "the order's goods are promised"
    line = {"item": "n95", "lot_code": "P", "accepted_units": 200, "expiry_date": "2022-01-01"}
    goods = {"purchase_order": "PO-2020-00001", "received_on": "2020-01-31", "lines": [line]}
    office.post("/receipts", goods, by="keeper", status=201)
    assert planned(office, office.propose()) == {"designated": 0, "second": 0}, "and so they are once they have come"
    assert stock_of(database)["P"] == (200, 200)
    assert_balanced(database)


def test_trucks_that_are_full_stay_full(office: Office) -> None:
    changed(office.client, "/api/v1/items/n95", {"volume_mm3_per_unit": 1_000_000})
    for day in range(31, 38):
        date = f"2020-01-{day}" if day <= 31 else f"2020-02-{day - 31:02d}"
        limited = office.client.put(f"/api/v1/warehouses/wh/dispatch-capacities/{date}", json={"volume_litres": 300})
        assert limited.status_code == 200
    office.approved()
    need(office.client, "second", "n95", 400, needed_by="2020-01-31")
    receive(office.client, "n95", 400, "C")
    plan = office.propose()
    sent = sum(
        line["quantity"] for line in office.get(f"/plans/{plan}/lines")["items"] if line["ship_on"] == "2020-01-31"
    )
    used = [
        line["quantity"]
        for line in office.get("/plans/PLAN-2020-00001/lines")["items"]
        if line["ship_on"] == "2020-01-31"
    ]
    assert sum(used) > 0
    assert sent + sum(used) <= 300
