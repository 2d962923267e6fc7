"""The city workbook: out and in again, all or nothing, every fault at its cell."""

from collections.abc import Callable

import pytest

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import InvalidInputError
from app.core.settings import Settings
from app.core.work import Work
from app.interop.city.kinds import BY_NAME
from app.interop.city.kinds_supply import POLICIES, STOCK
from app.interop.city.loading import check_city, load_city
from app.interop.city.outcome import CityOutcome
from app.interop.city.present import present_city
from app.interop.city.starters import Starter, starter_city
from app.interop.city.stock import OpeningLot
from app.interop.city.workbook import city_workbook
from app.interop.city.writers import WRITERS
from app.interop.sheets.files import read_book
from app.planning.policies.schemas import NewPolicy
from tests.conftest import CROSSED, NOON, OPERATOR
from tests.sheets import workbook

Rows = list[list[object]]


def load(database: Database, clock: Clock, content: bytes) -> CityOutcome:
    with database.write() as session:
        return load_city(Work(session, OPERATOR, clock), read_book(content, "city.xlsx", where="file"))


def written(database: Database, language: str = "zh-CN") -> bytes:
    with database.read() as session:
        return city_workbook(present_city(session), language)


def cells(content: bytes) -> dict[str, list[list[object]]]:
    book = read_book(content, "city.xlsx", where="file")
    return {sheet.name: [list(row) for row in sheet.rows] for sheet in book.sheets}


@pytest.mark.sample
@pytest.mark.parametrize(("database_url", "other_database_url"), CROSSED, indirect=True)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_sample_out_and_into_an_empty_database_and_out_again_is_equal_cell_by_cell(
    database: Database, other_database_url: str, clock: Clock, language: str
) -> None:
    first = written(database, language)
    other = Database(Settings(database_url=other_database_url))
    try:
        outcome = load(other, clock, first)
        assert outcome.writes > 600
        assert outcome.not_used == []
        assert cells(written(other, language)) == cells(first)
        with database.read() as one, other.read() as two:
            assert present_city(one) == present_city(two)
        again = load(other, clock, first)
        assert again.writes == 0
        assert [sheet.left for sheet in again.sheets if sheet.left] == []
    finally:
        other.close()


@pytest.mark.parametrize("starter", list(Starter))
def test_a_starter_can_be_loaded_and_loaded_again(database: Database, clock: Clock, starter: Starter) -> None:
    content = city_workbook(starter_city(starter), "zh-CN")
    outcome = load(database, clock, content)
    assert (outcome.writes > 50) == (starter is not Starter.EMPTY)
    assert load(database, clock, content).writes == 0


ZONES: Rows = [["中文名称", "类别", "上级区域"], ["甲市", "市", None], ["东区", "区", "甲市"]]
TYPES: Rows = [["中文名称", "是否仓库"], ["医院", "否"], ["仓库", "是"]]


def test_codes_and_english_names_are_made_where_they_are_empty(database: Database, clock: Clock) -> None:
    outcome = load(database, clock, workbook({"区域表": ZONES, "单位类型": TYPES}))
    assert [(sheet.kind, len(sheet.new)) for sheet in outcome.sheets] == [("zones", 2), ("facility_types", 2)]
    with database.read() as session:
        city = present_city(session)
    assert [(row["code"], row["name_en"], row["parent"]) for row in city["zones"]] == [
        ("zone-001", "甲市", None),
        ("zone-002", "东区", "zone-001"),
    ]
    assert load(database, clock, workbook({"区域表": ZONES, "单位类型": TYPES})).writes == 0
    longer = [*ZONES, ["西区", "区", "甲市"]]
    assert load(database, clock, workbook({"区域表": longer})).writes == 1
    with database.read() as session:
        assert [row["code"] for row in present_city(session)["zones"]][-1] == "zone-003"


