"""What the supplies group sees beside each line that it decides on: norms, stock, what was asked and came before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor, Right
from app.catalog.models import NormSet
from app.catalog.types import Program
from app.dispatch.models import TransferOrder
from app.dispatch.orders import OrderFilter, select_orders
from app.dispatch.types import TransferOrderState
from app.requisitions.assessment import assess_with_others
from app.requisitions.history import earlier_requisitions, last_figures
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.queries import claim_facts
from app.requisitions.rules import Flag, Thresholds, line_flags
from app.requisitions.types import RequisitionState
from app.stock.cards import available_lots
from app.web.kit.units import as_typed

REMEMBERED = 5
DECIDED_STATES = frozenset({RequisitionState.SUBMITTED, RequisitionState.REVIEWED})
"""States in which a review may be made, or corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToDecide:
    """A line with all that speaks for and against it; quantities in base units."""

    line: RequisitionLine
    by_set: Mapping[str, int]
    """What each norm set supports, by its code."""
    ratio: float | None
    """Requested beside the most generous norm; None where no norm speaks or it supports nothing."""
    is_far_above: bool
    flags: Sequence[Flag]
    """What else to look at, beside the norm."""
    stock_units: int | None
    last: RequisitionLine | None
    suggested_units: int

    @property
    def is_cut(self) -> bool:
        """Whether the suggestion is less than was requested."""
        return self.suggested_units < self.line.requested_units


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All that a review looks at."""

    lines: Sequence[LineToDecide]
    norm_sets: Sequence[NormSet]
    earlier: Sequence[Requisition]
    deliveries: Sequence[TransferOrder]


def compare(session: Session, requisition: Requisition, *, actor: Actor, today: date) -> Comparison:
    """The requisition beside norms, the city's stock, and the facility's last requisitions and deliveries."""
    by_line: dict[tuple[str, date], dict[str, int]] = defaultdict(dict)
    for one in assess_with_others(session, requisition):
        by_line[one.item, one.needed_by][one.norm_set] = one.assessed_units
    spoken = {code for sets in by_line.values() for code in sets}
    earlier = earlier_requisitions(
        session, requisition.facility_id, requisition.program, limit=REMEMBERED, before_id=requisition.id
    )
    last = last_figures(earlier)
    stock: Mapping[str, int] = {}
    if actor.may(Right.STOCK_READ):
        stock = stock_for(session, requisition.facility_id, requisition.program, today)
    return Comparison(
        lines=[
            _line(line, by_line.get((line.item.code, line.needed_by), {}), stock, last) for line in requisition.lines
        ],
        norm_sets=[one for one in session.scalars(select(NormSet).order_by(NormSet.code)) if one.code in spoken],
        earlier=earlier,
        deliveries=last_deliveries(session, requisition.facility.code, requisition.program, actor=actor),
    )


def _line(
    line: RequisitionLine, by_set: Mapping[str, int], stock: Mapping[str, int], last: Mapping[str, RequisitionLine]
) -> LineToDecide:
    assessed = line.assessed_units
    flags = line_flags(claim_facts(line), Thresholds())
    is_far_above = Flag.CLAIM_FAR_ABOVE_NORM in flags
    supported = assessed if assessed is not None else line.peer_units or 0
    cut = is_far_above or Flag.ABOVE_NORM_IN_SUM in flags or line.absurd
    suggested = max(min(supported, line.requested_units), line.delivered_units) if cut else line.requested_units
    return LineToDecide(
        line=line,
        by_set=by_set,
        ratio=line.requested_units / assessed if assessed else None,
        is_far_above=is_far_above,
        flags=[flag for flag in flags if flag not in (Flag.NO_NORM, Flag.CLAIM_FAR_ABOVE_NORM)],
        stock_units=stock.get(line.item.code),
        last=last.get(line.item.code),
        suggested_units=suggested,
    )


def stock_for(session: Session, facility_id: int, program: Program, today: date) -> dict[str, int]:
    """What all warehouses have of each item for a facility: not promised, usable, not kept for others."""
    units: dict[str, int] = defaultdict(int)
    for row in available_lots(session, program, day=today):
        earmark = {one.facility_id for one in row.lot.earmarks}
        if not row.unusable and (not earmark or facility_id in earmark):
            units[row.lot.item.code] += row.available
    return units


def last_deliveries(session: Session, facility: str, program: Program, *, actor: Actor) -> Sequence[TransferOrder]:
    """The last transfer orders that came to a facility in a program, the newest first."""
    query = select_orders(OrderFilter(facility=facility), actor=actor).where(
        TransferOrder.state.in_([TransferOrderState.DELIVERED, TransferOrderState.DELIVERED_WITH_DISCREPANCY]),
        TransferOrder.plan.has(program=program),
    )
    query = query.order_by(TransferOrder.delivered_on.desc(), TransferOrder.id.desc()).limit(REMEMBERED)
    return session.scalars(query).unique().all()


def suggestions(comparison: Comparison, reason: str) -> list[Mapping[str, str]]:
    """The rows of the review's form: as requested, but what is far above its norm at what the norms support."""
    return [
        {
            "item": one.line.item.code,
            "needed_by": one.line.needed_by.isoformat(),
            "approved_units": as_typed(_proposed(one), one.line.item),
            "reason": one.line.approval_reason or (reason if one.is_cut and one.line.approved_units is None else ""),
        }
        for one in comparison.lines
    ]


def _proposed(one: LineToDecide) -> int:
    return one.suggested_units if one.line.approved_units is None else one.line.approved_units
