"""A city of its own, as docs/new-city.md tells it: an empty database, a workbook, lanes, needs, a plan, a waybill."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import Database
from app.interop.city.checklist import checklist, missing_needed
from app.interop.city.kinds import BY_NAME
from app.interop.city.present import CityRow, present_city
from app.interop.sheets.files import read_book
from app.planning import worker
from app.sample.city import read_city
from tests.dispatch.city import Office
from tests.planning.city import need
from tests.planning.working import SolvedHere
from tests.sheets import workbook

HOSPITALS = 40
Rows = list[list[object]]
ZONES: Rows = [
    ["中文名称", "类别", "上级区域", "经度", "纬度"],
    ["清河市", "市", None, 113.1, 27.8],
    ["东区", "区", "清河市", 113.2, 27.8],
    ["西县", "县市", "清河市", 112.6, 27.6],
]
STORES: Rows = [
    ["中文名称", "单位类型名称", "区域", "经度", "纬度"],
    ["市级总库", "物资仓库", "东区", 113.15, 27.81],
    ["东区分库", "物资仓库", "东区", 113.22, 27.79],
    ["西县分库", "物资仓库", "西县", 112.61, 27.61],
]
STOCK_ROWS: Rows = [
    ["仓库", "物资", "数量", "最后使用日", "渠道"],
    ["市级总库", "医用外科口罩", 60_000, "2021-06-30", "市场采购"],
    ["西县分库", "医用外科口罩", 20_000, "2021-06-30", "市场采购"],
    ["市级总库", "医用防护服", "1200套", "2021-12-31", "市场采购"],
]


def hospitals() -> Rows:
    """Forty hospitals as somebody writes them down: names and counts, no codes."""
    rows: Rows = [["序号", "中文名称", "单位类型名称", "区域", "床位", "职工人数", "电话"]]
    for n in range(1, HOSPITALS + 1):
        kind, zone = ("定点医院", "东区") if n == 1 else ("医院", "东区" if n % 2 else "西县")
        rows.append([n, f"清河第{n}医院", kind, zone, 50 + n, 100 + n, "0731-00000001"])
    return rows


def test_from_an_empty_database_to_a_waybill_by_workbook(
    client: TestClient, app: FastAPI, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    starter = client.get("/city-setup/workbook.xlsx?starter=zh-2020", headers={"Accept-Language": "zh"}).content
    stock = [list(row) for row in STOCK_ROWS]
    places = {"区域表": ZONES, "仓库表": STORES, "单位表": hospitals(), "期初库存": stock}
    faulty = client.post("/city-setup/workbook", files={"file": ("city.xlsx", workbook(places))})
    assert faulty.status_code == 422
    assert "期初库存!C4" in faulty.text, "1200套 is a number with a unit that the sheet does not know"
    stock[3][2] = 1200
    for content in (starter, workbook(places)):
        answer = client.post("/api/v1/city-workbook", files={"file": ("city.xlsx", content)})
        assert answer.status_code == 200, answer.text
    with database.read() as session:
        assert {line.code for line in missing_needed(checklist(session))} == {"no_lane", "leaders", "office", "needs"}
    entered = client.post("/city-setup/lanes", data={"road_factor": "1.3", "nearest": "2"}, follow_redirects=False)
    assert entered.status_code == 303
    with database.read() as session:
        city = present_city(session)
        codes = {row["name_zh"]: row["code"] for row in city["facilities"]}
        assert len(city["lanes"]) == 2 * HOSPITALS
        assert {line.code for line in missing_needed(checklist(session))} == {"leaders", "office", "needs"}
    for n in (1, 2, 3):
        need(client, codes[f"清河第{n}医院"], "surgical-mask", 4_000)
    office = Office(client, app)
    plan = office.approved()
    orders = office.dispatch(plan)
    assert {order["facility"] for order in orders} <= set(codes.values())
    waybill = client.get(f"/transfer-orders/{orders[0]['code']}/waybill", headers={"Accept-Language": "zh"})
    assert waybill.status_code == 200
    assert "清河第" in waybill.text
    office.ship(orders[0]["code"])


@pytest.mark.sample
def test_the_sample_was_loaded_by_its_workbook_and_nothing_was_lost(database: Database) -> None:
    city = read_city()
    wanted = city.rows()
    with database.read() as session:
        there = present_city(session, [BY_NAME[name] for name in wanted])
    assert {name: len(rows) for name, rows in there.items()} == {name: len(rows) for name, rows in wanted.items()}
    for name, rows in wanted.items():
        assert list(map(_with_sets, there[name])) == list(map(_with_sets, rows)), name
    book = read_book(city.workbook("en"), "zhuzhou.xlsx", where="file")
    assert [len(sheet.rows) > 1 for sheet in book.sheets[1:]] == [True] * len(wanted)


def _with_sets(row: CityRow) -> CityRow:
    """The row with lists of codes in any order."""
    return {field: sorted(value) if isinstance(value, list) else value for field, value in row.items()}
