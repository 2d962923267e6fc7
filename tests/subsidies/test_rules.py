"""The rules of subsidies: triggers at their borders, a head's amount, counts, working days; no database."""

from datetime import date

import pytest

from app.subsidies import rules
from app.subsidies.rules import Amounts, Count, Figure
from app.subsidies.types import EntitledGroup, Trigger
from app.subsidies.working_days import holidays_known, is_working_day, working_day_after

BOTH, CPI, FOOD = {Trigger.CPI, Trigger.FOOD}, {Trigger.CPI}, {Trigger.FOOD}


def figure(cpi: int, food: int, scpi: int | None = None) -> Figure:
    return Figure(cpi_permille=cpi, food_permille=food, scpi_permille=scpi)


@pytest.mark.parametrize(
    ("cpi", "food", "passed"),
    [
        (45, 174, BOTH),  # December 2019
        (52, 219, BOTH),  # February 2020
        (35, 59, CPI), (34, 60, FOOD), (34, 59, set()), (-5, -20, set()), (35, 60, BOTH),
    ],
)  # fmt: skip
def test_a_month_is_due_from_its_triggers_on(cpi: int, food: int, passed: set[Trigger]) -> None:
    assert rules.triggers_passed(figure(cpi, food), Amounts()) == passed


@pytest.mark.parametrize(
    ("base_fen", "scpi", "factor", "fen"),
    [
        (60_000, None, 1_000, 2_000),
        (60_000, 33, 1_000, 2_000),  # 19.80 yuan: the minimum
        (60_000, 34, 1_000, 2_040),
        (60_000, 34, 2_000, 4_080),
        (55_555, 61, 1_000, 3_389),  # 3,388.855
        (50_100, 45, 1_000, 2_255),  # 2,254.5 goes up
        (50_099, 45, 1_000, 2_254),  # 2,254.455 goes down
        (60_000, -40, 1_000, 2_000),
    ],
)
def test_a_head_gets_the_greater_times_the_factor(base_fen: int, scpi: int | None, factor: int, fen: int) -> None:
    assert rules.a_head_fen(base_fen, figure(45, 174, scpi), Amounts(factor_permille=factor)) == fen


def test_counts_are_old_after_three_months() -> None:
    assert [rules.is_old(month, "2019-12") for month in ("2019-12", "2019-09", "2019-08", "2018-12")] == [
        False,
        False,
        True,
        True,
    ]


def count(zone: str, month: str, people: int, group: EntitledGroup = EntitledGroup.ORPHANS) -> Count:
    return Count(group=group, zone=zone, month=month, people=people)


def test_the_newest_count_until_the_month_counts_and_a_correction_before_what_it_corrects() -> None:
    counts = [count("a", "2019-10", 5), count("a", "2019-12", 7), count("a", "2019-12", 6), count("a", "2020-01", 9)]
    assert rules.newest_counts(counts, "2019-12") == [count("a", "2019-12", 6)]
    assert rules.newest_counts(counts, "2019-11") == [count("a", "2019-10", 5)]
    assert rules.newest_counts(counts, "2019-09") == []


def test_zones_without_base_or_count_are_named() -> None:
    faults = rules.counts_faults([count("a", "2019-12", 1)], {"b": 60_000}, "2019-12")
    assert [(one.code, one.params["zone"]) for one in faults] == [("base_missing", "a"), ("count_missing", "b")]


def test_the_sum_of_lines_is_people_times_a_head() -> None:
    lines = rules.lines_of(
        [count("a", "2019-12", 3), count("b", "2019-12", 0)], {"a": 70_000, "b": 1}, figure(45, 0, 60), Amounts()
    )
    assert [(line.a_head_fen, line.amount_fen) for line in lines] == [(4_200, 12_600)]


def test_working_days_follow_the_notices_of_the_state_council() -> None:
    assert [is_working_day(date(2020, 1, day)) for day in (18, 19, 20, 24, 31)] == [False, True, True, False, False]
    assert not is_working_day(date(2020, 2, 1))  # worked by the first notice, free by the second
    assert is_working_day(date(2020, 2, 3))
    # The indexes of December 2019 came on 9 January 2020.
    assert working_day_after(date(2020, 1, 9), 20) == date(2020, 2, 13)
    assert working_day_after(date(2021, 6, 3), 1) == date(2021, 6, 4)
    assert holidays_known(date(2020, 1, 9), date(2020, 2, 13))
    assert not holidays_known(date(2020, 12, 9), date(2021, 1, 7))
