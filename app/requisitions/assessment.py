"""What the norms support: for every line, in each norm set, and the most that any of them supports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import NormSet
from app.catalog.rules import NormRate, assessed_units
from app.catalog.service import norms_for
from app.catalog.types import NormBasis
from app.core.http.payloads import QUANTITY_MAX
from app.facilities.models import Facility
from app.requisitions.models import Requisition
from app.requisitions.rules import need_days, net_need_units

Rates = Mapping[str, Mapping[tuple[int, int], tuple[NormRate, ...]]]
"""The norms of each norm set, by its code, then by the ids of facility type and item."""


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


def rates_of_types(session: Session, facility_type_ids: Iterable[int]) -> Rates:
    """The norms of all norm sets for these kinds of facility."""
    types = sorted(set(facility_type_ids))
    codes = session.scalars(select(NormSet.code).order_by(NormSet.code)).all()
    return {code: norms_for(session, code, types) for code in codes}


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
    type_id = requisition.facility.facility_type_id
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
        for norm_set, norms in rates.items()
        for gross in [assessed_units(norms.get((type_id, line.item.id), ()), counts, days)]
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
        for one in assess(requisition, rates):
            key = one.item, one.needed_by
            most[key] = max(most.get(key, 0), one.assessed_units)
        for line in requisition.lines:
            line.assessed_units = most.get((line.item.code, line.needed_by))
