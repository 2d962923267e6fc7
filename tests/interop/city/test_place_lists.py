"""A public list of clinics becomes a workbook that loads, and lanes follow from the coordinates of its zones."""

from app.core.clock import Clock
from app.core.database import Database
from app.core.work import Work
from app.facilities.lane_proposals import LaneProposalRule, proposed_lanes
from app.interop.city.kinds_places import FACILITIES, ZONES
from app.interop.city.loading import load_city
from app.interop.city.place_lists import places_of_list, positions_of
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
    listed = places_of_list(
        read_book(LIST.encode(), "list.csv", where="list.csv"), "list.csv", province="乙省", positions=positions
    )
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
