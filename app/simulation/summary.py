"""The figures of a simulation from what was counted: plain numbers, in the same order every time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.catalog.types import Program
from app.simulation.tally import DayFigures, Tally, Use
from app.simulation.town import Town
from app.simulation.types import Key

DIGITS = 4
MICROYUAN_PER_FEN = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a simulation came to; see docs/fortnight.md for what each figure means."""

    rule: str
    days: int
    seed: int
    facilities: int
    plans: int
    approved: int
    approved_first_try: int
    events_between_plan_and_approval: int
    """On the average of the days."""
    need_last_over_first: float
    need_over_true_need: float
    oversold_units: int
    used_past_expiry_units: int
    used_after_recall_units: int
    stockout_days: dict[str, int]
    """By tier: items missing at a facility on a day."""
    unmet_use: float
    """Part of the use, by value, for which nothing was there."""
    lowest_share: float
    lowest_share_key_points: float
    mean_share: float
    spoiled_units: int
    spoiled_fen: int
    transfer_orders: int
    orders_cancelled: int
    orders_turned_back: int
    trips: int
    kilometres_a_day: int
    directives: int
    inflation_gain: float
    by_program: dict[str, dict[str, Any]]
    by_day: list[dict[str, Any]]
    refusals: list[str]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def summarize(town: Town, tally: Tally) -> Summary:
    """The figures of all days."""
    programs = {program: _of_program(town, tally, program) for program in Program}
    ratios = [one["need_last_over_first"] for one in programs.values()]
    places = place_shares(town, tally.use)
    key_points = [share for place, share in places.items() if _is_key_point(town, place)]
    figures = list(tally.days.values())
    spoiled = tally.spoiled_in_stores + tally.spoiled_on_shelves
    dry: Counter[int] = sum((one.dry for one in figures), Counter())
    days = town.options.days
    return Summary(
        rule=town.options.method.value,
        days=days,
        seed=town.options.seed,
        facilities=len(places),
        plans=tally.plans,
        approved=tally.approved,
        approved_first_try=tally.approved_first_try,
        events_between_plan_and_approval=sum(tally.events_between) // max(1, len(tally.events_between)),
        need_last_over_first=max(ratios, key=lambda ratio: abs(ratio - 1)),
        need_over_true_need=_rounded(sum(one.need for one in figures), sum(one.true_need for one in figures)),
        oversold_units=tally.oversold_units,
        used_past_expiry_units=tally.used_past_expiry_units,
        used_after_recall_units=tally.used_after_recall_units,
        stockout_days={str(tier): dry[tier] for tier in sorted(_tiers(town))},
        unmet_use=_rounded(sum(one.unmet for one in figures), sum(one.use for one in figures)),
        lowest_share=round(min(places.values()), DIGITS),
        lowest_share_key_points=round(min(key_points), DIGITS),
        mean_share=round(sum(places.values()) / len(places), DIGITS),
        spoiled_units=spoiled.total(),
        spoiled_fen=_fen(town, spoiled),
        transfer_orders=tally.transfer_orders,
        orders_cancelled=tally.orders_cancelled,
        orders_turned_back=tally.orders_turned_back,
        trips=tally.trips,
        kilometres_a_day=tally.kilometres // days,
        directives=tally.directives,
        inflation_gain=inflation_gain(town, tally.use),
        by_program={program.value: figures for program, figures in programs.items()},
        by_day=[_of_day(day, program.value, one) for (day, program), one in sorted(tally.days.items())],
        refusals=tally.refusals,
    )


def place_shares(town: Town, use: dict[Key, Use]) -> dict[str, float]:
    """For each facility the mean over its items of the part of its use that was met."""
    shares: dict[str, list[float]] = defaultdict(list)
    for key in town.norm_milliunits:
        if use[key].wanted:
            shares[key[0]].append(use[key].met / use[key].wanted)
    return {place: sum(all_of) / len(all_of) for place, all_of in shares.items()}


