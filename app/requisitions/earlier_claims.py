"""What a facility handed in before, and what its peers ask for: the lines that a claim is compared with."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.facilities.models import Facility
from app.requisitions.claim_rules import peer_bound
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.rules import COUNTED_STATES, OPEN_STATES
from app.requisitions.types import RequisitionKind

REMEMBERED_DAYS = 30
"""Reports older than this are no measure for a new one."""
PEER_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierLine:
    """A line that the facility handed in before."""

    order: tuple[datetime, int]
    """When its requisition was submitted, and its id: a total order of all that was handed in."""
    reported_on: date
    needed_by: date
    requested_units: int
    delivered_units: int
    kind: RequisitionKind
    open_units: int
    """What is asked, or approved where it is reviewed, and has not come; 0 where the requisition is closed."""


def earlier_lines(session: Session, requisitions: Sequence[Requisition]) -> list[dict[int, list[EarlierLine]]]:
    """For each requisition the lines of its facility that were handed in before it, by the item's id."""
    if not requisitions:
        return []
    oldest = min(one.reported_on for one in requisitions) - timedelta(days=REMEMBERED_DAYS)
    line = RequisitionLine
    query = (
        select(
            Requisition.facility_id,
            Requisition.id,
            Requisition.state,
            Requisition.submitted_at,
            Requisition.reported_on,
            line.item_id,
            line.needed_by,
            line.requested_units,
            line.approved_units,
            line.delivered_units + line.carried_units,
            Requisition.kind,
        )
        .join(Requisition, Requisition.id == line.requisition_id)
        .where(
            Requisition.facility_id.in_(sorted({one.facility.id for one in requisitions})),
            Requisition.program.in_(sorted({one.program for one in requisitions})),
            Requisition.state.in_(sorted(COUNTED_STATES)),
            Requisition.reported_on >= oldest,
        )
        .order_by(line.id)
    )
    of_facility: dict[int, list[tuple[int, EarlierLine]]] = defaultdict(list)
    for row in session.execute(query):
        facility, key, state, submitted_at, reported_on, item, needed_by, asked, approved, delivered, kind = row
        left = (asked if approved is None else approved) - delivered
        earlier = EarlierLine(
            order=(submitted_at or _FIRST, key),
            reported_on=reported_on,
            needed_by=needed_by,
            requested_units=asked,
            delivered_units=delivered,
            kind=kind,
            open_units=max(0, left) if state in OPEN_STATES else 0,
        )
        of_facility[facility].append((item, earlier))
    return [_before(one, of_facility[one.facility.id]) for one in requisitions]


_FIRST = datetime.min.replace(tzinfo=UTC)


def _before(requisition: Requisition, lines: Sequence[tuple[int, EarlierLine]]) -> dict[int, list[EarlierLine]]:
    own = (requisition.submitted_at, requisition.id) if requisition.submitted_at is not None else None
    found: dict[int, list[EarlierLine]] = defaultdict(list)
    for item, line in lines:
        if line.order[1] != requisition.id and (own is None or line.order < own):
            found[item].append(line)
    return found


def peer_bounds(session: Session, asked: Collection[tuple[Facility, int]]) -> Mapping[tuple[int, int], int]:
    """The most that peers make plausible, by the ids of facility and item; where too few have asked, nothing.

    Peers are facilities of the same type with a report of the last days; of each its newest line of the item counts.
    """
    if not asked:
        return {}
    types = sorted({facility.facility_type_id for facility, _ in asked})
    query = (
        select(Facility, RequisitionLine.item_id, RequisitionLine.requested_units, Requisition.reported_on)
        .join(Requisition, Requisition.facility_id == Facility.id)
        .join(RequisitionLine, RequisitionLine.requisition_id == Requisition.id)
        .where(
            Facility.facility_type_id.in_(types),
            RequisitionLine.item_id.in_(sorted({item for _, item in asked})),
            Requisition.state.in_(sorted(COUNTED_STATES)),
        )
        .order_by(RequisitionLine.id)
    )
    newest: dict[tuple[int, int], dict[int, tuple[int, Facility, date]]] = defaultdict(dict)
    last = date.min
    for peer, item, units, reported_on in session.execute(query):
        newest[peer.facility_type_id, item][peer.id] = units, peer, reported_on
        last = max(last, reported_on)
    bounds = {}
    for facility, item in asked:
        measure = _measure(facility)
        peers = [
            (units, getattr(peer, measure) if measure else 0)
            for units, peer, reported_on in newest[facility.facility_type_id, item].values()
            if peer.id != facility.id and (last - reported_on).days <= PEER_DAYS
        ]
        bound = peer_bound(getattr(facility, measure) if measure else 0, peers)
        if bound is not None:
            bounds[facility.id, item] = bound
    return bounds


def _measure(facility: Facility) -> str | None:
    """By what a facility is compared with its peers: its beds, else the people it serves, else its staff."""
    return next((name for name in ("beds", "residents_served", "staff") if getattr(facility, name) > 0), None)
