"""A city of its own, as docs/new-city.md tells it: an empty database, a workbook, lanes, needs, a plan, a waybill."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from app.core.work import Work
from app.interop.city.checklist import checklist, missing_needed
from app.interop.city.kinds import KINDS, POLICY_KINDS
from app.interop.city.kinds_supply import STOCK
from app.interop.city.loading import load_city
from app.interop.city.present import present_city
from app.interop.city.workbook import city_workbook
from app.interop.sheets.files import read_book
from app.planning import worker
from app.planning.plans.service import problem_text
from app.planning.policies.service import policy_in_force
from app.planning.snapshot.facts import take_snapshot
from app.sample.city import SECRETARIAT, City
from app.sample.load import SAMPLE_DAY, load_sample
from app.sample.steps import Step
from tests.conftest import CROSSED
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
@pytest.mark.parametrize(("database_url", "other_database_url"), CROSSED, indirect=True)
def test_the_sample_by_workbook_gives_the_same_problem_and_so_the_same_plan(
    database: Database, other_database_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [kind for kind in KINDS if kind is not STOCK and kind not in POLICY_KINDS]
    with database.read() as session:
        content = city_workbook(present_city(session, kinds), "zh-CN", kinds)
    book = read_book(content, "city.xlsx", where="file")

    original = City.step

    def by_workbook(city: City) -> Step:
        at = original(city)
        return Step(on=at.on, at=at.at, act=lambda session, then: load_city(Work(session, SECRETARIAT, then), book))

    monkeypatch.setattr(City, "step", by_workbook)
    other = Database(Settings(database_url=other_database_url))
    try:
        load_sample(other, clock=clock)
        for program in Program:
            with database.read() as one, other.read() as two:
                texts = [
                    problem_text(take_snapshot(session, policy_in_force(session, program), SAMPLE_DAY))
                    for session in (one, two)
                ]
            assert texts[0] == texts[1]
    finally:
        other.close()
