"""Rules of the market watch: values that are asked about, limits of alarms at their very borders, hours of answers."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.market.rules import Facts, Limits, due_at, finding_of, median_of, question_of, year_before
from app.market.types import AlertLevel, Measure, Question

CITY = ZoneInfo("Asia/Shanghai")
NEW_YEARS = (date(2019, 2, 5), date(2020, 1, 25))


def limits(measure: Measure, yellow: int | None, red: int | None) -> Limits:
    return Limits(measure=measure, yellow_permille=yellow, red_permille=red)


def level_of(rule: Limits, facts: Facts) -> AlertLevel | None:
    found = finding_of(rule, facts)
    return found.level if found is not None else None


@pytest.mark.parametrize(
    ("value", "question"),
    [
        (400, None),
        (201, None),
        (200, Question.PER_JIN),  # the price of a jin typed for that of a kilogram
        (799, None),
        (800, Question.PER_KILOGRAM_DOUBLED),
        (4_000, Question.TEN_TIMES),
        (40, Question.TEN_TIMES),
        (1_500, Question.FAR_OFF),
    ],
)
def test_a_value_beyond_half_or_double_of_the_week_is_asked_about(value: int, question: Question | None) -> None:
    assert question_of(value, 400) is question


def test_retail_below_wholesale_is_asked_about_and_a_first_value_is_not() -> None:
    assert question_of(399, 400, wholesale=400) is Question.BELOW_WHOLESALE
    assert question_of(400, 400, wholesale=400) is None
    assert question_of(4_000, None) is None


@pytest.mark.parametrize(
    ("price", "level"), [(1_099, None), (1_100, AlertLevel.YELLOW), (1_149, AlertLevel.YELLOW), (1_150, AlertLevel.RED)]
)
def test_a_rise_reaches_its_limits(price: int, level: AlertLevel | None) -> None:
    facts = Facts(value=price, reference=1_000, reference_day=date(2020, 1, 21))
    assert level_of(limits(Measure.RISE, 100, 150), facts) is level


@pytest.mark.parametrize(("price", "level"), [(1_150, None), (1_151, AlertLevel.RED)])
def test_a_spread_of_15_0_percent_is_let_pass_and_15_1_is_red(price: int, level: AlertLevel | None) -> None:
    assert level_of(limits(Measure.SPREAD, None, 150), Facts(value=price, cost=1_000)) is level


def test_the_spread_alone_is_not_looked_at_where_there_is_a_baseline() -> None:
    assert level_of(limits(Measure.SPREAD, None, 150), Facts(value=2_000, cost=1_000, baseline_price=2_000)) is None


@pytest.mark.parametrize(
    ("price", "cost", "level"),
    [
        (480, 400, None),
        (481, 400, AlertLevel.RED),  # the price before 24 January and one fen, at equal cost
        (481, 399, AlertLevel.RED),
        (481, 401, None),  # the cost rose by as much
        (482, 401, AlertLevel.RED),  # the spread became wider by one fen
        (481, None, AlertLevel.RED),  # no cost reported: it counts as unchanged
        (480, None, None),
    ],
)
def test_the_baseline_of_hunan(price: int, cost: int | None, level: AlertLevel | None) -> None:
    facts = Facts(value=price, cost=cost, baseline_price=480, baseline_cost=400)
    assert level_of(limits(Measure.BASELINE, None, 0), facts) is level


def test_arrivals_and_outlets_have_lower_limits() -> None:
    fall = limits(Measure.FALL, 200, 400)
    day = date(2020, 1, 24)
    assert level_of(fall, Facts(value=801, reference=1_000, reference_day=day)) is None
    assert level_of(fall, Facts(value=800, reference=1_000, reference_day=day)) is AlertLevel.YELLOW
    assert level_of(fall, Facts(value=600, reference=1_000, reference_day=day)) is AlertLevel.RED
    outlets = limits(Measure.OUTLETS, 700, 500)
    assert level_of(outlets, Facts(value=7, out_of=10)) is None
    assert level_of(outlets, Facts(value=69, out_of=100)) is AlertLevel.YELLOW
    assert level_of(outlets, Facts(value=49, out_of=100)) is AlertLevel.RED


def test_an_alarm_says_its_own_sum() -> None:
    found = finding_of(limits(Measure.SPREAD, None, 150), Facts(value=1_151, cost=1_000))
    assert found is not None
    assert found.told.params == {"now_price": "11.51", "cost_price": "10.00", "share": "15.1", "limit": "15.0"}


def test_near_spring_festival_a_year_is_compared_by_the_lunar_calendar() -> None:
    assert year_before(date(2020, 1, 31), NEW_YEARS) == date(2019, 2, 11)
    assert year_before(date(2020, 2, 24), NEW_YEARS) == date(2019, 3, 7)
    assert year_before(date(2020, 2, 25), NEW_YEARS) == date(2019, 2, 25)
    assert year_before(date(2020, 2, 29), NEW_YEARS) == date(2019, 2, 28)


def test_red_is_answered_in_two_hours_and_yellow_by_the_evening() -> None:
    noon = datetime(2020, 1, 31, 4, 0, tzinfo=UTC)
    assert due_at(AlertLevel.RED, noon, CITY) == datetime(2020, 1, 31, 6, 0, tzinfo=UTC)
    assert due_at(AlertLevel.YELLOW, noon, CITY) == datetime(2020, 1, 31, 10, 0, tzinfo=UTC)
    evening = datetime(2020, 1, 31, 10, 0, tzinfo=UTC)
    assert due_at(AlertLevel.YELLOW, evening, CITY) == datetime(2020, 2, 1, 10, 0, tzinfo=UTC)


def test_the_median_of_few() -> None:
    assert [median_of(values) for values in ([], [5], [5, 6], [9, 1, 4])] == [None, 5, 6, 4]
