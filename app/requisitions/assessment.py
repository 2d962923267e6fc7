"""What the norms support: for every line, in each norm set, and the most that any of them supports."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Norm, NormBasis, NormSet
from app.catalog.rules import NormRate, assessed_units
from app.facilities.models import Facility
from app.requisitions.models import Requisition
from app.requisitions.rules import need_days, net_need_units
from app.wire import QUANTITY_MAX

Rates = Mapping[tuple[str, int], list[NormRate]]
"""The norms of a kind of facility, by the code of the norm set and the id of the item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What one norm set supports for one item from the day of the report to the day it is needed by."""

    item: str
    needed_by: date
    norm_set: str
    days: int
    gross_units: int
    on_hand_units: int | None
    assessed_units: int


def rates_of_types(session: Session, facility_type_ids: Sequence[int]) -> dict[int, Rates]:
    """The norms of all norm sets for these kinds of facility, by the id of the kind."""
    rows = session.execute(
        select(
            Norm.facility_type_id, NormSet.code, Norm.item_id, Norm.basis, Norm.daily_use_milliunits, Norm.source
        )
        .join(NormSet, Norm.norm_set_id == NormSet.id)
        .where(Norm.facility_type_id.in_(sorted(set(facility_type_ids))))
        .order_by(NormSet.code, Norm.id)
    )  # fmt: skip
    rates: dict[int, dict[tuple[str, int], list[NormRate]]] = {key: defaultdict(list) for key in facility_type_ids}
    for type_id, norm_set, item_id, basis, milliunits, source in rows:
        rate = NormRate(basis=basis, daily_use_milliunits=milliunits, source=source)
        rates[type_id][norm_set, item_id].append(rate)
    return dict(rates)


def counts_of(facility: Facility) -> dict[NormBasis, int]:
    """What the norms multiply at a facility."""
    return {
        NormBasis.ISOLATION_BED: facility.isolation_beds,
        NormBasis.BED: facility.beds,
        NormBasis.STAFF: facility.staff,
        NormBasis.RESIDENT: facility.residents_served,
        NormBasis.VISIT: facility.visits_per_day,
    }


def assess(requisition: Requisition, rates: Rates) -> list[Assessment]:
    """What each norm set supports for the lines of a requisition, line by line."""
    counts = counts_of(requisition.facility)
    return [
        Assessment(
            item=line.item.code,
            needed_by=line.needed_by,
            norm_set=norm_set,
            days=days,
            gross_units=gross,
            on_hand_units=line.on_hand_units,
            # A norm that somebody mistyped must not go beyond what a quantity can be.
            assessed_units=min(QUANTITY_MAX, net_need_units(gross, line.on_hand_units)),
        )
        for line in requisition.lines
        for days in [need_days(requisition.reported_on, line.needed_by)]
        for (norm_set, item_id), norms in rates.items()
        if item_id == line.item.id
        for gross in [assessed_units(norms, counts, days)]
        if gross is not None
    ]


def set_assessed_units(session: Session, requisitions: Sequence[Requisition]) -> None:
    """Write to every line the most that any norm set supports; None where no norm speaks of the item.

    Norm sets differ by a factor of two to three; the generous one decides what is called excessive, and the reviewer
    sees them all.
    """
    rates = rates_of_types(session, [one.facility.facility_type_id for one in requisitions])
    for requisition in requisitions:
        most: dict[tuple[str, date], int] = {}
        for one in assess(requisition, rates[requisition.facility.facility_type_id]):
            key = one.item, one.needed_by
            most[key] = max(most.get(key, 0), one.assessed_units)
        for line in requisition.lines:
            line.assessed_units = most.get((line.item.code, line.needed_by))
