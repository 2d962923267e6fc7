"""Two answers side by side, need by need: who gains, who loses, and by how much, per tier, item, zone and facility.

An answer is a sequence of `Outcome`: a stored plan gives one by `outcomes_of`; whatever else answers the same needs,
such as a scenario, makes its own. Needs are matched by facility, item and day; a need that only one of the answers
knows stands beside nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item
from app.facilities.models import Facility, GeographicZone
from app.planning.plans.models import AllocationPlan, PlanDemand

SHARE_DUST = 1e-6
"""Shares that differ by less are the same: the solver's own precision."""

Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an answer gives to one need, in base units of the item asked for."""

    facility: Facility
    item: Item
    needed_by: date
    tier: int
    wanted_units: int
    given_units: int

    @property
    def share(self) -> float:
        """Part of the need that is met, 0 to 1."""
        return min(1.0, self.given_units / self.wanted_units)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedNeed:
    """One need in both answers; one of the two may be missing."""

    base: Outcome | None
    other: Outcome | None

    @property
    def known(self) -> Outcome:
        """The need as the other answer states it, or as the base does where the other has none."""
        known = self.other or self.base
        assert known is not None, "a need of neither answer"
        return known

    @property
    def difference_units(self) -> int:
        """Units that the other answer gives more (or, below 0, less)."""
        return (self.other.given_units if self.other else 0) - (self.base.given_units if self.base else 0)

    @property
    def difference_share(self) -> float | None:
        """By how much the share rises; None where only one of the answers knows the need."""
        return self.other.share - self.base.share if self.base is not None and self.other is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedGroup:
    """The needs of a tier, item, zone or facility in both answers; shares are means over needs, None without any."""

    needs: int
    base_share: float | None
    other_share: float | None
    base_lowest: float | None
    other_lowest: float | None
    base_units: int
    other_units: int
    gain: int
    """Needs whose share rises."""
    lose: int

    @property
    def difference_share(self) -> float | None:
        """By how much the mean share rises."""
        if self.base_share is None or self.other_share is None:
            return None
        return self.other_share - self.base_share


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two answers side by side."""

    needs: Sequence[ComparedNeed]

    @property
    def gain(self) -> int:
        """Needs whose share rises."""
        return sum(1 for need in self.needs if (need.difference_share or 0.0) > SHARE_DUST)

    @property
    def lose(self) -> int:
        """Needs whose share falls."""
        return sum(1 for need in self.needs if (need.difference_share or 0.0) < -SHARE_DUST)

    def by(self, group_of: Callable[[Outcome], Group]) -> dict[Group, ComparedGroup]:
        """The needs grouped, in the order in which the groups first appear."""
        members: dict[Group, list[ComparedNeed]] = defaultdict(list)
        for need in self.needs:
            members[group_of(need.known)].append(need)
        return {group: _grouped(of_group) for group, of_group in members.items()}

    def by_tier(self) -> dict[int, ComparedGroup]:
        """Per tier, the first tier first."""
        return dict(sorted(self.by(lambda outcome: outcome.tier).items()))

    def by_item(self) -> dict[Item, ComparedGroup]:
        """Per item."""
        return self.by(lambda outcome: outcome.item)

    def by_zone(self) -> dict[GeographicZone, ComparedGroup]:
        """Per zone of the facilities."""
        return self.by(lambda outcome: outcome.facility.zone)

    def by_facility(self) -> dict[Facility, ComparedGroup]:
        """Per facility."""
        return self.by(lambda outcome: outcome.facility)


def compare(base: Iterable[Outcome], other: Iterable[Outcome]) -> Comparison:
    """Match the needs of two answers; first those of the base in its order, then those that only the other knows.

    Where an answer states several needs of a facility for the same item and day, they are taken together.
    """
    befores, afters = _by_need(base), _by_need(other)
    keys = [*befores, *(key for key in afters if key not in befores)]
    return Comparison(needs=[ComparedNeed(base=befores.get(key), other=afters.get(key)) for key in keys])


def outcomes_of(session: Session, plan: AllocationPlan) -> list[Outcome]:
    """What a stored plan gives to each of its needs."""
    query = (
        select(PlanDemand)
        .where(PlanDemand.plan_id == plan.id)
        .order_by(PlanDemand.tier, PlanDemand.id)
        .options(joinedload(PlanDemand.requisition_line), joinedload(PlanDemand.facility).joinedload(Facility.zone))
    )
    return [
        Outcome(
            facility=demand.facility,
            item=demand.item,
            needed_by=demand.requisition_line.needed_by,
            tier=demand.tier,
            wanted_units=demand.wanted_units,
            given_units=demand.planned_units,
        )
        for demand in session.scalars(query).unique()
    ]


def compare_plans(session: Session, base: AllocationPlan, other: AllocationPlan) -> Comparison:
    """Two stored plans side by side."""
    return compare(outcomes_of(session, base), outcomes_of(session, other))


def _by_need(outcomes: Iterable[Outcome]) -> dict[tuple[int, int, date], Outcome]:
    merged: dict[tuple[int, int, date], Outcome] = {}
    for one in outcomes:
        key = (one.facility.id, one.item.id, one.needed_by)
        earlier = merged.get(key)
        if earlier is not None:
            one = Outcome(
                facility=one.facility,
                item=one.item,
                needed_by=one.needed_by,
                tier=min(one.tier, earlier.tier),
                wanted_units=one.wanted_units + earlier.wanted_units,
                given_units=one.given_units + earlier.given_units,
            )
        merged[key] = one
    return merged


def _grouped(needs: Sequence[ComparedNeed]) -> ComparedGroup:
    befores = [need.base for need in needs if need.base is not None]
    afters = [need.other for need in needs if need.other is not None]
    counted = Comparison(needs=needs)
    return ComparedGroup(
        needs=len(needs),
        base_share=_mean(befores),
        other_share=_mean(afters),
        base_lowest=min((one.share for one in befores), default=None),
        other_lowest=min((one.share for one in afters), default=None),
        base_units=sum(one.given_units for one in befores),
        other_units=sum(one.given_units for one in afters),
        gain=counted.gain,
        lose=counted.lose,
    )


def _mean(outcomes: Sequence[Outcome]) -> float | None:
    return sum(one.share for one in outcomes) / len(outcomes) if outcomes else None
