"""What the norms support: for every line, in each norm set, and the most that any of them supports."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import NormSet
from app.catalog.norms import norms_for
from app.catalog.rules import NormRate, assessed_units
from app.catalog.types import NormBasis
from app.core.http.payloads import QUANTITY_MAX
from app.facilities.models import Facility
from app.requisitions.claim_rules import OpenClaim, Span, is_absurd, is_repeated, support
from app.requisitions.earlier_claims import EarlierLine, earlier_lines, peer_bounds
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.types import RequisitionKind

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
    claimed_units: int
    """What other open lines claim of the same days."""
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


def assess(
    requisition: Requisition, rates: Rates, earlier: Mapping[int, Sequence[EarlierLine]] | None = None
) -> list[Assessment]:
    """What each norm set supports for the lines of a requisition beside the facility's other open lines.

    `earlier` are the lines that the facility handed in before, by the item's id.
    """
    found = [
        one
        for lines in _lines_by_item(requisition).values()
        for norm_set, norms in rates.items()
        for one in _of_item(requisition, lines, norm_set, norms, (earlier or {}).get(lines[0].item.id, ()))
    ]
    place = {(line.item.code, line.needed_by): n for n, line in enumerate(requisition.lines)}
    return sorted(found, key=lambda one: (place[one.item, one.needed_by], one.norm_set))


def _lines_by_item(requisition: Requisition) -> dict[int, list[RequisitionLine]]:
    """The lines of each item in the order of their days."""
    by_item: dict[int, list[RequisitionLine]] = defaultdict(list)
    for line in sorted(requisition.lines, key=lambda line: line.needed_by):
        by_item[line.item.id].append(line)
    return by_item


def _of_item(
    requisition: Requisition,
    lines: Sequence[RequisitionLine],
    norm_set: str,
    norms: Mapping[tuple[int, int], tuple[NormRate, ...]],
    earlier: Sequence[EarlierLine],
) -> list[Assessment]:
    rates = norms.get((requisition.facility.facility_type_id, lines[0].item.id), ())
    if not rates:
        return []
    counts = counts_of(requisition.facility)
    first = requisition.reported_on
    on_hand = max((line.on_hand_units or 0 for line in lines), default=0)
    others = [
        OpenClaim(span=Span(first=max(first, one.reported_on), last=one.needed_by), units=one.open_units)
        for one in earlier
        if one.open_units > 0 and one.needed_by >= first and not _is_replaced(requisition, one)
    ]
    supported = support(
        [Span(first=first, last=line.needed_by) for line in lines],
        on_hand,
        others,
        lambda days: assessed_units(rates, counts, days) or 0,
    )
    return [
        Assessment(
            item=line.item.code,
            needed_by=line.needed_by,
            norm_set=norm_set,
            days=one.days,
            gross_units=one.gross_units,
            on_hand_units=line.on_hand_units,
            claimed_units=min(QUANTITY_MAX, one.claimed_units),
            # A norm that somebody mistyped must not go beyond what a quantity can be.
            assessed_units=min(QUANTITY_MAX, one.assessed_units),
        )
        for line, one in zip(lines, supported, strict=True)
    ]


def _is_replaced(requisition: Requisition, earlier: EarlierLine) -> bool:
    """Whether the requisition takes the place of an earlier line: a report that of the reports before."""
    return requisition.kind is earlier.kind is RequisitionKind.REPORT


def assess_with_others(session: Session, requisition: Requisition) -> list[Assessment]:
    """What each norm set supports now for a requisition, beside what the facility handed in before it."""
    rates = rates_of_types(session, [requisition.facility.facility_type_id])
    return assess(requisition, rates, earlier_lines(session, [requisition])[0])


def set_assessed_units(session: Session, requisitions: Sequence[Requisition]) -> None:
    """Write to every line what norms, the facility's other claims and its peers say of it.

    Norm sets differ by a factor of two to three; the generous one decides what is called excessive, and the reviewer
    sees them all.
    """
    rates = rates_of_types(session, [one.facility.facility_type_id for one in requisitions])
    all_earlier = earlier_lines(session, requisitions)
    without_norm = [
        (requisition.facility, line.item.id)
        for requisition in requisitions
        for line in requisition.lines
        if not any((requisition.facility.facility_type_id, line.item.id) in norms for norms in rates.values())
    ]
    bounds = peer_bounds(session, without_norm)
    for requisition, earlier in zip(requisitions, all_earlier, strict=True):
        most: dict[tuple[str, date], Assessment] = {}
        for one in assess(requisition, rates, earlier):
            key = one.item, one.needed_by
            if key not in most or one.gross_units > most[key].gross_units:
                most[key] = one
        for lines in _lines_by_item(requisition).values():
            for line in lines:
                peers = bounds.get((requisition.facility.id, line.item.id))
                _describe(line, most.get((line.item.code, line.needed_by)), peers)
            _compare_with_earlier(requisition, lines, earlier.get(lines[0].item.id, ()))


def _describe(line: RequisitionLine, supported: Assessment | None, peer_units: int | None) -> None:
    line.assessed_units = supported.assessed_units if supported is not None else None
    line.claimed_units = supported.claimed_units if supported is not None else 0
    line.peer_units = min(QUANTITY_MAX, peer_units) if peer_units is not None else None
    gross = supported.gross_units if supported is not None else None
    line.absurd = is_absurd(line.requested_units, line.item.base_unit, gross, line.peer_units)


def _compare_with_earlier(
    requisition: Requisition, lines: Sequence[RequisitionLine], earlier: Sequence[EarlierLine]
) -> None:
    """Say of an item's lines what was asked last time, and whether it is asked for again."""
    last = max((one.order for one in earlier), default=None)
    last_units = sum(one.requested_units for one in earlier if one.order == last) if earlier else None
    for line in lines:
        line.last_units = None if last_units is None else min(QUANTITY_MAX, last_units)
        line.repeated = is_repeated(line.requested_units, requisition.reported_on, line.needed_by, earlier)
