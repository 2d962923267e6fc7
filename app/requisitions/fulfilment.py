"""What planning and dispatch need of requisitions: the open needs, and what plans and deliveries do to them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError
from app.core.work import Work
from app.requisitions.lapsing import is_still_owed
from app.requisitions.lifecycle import lock_by_lines, owners_of, refuse_impossible, take_step
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.replacement import carry_over, lock_with_successors, on_its_way
from app.requisitions.rules import State, Step, state_after_delivery
from app.requisitions.types import RequisitionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenNeed:
    """What is still to be delivered to a facility on one approved line."""

    line_id: int
    requisition: str
    facility: str
    facility_type: str
    zone: str
    item: str
    remaining_units: int
    needed_by: date
    due_period: int
    """Day of the horizon, counted from 0, by which it must arrive; 0 for what is overdue."""


def open_needs(
    session: Session,
    program: Program,
    start: date,
    horizon_days: int,
    *,
    promised_units: Mapping[int, int],
    kept: Collection[int] = (),
) -> list[OpenNeed]:
    """What is neither delivered nor promised of approved lines due before the horizon ends, in the order of their ids.

    `promised_units` says for lines what approved plans still owe them, in units asked for. Of a requisition that a
    plan has taken up the rest of every line stays open; nothing is planned twice. What is owed to replaced reports is
    taken off the report in their place, the earliest day first. Consumables whose days have passed are not owed any
    more, but for the lines in `kept`.
    """
    lines = session.scalars(
        select(RequisitionLine)
        .join(RequisitionLine.requisition)
        .join(Item, Item.id == RequisitionLine.item_id)
        .where(
            Requisition.program == program,
            Requisition.state.in_([State.REVIEWED, State.PLANNED]),
            RequisitionLine.approved_units
            > RequisitionLine.delivered_units + RequisitionLine.carried_units + RequisitionLine.lapsed_units,
            is_still_owed(start, kept),
            RequisitionLine.needed_by < start + timedelta(days=horizon_days),
        )
        .order_by(RequisitionLine.id)
    ).unique()
    on_the_way = on_its_way(session, promised_units)
    found = list(lines)
    owed = {line.id: promised_units.get(line.id, 0) for line in found}
    for line in sorted(found, key=lambda one: (one.needed_by, one.id)):
        # What was promised to the reports before is part of what the newest report asks for.
        if line.requisition.kind is RequisitionKind.REPORT:
            key = line.requisition.facility_id, line.item_id
            taken = min(on_the_way.get(key, 0), max(0, line.open_units - owed[line.id]))
            if taken:
                owed[line.id], on_the_way[key] = owed[line.id] + taken, on_the_way[key] - taken
    needs = (_open_need(line, owed[line.id], start) for line in found)
    return [need for need in needs if need.remaining_units > 0]


def _open_need(line: RequisitionLine, promised_units: int, start: date) -> OpenNeed:
    facility = line.requisition.facility
    return OpenNeed(
        line_id=line.id,
        requisition=line.requisition.code,
        facility=facility.code,
        facility_type=facility.facility_type.code,
        zone=facility.zone.code,
        item=line.item.code,
        remaining_units=line.open_units - promised_units,
        needed_by=line.needed_by,
        due_period=max(0, (line.needed_by - start).days),
    )


def mark_planned(work: Work, line_ids: Collection[int], *, plan: str) -> list[Requisition]:
    """Say that an approved plan serves these lines: their requisitions become PLANNED.

    Raises `ConflictError` naming every requisition that is not open for planning any more.
    """
    requisitions = lock_by_lines(work.session, line_ids)
    _take_all(work, requisitions, Step.PLAN, "REQUISITION_PLANNED", plan)
    return requisitions


def give_back(work: Work, line_ids: Collection[int], *, plan: str, still_owed: Collection[int]) -> list[Requisition]:
    """Open the requisitions of these lines for decisions again: their plan was closed or cancelled; those given back.

    Requisitions with a line to which another plan still owes something (`still_owed`) stay PLANNED, and those that
    are fulfilled, or were given back before, stay as they are. What has been delivered stays delivered.
    """
    given_back = [
        one
        for one in lock_by_lines(work.session, line_ids)
        if one.state is State.PLANNED and not any(line.id in still_owed for line in one.lines)
    ]
    _take_all(work, given_back, Step.GIVE_BACK, "REQUISITION_GIVEN_BACK", plan)
    return given_back


def _take_all(work: Work, requisitions: Collection[Requisition], step: Step, action: str, plan: str) -> None:
    refuse_impossible(requisitions, step)
    for requisition in requisitions:
        take_step(work, requisition, step, action, details={"plan": plan})


def record_deliveries(work: Work, delivered_units: Mapping[int, int], *, reference: str) -> list[Requisition]:
    """Add what has arrived, by line and in units of the item asked for; close requisitions that have all they need.

    `reference` names the transfer order. Raises `InvalidInputError` for every quantity below 1.
    """
    message = "At least one unit must be delivered."
    too_small = [key for key in sorted(delivered_units) if delivered_units[key] < 1]
    InvalidInputError.raise_if([Fault("delivered_too_small", message, f"lines.{key}") for key in too_small])
    owners = owners_of(work.session, delivered_units.keys())
    locked = lock_with_successors(work.session, owners)
    requisitions = [one for one in locked if one.id in owners]
    refuse_impossible(requisitions, Step.DELIVER)
    for requisition in requisitions:
        if requisition.state is State.REPLACED:
            carry_over(requisition, delivered_units, locked)
    for requisition in requisitions:
        before = {"state": requisition.state, "delivered": _delivered(requisition)}
        for line in requisition.lines:
            line.delivered_units += delivered_units.get(line.id, 0)
        requisition.touch()
        requisition.state = _state_after_delivery(requisition)
        work.record(
            "REQUISITION_DELIVERED",
            "requisition",
            requisition.code,
            before=before,
            after={"state": requisition.state, "delivered": _delivered(requisition), "reference": reference},
        )
    return requisitions


def _state_after_delivery(requisition: Requisition) -> State:
    """As the rule says; with nothing left to come LAPSED instead of FULFILLED where a part has lapsed."""
    pairs = [
        (line.approved_units or 0, line.delivered_units + line.carried_units + line.lapsed_units)
        for line in requisition.lines
    ]
    after = state_after_delivery(requisition.state, pairs)
    is_lapsed = after is State.FULFILLED and any(line.lapsed_units for line in requisition.lines)
    return State.LAPSED if is_lapsed and requisition.state is not State.FULFILLED else after


def _delivered(requisition: Requisition) -> list[list[str | int]]:
    return [[line.item.code, line.needed_by.isoformat(), line.delivered_units] for line in requisition.lines]