def inflation_gain(town: Town, use: dict[Key, Use]) -> float:
    """How much more of what they truly use facilities got that claimed too much than those of their tier that did not.

    For each item and tier: delivered over used by those who exaggerate, over the same of those who do not, less 1;
    the mean by the value of what the first use. 0: exaggerating brought nothing.
    """
    groups: dict[tuple[str, int], list[Key]] = defaultdict(list)
    for key in town.norm_milliunits:
        groups[key[1], town.tier(key)].append(key)
    gained = weights = 0.0
    for (item, _tier), keys in groups.items():
        inflating = [key for key in keys if town.inflation(key[0]) > 1]
        honest = [key for key in keys if town.inflation(key[0]) == 1]
        honest_share = _delivered_share(use[key] for key in honest)
        share = _delivered_share(use[key] for key in inflating)
        if share is None or not honest_share:
            continue
        weight = sum(use[key].wanted for key in inflating) * town.items[item].value_microyuan_per_unit
        gained += weight * (share / honest_share - 1)
        weights += weight
    return round(gained / weights, DIGITS) if weights else 0.0


def _delivered_share(uses: Iterable[Use]) -> float | None:
    rows = list(uses)
    wanted = sum(one.wanted for one in rows)
    return sum(one.delivered for one in rows) / wanted if wanted else None


def _of_program(town: Town, tally: Tally, program: Program) -> dict[str, Any]:
    days = sorted(day for day, other in tally.days if other is program)
    figures = [tally.days[day, program] for day in days]
    use = {key: one for key, one in tally.use.items() if town.program(key[1]) is program}
    shares = [one.met / one.wanted for one in use.values() if one.wanted]
    spoiled = tally.spoiled_in_stores + tally.spoiled_on_shelves
    mine = Counter({item: units for item, units in spoiled.items() if town.program(item) is program})
    return {
        "need_last_over_first": _rounded(figures[-1].need, figures[0].need),
        "true_need_last_over_first": _rounded(figures[-1].true_need, figures[0].true_need),
        "unmet_use": _rounded(sum(one.unmet for one in figures), sum(one.use for one in figures)),
        "stockout_days": dict(sorted(_counted(figures).items())),
        "mean_share": round(sum(shares) / len(shares), DIGITS),
        "lowest_share_of_an_item_at_a_facility": round(min(shares), DIGITS),
        "spoiled_units": mine.total(),
        "spoiled_fen": _fen(town, mine),
        "transfer_orders": sum(one.orders for one in figures),
        "kilometres": sum(one.kilometres for one in figures),
    }


def _counted(figures: Sequence[DayFigures]) -> dict[str, int]:
    dry: Counter[int] = sum((one.dry for one in figures), Counter())
    return {str(tier): count for tier, count in dry.items()}


def _of_day(day: object, program: str, one: DayFigures) -> dict[str, Any]:
    return {
        "day": str(day),
        "program": program,
        "need_over_true_need": _rounded(one.need, one.true_need),
        "need_fen": one.need // MICROYUAN_PER_FEN,
        "asked_fen": one.asked // MICROYUAN_PER_FEN,
        "true_need_fen": one.true_need // MICROYUAN_PER_FEN,
        "unmet_use": _rounded(one.unmet, one.use),
        "stockouts": {str(tier): count for tier, count in sorted(one.dry.items())},
        "transfer_orders": one.orders,
        "kilometres": one.kilometres,
    }


def _is_key_point(town: Town, place: str) -> bool:
    return any(town.tier(key) == 1 for key in town.norm_milliunits if key[0] == place)


def _tiers(town: Town) -> set[int]:
    return {town.tier(key) for key in town.norm_milliunits}


def _fen(town: Town, units: Counter[str]) -> int:
    return sum(count * town.items[item].value_microyuan_per_unit for item, count in units.items()) // MICROYUAN_PER_FEN


def _rounded(part: float, whole: float) -> float:
    return round(part / whole, DIGITS) if whole else 0.0
