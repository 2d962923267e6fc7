"""Decisions of the market watch: which values are asked about, which raise an alarm, and until when it is answered.

Shares are compared as products of whole numbers, so that 15.0 % is never 15.1 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.errors import Fault, Param
from app.market.types import AlertLevel, Measure, Question

USUAL_DAYS = 7
"""A value is compared with the median of so many days before it."""
REFERENCE_SLACK_DAYS = 3
"""Where the day of comparison has no value, one of so many days before it does."""
FESTIVAL_REACH_DAYS = 30
"""So near Spring Festival, a year is compared by the lunar calendar."""
RED_HOURS = 2
EVENING = time(18)
MEDIAN_OF_MIN = 3
"""A median of fewer series is told as such."""


def median_of(values: Sequence[int]) -> int | None:
    """The median as a whole number, half up; None of nothing."""
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle] + 1) // 2


def question_of(value: int, usual: int | None, *, wholesale: int | None = None) -> Question | None:
    """Why a value is asked about: at most half or at least double of what is usual, or retail below wholesale.

    `usual` is the median of the week before, `wholesale` the wholesale price of the same item.
    """
    if usual is not None and usual > 0 and (2 * value <= usual or value >= 2 * usual):
        return _kind_of_mistake(value, usual)
    if wholesale is not None and value < wholesale:
        return Question.BELOW_WHOLESALE
    return None


def _kind_of_mistake(value: int, usual: int) -> Question:
    """Which slip would explain the value within a fifth."""
    for factor_up, factor_down, question in (
        (2, 1, Question.PER_JIN),
        (1, 2, Question.PER_KILOGRAM_DOUBLED),
        (10, 1, Question.TEN_TIMES),
        (1, 10, Question.TEN_TIMES),
    ):
        meant = value * factor_up
        if 4 * usual * factor_down <= 5 * meant <= 6 * usual * factor_down:
            return question
    return Question.FAR_OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a series on a day: its value and what it is held against; None where nothing is known."""

    value: int
    cost: int | None = None
    reference: int | None = None
    reference_day: date | None = None
    baseline_price: int | None = None
    baseline_cost: int | None = None
    out_of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of an alert rule, in thousandths; None where the rule has no such level."""

    measure: Measure
    yellow_permille: int | None
    red_permille: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An alarm to be raised, with its own sum in words."""

    level: AlertLevel
    told: Fault


def percent(part: int, whole: int) -> str:
    """A share with one decimal, cut off rather than rounded over a limit: 15.1."""
    permille = abs(part) * 1000 // whole
    return f"{permille // 10}.{permille % 10}"


def yuan(fen: int) -> str:
    """Fen as yuan: 5.48."""
    return f"{fen // 100}.{fen % 100:02d}"


def finding_of(limits: Limits, facts: Facts) -> Finding | None:
    """The alarm that a rule raises about these facts; None where it has nothing to say."""
    match limits.measure:
        case Measure.RISE | Measure.RISE_ON_YEAR:
            return _rise(limits, facts)
        case Measure.FALL | Measure.FALL_ON_YEAR:
            return _fall(limits, facts)
        case Measure.BASELINE:
            return _above_baseline(facts)
        case Measure.SPREAD:
            return _spread(limits, facts)
        case Measure.OUTLETS:
            return _outlets(limits, facts)
        case _:
            return None


def _level(limits: Limits, change: int, whole: int, *, beyond: bool = False) -> AlertLevel | None:
    """The level that a change of a whole reaches, or goes beyond."""
    for level, permille in ((AlertLevel.RED, limits.red_permille), (AlertLevel.YELLOW, limits.yellow_permille)):
        if permille is None:
            continue
        if change * 1000 > permille * whole or (not beyond and change * 1000 == permille * whole):
            return level
    return None


def _limit_of(limits: Limits, level: AlertLevel) -> str:
    permille = limits.red_permille if level is AlertLevel.RED else limits.yellow_permille
    return percent(permille or 0, 1000)


def _changed(facts: Facts) -> Mapping[str, Param]:
    assert facts.reference is not None, "there is something to compare with"
    return {
        "now": facts.value,
        "before": facts.reference,
        "day": str(facts.reference_day),
        "share": percent(facts.value - facts.reference, facts.reference),
    }


def _rise(limits: Limits, facts: Facts) -> Finding | None:
    if not facts.reference:
        return None
    level = _level(limits, facts.value - facts.reference, facts.reference)
    if level is None:
        return None
    message = (
        "{item} at {place}: {now_price} yuan, {before_price} on {day}: up {share} %; the limit is {limit} % "
        "within {days} days."
        if limits.measure is Measure.RISE
        else "{item} at {place}: {now_price} yuan, {before_price} a year before ({day}): up {share} %; "
        "the limit is {limit} %."
    )
    params = {
        **_changed(facts),
        "now_price": yuan(facts.value),
        "before_price": yuan(facts.reference),
        "limit": _limit_of(limits, level),
    }
    return Finding(level=level, told=Fault(limits.measure.value, message, "", params))


