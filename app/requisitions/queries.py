"""Which requisitions a list shows, and how each is shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, select

from app.auth import Actor
from app.catalog.models import Item
from app.catalog.types import Program
from app.facilities.models import Facility
from app.requisitions.claim_rules import LAST_MULTIPLE
from app.requisitions.lifecycle import within_reach
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.rules import OPEN_STATES, ClaimFacts, Flag, Thresholds, is_stale, line_flags
from app.requisitions.schemas import RequisitionLineView, RequisitionView
from app.requisitions.types import RequisitionState


@dataclass(frozen=True, slots=True, kw_only=True)
class RequisitionFilter:
    """What a list of requisitions is narrowed to; what is None narrows nothing."""

    facility: str | None = None
    zone_ids: Collection[int] | None = None
    state: RequisitionState | None = None
    program: Program | None = None
    item: str | None = None
    flag: Flag | None = None
    reported_from: date | None = None
    reported_to: date | None = None


def select_requisitions(
    wanted: RequisitionFilter, *, actor: Actor, today: date, thresholds: Thresholds
) -> Select[Requisition]:
    """The requisitions within the actor's reach that all the filters let pass."""
    query = select(Requisition).join(Requisition.facility).where(within_reach(actor))
    if wanted.facility is not None:
        query = query.where(Facility.code == wanted.facility)
    if wanted.zone_ids is not None:
        query = query.where(Facility.zone_id.in_(sorted(wanted.zone_ids)))
    if wanted.state is not None:
        query = query.where(Requisition.state == wanted.state)
    if wanted.program is not None:
        query = query.where(Requisition.program == wanted.program)
    if wanted.reported_from is not None:
        query = query.where(Requisition.reported_on >= wanted.reported_from)
    if wanted.reported_to is not None:
        query = query.where(Requisition.reported_on <= wanted.reported_to)
    if wanted.item is not None:
        query = query.where(_has_line(RequisitionLine.item_id == Item.id, Item.code == wanted.item))
    if wanted.flag is not None:
        query = query.where(_has_flag(wanted.flag, today, thresholds))
    return query


def _has_line(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(RequisitionLine.requisition_id == Requisition.id, *conditions)


def _has_flag(flag: Flag, today: date, thresholds: Thresholds) -> ColumnElement[bool]:
    """The rules of `rules.line_flags` and `rules.is_stale` in the database's words, so that pages can follow keys."""
    if flag in _LINE_FLAGS:
        return _has_line(_LINE_FLAGS[flag])
    if flag is Flag.CLAIM_FAR_ABOVE_NORM:
        allowed = RequisitionLine.assessed_units * thresholds.claim_permille
        return _has_line(RequisitionLine.requested_units * 1000 > allowed)
    oldest = today - timedelta(days=thresholds.stale_after_days)
    return and_(Requisition.state.in_(sorted(OPEN_STATES)), Requisition.reported_on < oldest)


_LINE_FLAGS: Mapping[Flag, ColumnElement[bool]] = {
    Flag.ABSURD_FIGURE: RequisitionLine.absurd.is_(True),
    Flag.NO_NORM: RequisitionLine.assessed_units.is_(None),
    Flag.ABOVE_NORM_IN_SUM: and_(
        RequisitionLine.claimed_units > 0, RequisitionLine.requested_units > RequisitionLine.assessed_units
    ),
    Flag.REPEATED_CLAIM: RequisitionLine.repeated.is_(True),
    Flag.FAR_ABOVE_LAST_TIME: RequisitionLine.requested_units > LAST_MULTIPLE * RequisitionLine.last_units,
    Flag.FAR_ABOVE_PEERS: RequisitionLine.requested_units > RequisitionLine.peer_units,
}
"""The flags of a line that no threshold of the caller moves."""


def claim_facts(line: RequisitionLine) -> ClaimFacts:
    """What is known of a line's claim."""
    return ClaimFacts(
        requested_units=line.requested_units,
        assessed_units=line.assessed_units,
        claimed_units=line.claimed_units,
        last_units=line.last_units,
        peer_units=line.peer_units,
        repeated=line.repeated,
        absurd=line.absurd,
    )


def requisition_view(requisition: Requisition, *, today: date, thresholds: Thresholds) -> RequisitionView:
    """A requisition as it is shown, with what to look at."""
    lines = [_line_view(line, thresholds) for line in requisition.lines]
    flags = {flag for line in lines for flag in line.flags}
    if is_stale(requisition.state, requisition.reported_on, today, thresholds):
        flags.add(Flag.STALE_REPORT)
    facility = requisition.facility
    return RequisitionView(
        code=requisition.code,
        facility=facility.code,
        facility_name_zh=facility.name_zh,
        facility_name_en=facility.name_en,
        facility_type=facility.facility_type.code,
        zone=facility.zone.code,
        program=requisition.program,
        kind=requisition.kind,
        extra_reason=requisition.extra_reason,
        state=requisition.state,
        replaced_by=requisition.replaced_by,
        reported_on=requisition.reported_on,
        note=requisition.note,
        created_at=requisition.created_at,
        created_by=requisition.created_by,
        submitted_at=requisition.submitted_at,
        reviewed_at=requisition.reviewed_at,
        reviewed_by=requisition.reviewed_by,
        closing_reason=requisition.closing_reason,
        flags=sorted(flags),
        lines=lines,
    )


def _line_view(line: RequisitionLine, thresholds: Thresholds) -> RequisitionLineView:
    return RequisitionLineView(
        item=line.item.code,
        item_name_zh=line.item.name_zh,
        item_name_en=line.item.name_en,
        unit=line.item.base_unit,
        needed_by=line.needed_by,
        requested_units=line.requested_units,
        on_hand_units=line.on_hand_units,
        assessed_units=line.assessed_units,
        claimed_units=line.claimed_units,
        last_units=line.last_units,
        peer_units=line.peer_units,
        approved_units=line.approved_units,
        approval_reason=line.approval_reason,
        delivered_units=line.delivered_units,
        carried_units=line.carried_units,
        lapsed_units=line.lapsed_units,
        reason=line.reason,
        flags=list(line_flags(claim_facts(line), thresholds)),
    )