def faults_of(act: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as refusal:
        act()
    return {fault.where: fault.code for fault in refusal.value.faults}


def test_every_fault_is_at_its_cell_and_nothing_is_entered(database: Database, clock: Clock) -> None:
    places: Rows = [
        ["编号", "中文名称", "单位类型名称", "区域", "床位", "隔离床位", "经度", "纬度", "序号"],
        ["h-1", "一医院", "医院", "东区", "约500", None, 113.1, 27.8, 1],
        ["h-2", "二医院", "医院", "南区", 10, None, None, None, 2],
        ["h 3", "三医院", "医院", "东区", 10, 20, None, None, 3],
        ["h-4", None, "诊所", "东区", 1.5, None, None, None, 4],
        ["h-5", "五医院", "仓库", "东区", 5, None, None, None, 5],
        ["h-6", "六医院", "医院", "东区", 10, 20, None, None, 6],
        ["h-6", "又六医院", "医院", "东区", 10, None, 500, 27, 7],
    ]
    content = workbook({"区域表": ZONES, "单位类型": TYPES, "单位表": places})
    found = faults_of(lambda: load(database, clock, content))
    assert found == {
        "单位表!E2": "not_a_number",
        "单位表!D3": "unknown_name",
        "单位表!A4": "string_pattern_mismatch",
        "单位表!B5": "empty_cell",
        "单位表!C5": "unknown_name",
        "单位表!E5": "whole_number",
        "单位表!C6": "other_sheet",
        "单位表!F7": "too_many_isolation_beds",
        "单位表!A8": "repeated",
    }
    with database.read() as session:
        assert all(rows == [] for rows in present_city(session).values())


def test_a_check_tells_and_enters_nothing(database: Database, clock: Clock) -> None:
    load(database, clock, workbook({"区域表": ZONES, "单位类型": TYPES}))
    changed: Rows = [[*ZONES[0], "常住人口"], ["甲市", "市", None, 1000], ["东区", "县市", "甲市", None]]
    book = read_book(workbook({"区域表": changed, "备忘": [["x"]]}), "city.xlsx", where="file")
    outcome = check_city(database, OPERATOR, clock, book)
    (zones,) = outcome.sheets
    assert [(row.number, row.name, [(one.title, one.after) for one in row.changes]) for row in zones.changed] == [
        (2, "甲市", [("Residents", "1000")]),
        (3, "东区", [("Kind", "county")]),
    ]
    assert outcome.not_used == ["备忘"]
    with database.read() as session:
        assert {row["residents"] for row in present_city(session)["zones"]} == {0}


def test_opening_stock_is_received_once(database: Database, clock: Clock) -> None:
    load(database, clock, city_workbook(starter_city(Starter.ZH_2020), "zh-CN"))
    stores: Rows = [["中文名称", "单位类型名称", "区域"], ["一号库", "物资仓库", "东区"]]
    stock: Rows = [
        ["仓库", "物资", "数量", "最后使用日", "渠道"],
        ["一号库", "医用外科口罩", "1.2万", "2021年1月31日", "市场采购"],
        ["一号库", "大米", 1500.5, "2020-12-31", "市场采购"],
    ]
    content = workbook({"区域表": ZONES, "仓库表": stores, "期初库存": stock})
    assert load(database, clock, content).writes == 5
    assert load(database, clock, content).writes == 0
    stock[1][2] = 9
    again = load(database, clock, workbook({"期初库存": stock}))
    assert (again.writes, again.sheets[0].kept) == (0, 1)
    with database.read() as session:
        held = {row["item"]: row["quantity"] for row in present_city(session)["stock"]}
    assert held == {"surgical-mask": 12_000, "rice": 1_500_500}
    assert clock.now() == NOON


WITHOUT_COLUMN = {
    "warehouses": {"beds", "isolation_beds", "staff", "residents_served", "visits_per_day"},
}
"""Fields of the API that a sheet has on purpose no column for."""


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_every_field_that_the_api_takes_has_its_column(name: str) -> None:
    columns = {column.field for column in BY_NAME[name].columns}
    assert set(WRITERS[name].payload.model_fields) - columns == WITHOUT_COLUMN.get(name, set())


def test_the_sheets_of_policies_have_every_field_of_a_policy() -> None:
    columns = {column.field for column in POLICIES.columns}
    assert set(NewPolicy.model_fields) - columns == {"bands", "tiers", "reserves"}
    assert set(OpeningLot.model_fields) == {column.field for column in STOCK.columns}
