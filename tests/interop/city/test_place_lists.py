"""A public list of clinics becomes a workbook that loads, and lanes follow from the coordinates of its zones."""

import pytest

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import InvalidInputError
from app.core.work import Work
from app.facilities.lane_proposals import LaneProposalRule, proposed_lanes
from app.interop.city.kinds_places import FACILITIES, WAREHOUSES, ZONES
from app.interop.city.loading import load_city
from app.interop.city.place_lists import ListRule, places_of_list, positions_of
from app.interop.city.starters import Starter, starter_city
from app.interop.city.workbook import city_workbook
from app.interop.sheets.files import read_book
from tests.conftest import OPERATOR
from tests.sheets import workbook

LIST = """province,city,county,name,level,is_designated,address
乙省,甲市,东区,第一医院,,True,一路1号
乙省,甲市,东区,第二医院,,False,
乙省,甲市,东区,第二医院,,False,
乙省,甲市,西山县,西县医院,,False,
丙省,丁市,北区,北区医院,,False,
"""
COORDINATES = "province,city,county,longitude,latitude\n乙省,甲市,东区,113.1,27.8\n乙省,甲市,西山,113.6,27.8\n"


def test_a_list_becomes_a_workbook_that_loads(database: Database, clock: Clock) -> None:
    positions = positions_of(read_book(COORDINATES.encode(), "c.csv", where="c.csv"), "c.csv")
    book = read_book(LIST.encode(), "list.csv", where="list.csv")
    listed = places_of_list(book, "list.csv", ListRule(within="乙省"), positions)
    assert (len(listed.city["facilities"]), len(listed.city["zones"]), listed.repeated) == (3, 4, 1)
    stores = [["中文名称", "单位类型名称", "区域"], ["库", "物资仓库", "甲市东区"]]
    files = (
        city_workbook(starter_city(Starter.ZH_2020), "zh-CN"),
        city_workbook(listed.city, "zh-CN", [ZONES, FACILITIES]),
        workbook({"仓库表": stores}),
    )
    with database.write() as session:
        for content in files:
            load_city(Work(session, OPERATOR, clock), read_book(content, "x.xlsx", where="file"))
    with database.read() as session:
        found = proposed_lanes(session, LaneProposalRule())
        assert [(one.facility.name_zh, one.facility.facility_type.code, one.km) for one in found.lanes] == [
            ("第一医院", "designated_hospital", 0),
            ("第二医院", "fever_clinic", 0),
            ("西县医院", "fever_clinic", 64),
        ]


STATES = """Name,Hospital Type,City,State,County,Latitude,Longitude,Staffed All Beds,Licensed All Beds
GENERAL,GENERAL ACUTE CARE,SPRINGFIELD,TN,CLAY,36.5,-85.5,,120.0
OTHER,PSYCHIATRIC,SPRINGFIELD,TN,CLAY,36.7,-85.7,18.0,20.0
NOWHERE,PSYCHIATRIC,SPRINGFIELD,TN,CLAY,,,abc,
GENERAL,GENERAL ACUTE CARE,SALEM,OR,CLAY,45.0,-123.0,50,60
WRONG,GENERAL ACUTE CARE,SALEM,OR,CLAY,450,-123.0,,
"""


def test_a_list_with_coordinates_and_beds_of_its_own_keeps_them(database: Database, clock: Clock) -> None:
    book = read_book(STATES.encode(), "us.csv", where="us.csv")
    rule = ListRule(areas=("State", "County"), facility_type="hospital", stores=("TN",))
    listed = places_of_list(book, "us.csv", rule, {})
    placed = [
        (row["name_zh"], row["beds"], row["longitude_e6"], row["latitude_e6"]) for row in listed.city["facilities"]
    ]
    assert placed == [
        ("GENERAL", 120, -85_500_000, 36_500_000),
        ("OTHER", 18, -85_700_000, 36_700_000),
        ("NOWHERE", 0, None, None),
        ("GENERAL", 50, -123_000_000, 45_000_000),
        ("WRONG", 0, None, None),
    ]
    zones = [(row["name_zh"], row["kind"], row["longitude_e6"], row["latitude_e6"]) for row in listed.city["zones"]]
    assert zones == [
        ("TN", "city", -85_600_000, 36_600_000),
        ("CLAY, TN", "county", -85_600_000, 36_600_000),
        ("OR", "city", -123_000_000, 45_000_000),
        ("CLAY, OR", "county", -123_000_000, 45_000_000),
    ]
    one_state = places_of_list(book, "us.csv", ListRule(areas=("State", "County"), within="OR"), {})
    assert len(one_state.city["facilities"]) == 2
    with database.write() as session:
        for content in (
            city_workbook(starter_city(Starter.ZH_2020), "zh-CN"),
            city_workbook(listed.city, "zh-CN", [ZONES, FACILITIES, WAREHOUSES]),
        ):
            outcome = load_city(Work(session, OPERATOR, clock), read_book(content, "x.xlsx", where="file"))
    assert outcome.writes == 10
    with database.read() as session:
        proposed = {one.facility.name_zh for one in proposed_lanes(session, LaneProposalRule(reach_km=300)).lanes}
    assert proposed == {"GENERAL", "OTHER", "NOWHERE"}
    with pytest.raises(InvalidInputError):
        places_of_list(book, "us.csv", ListRule(areas=("State", "County"), stores=("Atlantis",)), {})
