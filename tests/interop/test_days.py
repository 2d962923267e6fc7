"""Days as people write them."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.interop.sheets.cells import Broken, Cell
from app.interop.sheets.days import NoDay, read_day

REPORT = date(2020, 1, 31)
MEANT = date(2020, 2, 6)


@pytest.mark.parametrize(
    "cell",
    [
        MEANT,
        datetime(2020, 2, 6, 8, 30),  # noqa: DTZ001 - a sheet knows no zones
        "2020年2月6日",
        "2月6日",
        "2月6号",
        "2020.2.6",
        "2.6",
        2.6,
        "2020/2/6",
        "2020-02-06",
        "2020-02-06 08:30",
        "2020-02-06T08:30:00",
        "2020年2月6日 上午",
        "2月6日前",
        "2月6日（周四）",
        "２０２０－２－６",
        "2/6",
        43867,
        43867.35,
        "43867",
        20200206,
        "20200206",
    ],
)
def test_a_day_is_read(cell: Cell) -> None:
    assert read_day(cell, near=REPORT) == MEANT


def test_the_day_that_is_day_0_decides_what_a_number_is() -> None:
    assert read_day(42405, near=REPORT, from_1904=True) == MEANT


def test_a_day_without_its_year_is_near_the_report() -> None:
    assert read_day("1月5日", near=date(2020, 12, 30)) == date(2021, 1, 5)
    assert read_day("12月25日", near=date(2021, 1, 3)) == date(2020, 12, 25), "and then told to be before the report"
    assert read_day("2月29日", near=date(2019, 12, 1)) == date(2020, 2, 29)


def test_2_1_as_a_number_may_have_been_2_10() -> None:
    assert read_day(2.1, near=REPORT) == NoDay((date(2020, 2, 1), date(2020, 2, 10)))
    assert read_day("2.10", near=REPORT) == date(2020, 2, 10), "text has kept its zero"
    assert read_day(2.15, near=REPORT) == date(2020, 2, 15)


@pytest.mark.parametrize(
    "cell", ["尽快", "2020-02-30", "31.2.", "13月1日", "1999-12-31", True, 7, 10**9, Broken("#REF!"), date(1999, 1, 1)]
)
def test_what_is_no_day_is_told(cell: Cell) -> None:
    assert read_day(cell, near=REPORT) == NoDay()


def test_a_blank_cell_says_nothing() -> None:
    assert read_day(None, near=REPORT) is None


@given(st.one_of(st.text(max_size=20), st.floats(), st.integers(), st.none()))
def test_any_cell_is_a_day_or_none(cell: Cell) -> None:
    assert isinstance(read_day(cell, near=REPORT), date | NoDay | None)
