"""Decisions on linked price subsidies: is a month due, what a head gets, which counts are used. Pure.

A head gets max(minimum, base x SCPI rise) x factor, rounded half up to whole fen once, at the end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.core.errors import ConflictError, Fault, ForbiddenError, Param
from app.procurement.money import AMOUNT_FEN_MAX
from app.subsidies.types import EntitledGroup, Step, SubsidyRunState, Trigger

CPI_TRIGGER_PERMILLE = 35
FOOD_TRIGGER_PERMILLE = 60
MINIMUM_FEN = 2_000
PAY_WITHIN_WORKING_DAYS = 20
COUNT_AGE_MONTHS_MAX = 3

STEPS: Mapping[Step, tuple[SubsidyRunState, ...]] = {
    Step.APPROVE: (SubsidyRunState.DRAFT,),
    Step.COMMIT: (SubsidyRunState.APPROVED,),
    Step.PAY: (SubsidyRunState.COMMITTED,),
    Step.REJECT: (SubsidyRunState.DRAFT, SubsidyRunState.APPROVED, SubsidyRunState.COMMITTED),
}
"""From which states a run takes each step."""


class NotDueError(ConflictError):
    """The month's figures pass no trigger of the scheme."""

    code = "subsidy_not_due"


class RunIncompleteError(ConflictError):
    """Figures, counts or bases that the computation needs are missing."""

    code = "subsidy_incomplete"


class OwnRunError(ForbiddenError):
    """Who drafted a run may not approve it."""

    code = "own_subsidy_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Price indexes of a month, as rises on the year in thousandths."""

    cpi_permille: int
    food_permille: int
    scpi_permille: int | None
    """The index for people of low income; None where it is not published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What a scheme pays."""

    cpi_trigger_permille: int = CPI_TRIGGER_PERMILLE
    food_trigger_permille: int = FOOD_TRIGGER_PERMILLE
    minimum_fen: int = MINIMUM_FEN
    factor_permille: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """People of a group in a zone, as counted in a month (`2019-12`)."""

    group: EntitledGroup
    zone: str
    month: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a group of a zone gets."""

    count: Count
    base_fen: int
    a_head_fen: int

    @property
    def amount_fen(self) -> int:
        """For all of them."""
        return self.count.people * self.a_head_fen


def triggers_passed(figure: Figure, amounts: Amounts) -> frozenset[Trigger]:
    """Which triggers the figures reach; none: nothing is due."""
    passed = set()
    if figure.cpi_permille >= amounts.cpi_trigger_permille:
        passed.add(Trigger.CPI)
    if figure.food_permille >= amounts.food_trigger_permille:
        passed.add(Trigger.FOOD)
    return frozenset(passed)


def a_head_fen(base_fen: int, figure: Figure, amounts: Amounts) -> int:
    """What one person gets for the month, in fen."""
    by_index = base_fen * (figure.scpi_permille or 0)
    return (max(amounts.minimum_fen * 1_000, by_index) * amounts.factor_permille + 500_000) // 1_000_000


def months_between(earlier: str, later: str) -> int:
    """Whole months from one month to another, such as 2019-12 and 2020-02: 2."""
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:]) - int(earlier[5:])


def month_of(day: date) -> str:
    """The month of a day: 2020-01."""
    return f"{day.year:04d}-{day.month:02d}"


def is_old(count_month: str, month: str) -> bool:
    """Whether a count is older than three months for a run of `month`."""
    return months_between(count_month, month) > COUNT_AGE_MONTHS_MAX


def newest_counts(counts: Iterable[Count], month: str) -> list[Count]:
    """Of each group and zone the newest count that is not after the month; in the order of zones and groups."""
    newest: dict[tuple[str, EntitledGroup], Count] = {}
    for count in counts:
        key = count.zone, count.group
        if count.month <= month and (key not in newest or count.month >= newest[key].month):
            newest[key] = count
    order = list(EntitledGroup)
    return [newest[key] for key in sorted(newest, key=lambda key: (key[0], order.index(key[1])))]


def lines_of(counts: Iterable[Count], bases: Mapping[str, int], figure: Figure, amounts: Amounts) -> list[Line]:
    """What every group of every zone with a base gets; groups of nobody are left out."""
    return [
        Line(count=one, base_fen=bases[one.zone], a_head_fen=a_head_fen(bases[one.zone], figure, amounts))
        for one in counts
        if one.zone in bases and one.people > 0
    ]


def counts_faults(counts: Iterable[Count], bases: Mapping[str, int], month: str) -> list[Fault]:
    """Zones that were counted but have no base, and zones with a base that nobody counted."""
    counted = {count.zone for count in counts}
    params: dict[str, Param] = {"month": month}
    no_base = "Zone “{zone}” has people entitled, but the scheme has no local standard for it."
    faults = [
        Fault("base_missing", no_base, "scheme", params | {"zone": zone}) for zone in sorted(counted - bases.keys())
    ]
    no_count = "Nobody has counted the people entitled in zone “{zone}” for {month} or before."
    return faults + [
        Fault("count_missing", no_count, "month", params | {"zone": zone}) for zone in sorted(bases.keys() - counted)
    ]


def total_faults(lines: Iterable[Line]) -> list[Fault]:
    """Whether the total stays within what one document may hold."""
    total_fen = sum(line.amount_fen for line in lines)
    if total_fen <= AMOUNT_FEN_MAX:
        return []
    message = "The subsidies come to {total_fen} fen; at most {amount_fen_max} are allowed."
    return [Fault("amount_too_large", message, "", {"total_fen": str(total_fen), "amount_fen_max": AMOUNT_FEN_MAX})]
