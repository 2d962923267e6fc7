"""Lines of receipts, donations, offers and counts filled in from sheets, checked and recorded on the pages."""

import html
import re

import pytest
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from tests.procurement.city import build_market
from tests.seeding import seeding
from tests.sheets import workbook
from tests.stock.city import stocked_lot
from tests.web.supply_desk import PageDesk, value_of

Rows = list[list[object]]


@pytest.fixture
def desk(client: TestClient, database: Database) -> PageDesk:
    """Somebody in the market city, with every right and a fund."""
    with seeding(database) as session:
        build_market(session)
    page_desk = PageDesk(client)
    page_desk.api.fund()
    return page_desk


def upload(desk: PageDesk, address: str, rows: Rows, status: int = 200) -> str:
    answer = desk.client.post(address, files={"file": ("list.xlsx", workbook({"s": rows}))})
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text)


def told(page: str) -> list[int]:
    """Rows, and how many of them are taken, asked about and refused."""
    found = re.search(r"Of (\d+) rows (\d+) can be taken, (\d+) are asked about, (\d+) are refused", page)
    assert found is not None
    return [int(one) for one in found.groups()]


def form_of(page: str, address: str) -> dict[str, str]:
    """The fields of a form as a browser would send them."""
    (body,) = re.findall(rf'<form[^>]*action="{address}"[^>]*>(.*?)</form>', page, re.DOTALL)
    fields = {}
    for tag in re.findall(r"<input[^>]*>", body):
        values = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if "name" in values and values.get("type") not in ("checkbox", "file"):
            fields[values["name"]] = values.get("value", "")
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        fields[name] = chosen[1] if chosen else ""
    return fields


def test_a_receipt_is_filled_in_from_a_sheet_and_recorded(desk: PageDesk) -> None:
    rows: Rows = [
        ["捐赠物资验收单"],
        ["捐赠单位", "物资", "实收数量", "拒收数量", "拒收原因", "批号", "有效期"],
        ["giver", "suit", "1,200", 3, "Torn", "S-9", "2022年12月31日"],
        ["giver", "Rice", "30公斤", None, None, "R-1", None],
        ["合计", None, 1230, None, None, None, None],
    ]
    page = upload(desk, "/receipts/sheet", rows)
    assert told(page) == [2, 2, 0, 0]
    fields = form_of(page, "/receipts")
    assert (fields["lines.0.accepted_units"], fields["lines.0.rejected_units"]) == ("1200", "3")
    assert (fields["lines.0.expiry_date"], fields["lines.1.accepted_units"]) == ("2022-12-31", "30")
    address = desk.done("/receipts", {**fields, "warehouse": "wh-1"})
    suits, rice = desk.api.get(address[1:])["lines"]
    assert (suits["item"], suits["accepted_units"], suits["rejected_units"]) == ("suit", 1200, 3)
    assert (rice["item"], rice["accepted_units"]) == ("rice", 30_000)


def test_what_is_asked_or_refused_stands_at_its_line_and_nothing_is_entered(desk: PageDesk) -> None:
    rows: Rows = [
        ["Donor", "Item", "Quantity", "Unit", "Use by", "Colour"],
        ["giver", "suit", 5, None, "2022-12-31", "red"],
        ["giver", "siut", "some", None, None, None],
        ["Somebody", "rice", 50, None, None, None],
        ["giver", "suit", -5, None, None, None],
    ]
    page = upload(desk, "/pledges/sheet", rows)
    assert told(page) == [4, 1, 2, 1]
    assert "Columns not used: Colour" in " ".join(page.split())
    assert value_of(page, "lines.0.quantity") == "5"
    assert value_of(page, "lines.1.item") == "siut"
    for field in ("lines.1.item", "lines.1.quantity", "lines.2.partner", "lines.2.quantity", "lines.3.quantity"):
        assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', page), field
    assert desk.api.get("pledges")["items"] == []
    fields = form_of(page, "/pledges") | {"warehouse": "wh-1"}
    for line in ("1", "2", "3"):
        fields = {name: value for name, value in fields.items() if not name.startswith(f"lines.{line}.")}
    assert desk.done("/pledges", fields) == "/pledges?recorded=1"
    (pledge,) = desk.api.get("pledges")["items"]
    assert (pledge["item"], pledge["quantity"], pledge["expiry_date"]) == ("suit", 5, "2022-12-31")