def _fall(limits: Limits, facts: Facts) -> Finding | None:
    if not facts.reference:
        return None
    level = _level(limits, facts.reference - facts.value, facts.reference)
    if level is None:
        return None
    message = "{item} at {place}: {share} % less arrived than on {day}; the limit is {limit} %."
    params = {**_changed(facts), "limit": _limit_of(limits, level)}
    return Finding(level=level, told=Fault(limits.measure.value, message, "", params))


def _above_baseline(facts: Facts) -> Finding | None:
    """The Hunan rule of 30 January 2020: the price above the baseline at a cost not above that of the baseline, or a
    wider spread than at the baseline. Where no cost is known, the cost counts as unchanged, and the alarm says so."""
    base = facts.baseline_price
    if base is None:
        return None
    params: dict[str, Param] = {"now_price": yuan(facts.value), "before_price": yuan(base), "over": facts.value - base}
    if facts.cost is None or facts.baseline_cost is None:
        if facts.value <= base:
            return None
        message = (
            "{item} at {place}: {now_price} yuan, {over} fen above the baseline of {before_price}; "
            "no cost was reported."
        )
    elif facts.cost <= facts.baseline_cost:
        if facts.value <= base:
            return None
        message = (
            "{item} at {place}: {now_price} yuan, {over} fen above the baseline of {before_price} at a cost that "
            "did not rise."
        )
    else:
        wider = (facts.value - facts.cost) - (base - facts.baseline_cost)
        if wider <= 0:
            return None
        params |= {"wider": wider}
        message = "{item} at {place}: the spread between price and cost is {wider} fen wider than at the baseline."
    return Finding(level=AlertLevel.RED, told=Fault(Measure.BASELINE.value, message, "", params))


def _spread(limits: Limits, facts: Facts) -> Finding | None:
    if facts.baseline_price is not None or not facts.cost:
        return None
    level = _level(limits, facts.value - facts.cost, facts.cost, beyond=True)
    if level is None:
        return None
    message = (
        "{item} at {place}: {now_price} yuan at a cost of {cost_price}: a spread of {share} %, without a baseline; "
        "more than {limit} % counts as driving up prices."
    )
    params = {
        "now_price": yuan(facts.value),
        "cost_price": yuan(facts.cost),
        "share": percent(facts.value - facts.cost, facts.cost),
        "limit": _limit_of(limits, level),
    }
    return Finding(level=level, told=Fault(Measure.SPREAD.value, message, "", params))


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """The upper end of the forecast of a day, and what the rise is counted from."""

    day: date
    high: int
    reference: int
    reference_day: date


def early_finding(foreseen: Sequence[Foreseen], red_permille: int) -> Finding | None:
    """The alarm where the upper end of a day's interval passes the red limit of a rise; of the first such day."""
    for one in foreseen:
        if one.reference and (one.high - one.reference) * 1000 > red_permille * one.reference:
            message = (
                "{item} at {place}: the forecast for {foreseen_day} reaches up to {now_price} yuan, {share} % above "
                "{before_price} of {day}; the red limit is {limit} %."
            )
            params: dict[str, Param] = {
                "foreseen_day": one.day.isoformat(),
                "now_price": yuan(one.high),
                "share": percent(one.high - one.reference, one.reference),
                "before_price": yuan(one.reference),
                "day": one.reference_day.isoformat(),
                "limit": percent(red_permille, 1000),
            }
            return Finding(level=AlertLevel.YELLOW, told=Fault(Measure.EARLY.value, message, "", params))
    return None


def _outlets(limits: Limits, facts: Facts) -> Finding | None:
    if not facts.out_of:
        return None
    for level, permille in ((AlertLevel.RED, limits.red_permille), (AlertLevel.YELLOW, limits.yellow_permille)):
        if permille is not None and facts.value * 1000 < permille * facts.out_of:
            message = "{place}: {open_outlets} of {all_outlets} outlets are open; the limit is {limit} %."
            params: dict[str, Param] = {
                "open_outlets": facts.value,
                "all_outlets": facts.out_of,
                "limit": percent(permille, 1000),
            }
            return Finding(level=level, told=Fault(Measure.OUTLETS.value, message, "", params))
    return None


def year_before(day: date, new_years: Sequence[date]) -> date:
    """The day of last year that a day is compared with: by the lunar calendar within 30 days of Spring Festival."""
    near = min(new_years, key=lambda one: abs((one - day).days))
    if abs((near - day).days) <= FESTIVAL_REACH_DAYS:
        before = max((one for one in new_years if one < near), default=None)
        if before is not None:
            return before + (day - near)
    return date(day.year - 1, day.month, min(day.day, 28) if day.month == 2 else day.day)


def due_at(level: AlertLevel, raised_at: datetime, zone: ZoneInfo) -> datetime:
    """Until when an alarm is owed an answer: two hours for red, the evening for yellow, the next one after it."""
    if level is AlertLevel.RED:
        return raised_at + timedelta(hours=RED_HOURS)
    local = raised_at.astimezone(zone)
    evening = datetime.combine(local.date(), EVENING, tzinfo=zone)
    if local >= evening:
        evening += timedelta(days=1)
    return evening.astimezone(raised_at.tzinfo)
