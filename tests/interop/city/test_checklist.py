"""What is missing before the first plan: everything in an empty database, people in the sample."""

import pytest

from app.core.clock import Clock
from app.core.database import Database
from app.core.i18n import catalogue
from app.core.work import Work
from app.facilities.schemas import NewFacility
from app.facilities.service import create_facility
from app.interop.city.checklist import CheckLine, checklist, missing_needed
from app.sample.load import load_sample
from tests.conftest import OPERATOR


def lines_of(database: Database) -> list[CheckLine]:
    with database.read() as session:
        return checklist(session)


def test_an_empty_database_misses_everything_and_the_sample_only_people(database: Database, clock: Clock) -> None:
    empty = lines_of(database)
    assert {line.code for line in missing_needed(empty)} >= {"zones", "items", "warehouses", "facilities", "leaders"}
    load_sample(database, clock=clock)
    loaded = lines_of(database)
    assert {line.code for line in missing_needed(loaded)} == {"leaders", "office"}
    chinese = catalogue("zh-CN")
    assert {line.message for line in [*empty, *loaded]} - chinese.keys() == set()


@pytest.mark.sample
def test_a_facility_without_a_lane_is_named(database: Database, clock: Clock) -> None:
    with database.write() as session:
        new = NewFacility(
            code="far", name_zh="远院", name_en="Far hospital", facility_type="hospital", zone="yanling", beds=9
        )
        create_facility(Work(session, OPERATOR, clock), new)
    (line,) = [one for one in lines_of(database) if one.code == "no_lane"]
    assert (line.is_done, line.params, line.names) == (False, {"count": 1}, [("远院", "Far hospital")])