def test_a_receipt_is_of_one_giver(desk: PageDesk) -> None:
    rows: Rows = [["供应商", "物资", "数量"], ["giver", "suit", 5], ["trader", "goggles", 6]]
    page = upload(desk, "/receipts/sheet", rows)
    assert told(page) == [2, 1, 0, 1]
    assert "a receipt is of one giver" in page


def test_offers_are_recorded_from_a_price_list(desk: PageDesk) -> None:
    rows: Rows = [
        ["供应商", "物资", "可供数量", "单价（元）", "交货天数", "报价有效期"],
        ["trader", "suit", 500, 98.5, 2, "2020-02-10"],
        ["trader", "rice", "2吨", 5000, 1, None],
    ]
    page = upload(desk, "/offers/sheet", rows)
    assert told(page) == [2, 2, 0, 0]
    fields = form_of(page, "/offers/lines") | {"warehouse": "wh-1"}
    assert (fields["lines.0.unit_price"], fields["lines.1.quantity"], fields["lines.1.unit_price"]) == (
        "98.5",
        "2000",
        "5",
    )
    page = desk.refused("/offers/lines", fields | {"lines.0.lead_days": "x"})
    assert re.search(r'id="lines.0.lead_days"[^>]*aria-invalid="true"', page)
    assert desk.api.get("offers")["items"] == []
    assert desk.done("/offers/lines", fields) == "/offers"
    by_item = {offer["item"]: offer for offer in desk.api.get("offers")["items"]}
    assert (by_item["suit"]["unit_price_microyuan"], by_item["suit"]["valid_until"]) == (98_500_000, "2020-02-10")
    assert (by_item["rice"]["quantity"], by_item["rice"]["unit_price_microyuan"]) == (2_000_000, 5_000)


def test_a_count_is_filled_in_lot_by_lot(desk: PageDesk, database: Database, clock: Clock) -> None:
    with database.write() as session:
        ids = {
            code: stocked_lot(session, clock, code, units, expiry_date="2022-01-01")
            for code, units in (("A", 500), ("B", 200))
        }
        ids["R"] = stocked_lot(session, clock, "R", 1_500_000, item="rice")
    rows: Rows = [
        ["物资", "批号", "账面数量", "实盘数量", "备注"],
        ["N95", "A", 500, 0, "搬走"],
        ["N95", "C", 1, 1, None],
        ["N95", None, 7, 7, None],
        ["rice", None, 1500, "1400公斤", None],
        ["rice", "R", 1500, "1300公斤", None],
    ]
    page = upload(desk, "/counts/sheet?warehouse=wh-1", rows)
    assert told(page) == [5, 2, 2, 1]
    fields = form_of(page, "/counts")
    counted = {fields[f"lines.{n}.lot_id"]: fields[f"lines.{n}.counted_units"] for n in range(3)}
    assert counted == {str(ids["A"]): "0", str(ids["B"]): "", str(ids["R"]): "1400"}
    address = desk.done("/counts", fields)
    made = desk.api.get(address.replace("/counts", "physical-inventories"))
    assert sorted(line["counted_units"] for line in made["lines"]) == [0, 1_400_000]


@pytest.mark.parametrize(
    "address", ["/receipts/sheet", "/pledges/sheet", "/offers/sheet", "/counts/sheet?warehouse=wh-1"]
)
def test_a_file_that_is_no_sheet_is_told_on_the_page(desk: PageDesk, address: str) -> None:
    answer = desk.client.post(address, files={"file": ("list.xlsx", b"PK\x03\x04broken")})
    assert answer.status_code == 422
    assert "not a proper workbook" in answer.text
    assert "<h1>" in answer.text
    assert desk.client.get(address).status_code == 200


def test_over_rest_every_row_is_taken_asked_or_refused_and_nothing_is_entered(desk: PageDesk) -> None:
    rows: Rows = [
        ["物资", "数量", "批号"],
        ["suit", 5, "S-1"],
        ["siut", 5, None],
        ["suit", -1, None],
        ["合计", 9, None],
    ]
    answer = desk.client.post(
        "/api/v1/supply-sheets",
        files={"file": ("list.xlsx", workbook({"s": rows}))},
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [len(body[state]) for state in ("taken", "asked", "refused", "aside")] == [1, 1, 1, 1]
    assert body["rows_in"] == 3
    assert (body["taken"][0]["units"], body["taken"][0]["fields"]) == (5, {"lot_code": "S-1"})
    (why,) = body["asked"][0]["why"]
    assert (why["cell"], why["code"], why["asks"], why["choices"][0]) == ("A3", "unknown_item", True, "suit")
    assert desk.api.get("receipts")["items"] == []
