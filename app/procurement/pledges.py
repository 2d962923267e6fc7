"""Pledges: donations and allocations that are promised, confirmed, and come or lapse."""

from collections.abc import Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.core.errors import Fault, InvalidInputError
from app.core.numbering import next_code
from app.core.records import lock_row_by_code, row_by_code, set_fields
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.partners.models import Partner
from app.partners.types import SupplyChannel
from app.procurement.models import Pledge, PledgeEarmark
from app.procurement.named import look_up
from app.procurement.rules import (
    PLEDGE_CHANNELS,
    PLEDGE_STEPS,
    Step,
    channel_faults,
    check_step,
    expiry_before_arrival_faults,
    past_day_faults,
    repeated_faults,
)
from app.procurement.schemas import Closing, NewPledge, PledgeConfirmation, PledgeView, Rescheduling
from app.procurement.types import PledgeState


def pledge_by_code(session: Session, code: str) -> Pledge:
    """The pledge with this code; raises `NotFoundError`."""
    return row_by_code(session, Pledge, "pledge", code)


def lock_pledge(session: Session, code: str) -> Pledge:
    """As `pledge_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, Pledge, "pledge", code)


def select_pledges(
    *,
    state: PledgeState | None = None,
    supply_channel: SupplyChannel | None = None,
    partner: str | None = None,
    warehouse: str | None = None,
    item: str | None = None,
) -> Select[Pledge]:
    """The pledges that all the filters given let pass."""
    query = select(Pledge)
    if state is not None:
        query = query.where(Pledge.state == state)
    if supply_channel is not None:
        query = query.where(Pledge.supply_channel == supply_channel)
    if partner is not None:
        query = query.where(Pledge.partner.has(Partner.code == partner))
    if warehouse is not None:
        query = query.where(Pledge.warehouse.has(Facility.code == warehouse))
    if item is not None:
        query = query.where(Pledge.item.has(Item.code == item))
    return query


def create_pledge(work: Work, new: NewPledge) -> Pledge:
    """Write down a promise; raises `InvalidInputError` with every fault."""
    faults = channel_faults(new.supply_channel, PLEDGE_CHANNELS)
    faults += past_day_faults(new.expected_on, work.today, "expected_on")
    faults += expiry_before_arrival_faults(new.expiry_date, new.expected_on)
    faults += repeated_faults(new.earmark, "earmark.{n}")
    named = look_up(
        work.session, partner=new.partner, warehouse=new.warehouse, items=[new.item], earmark=new.earmark, faults=faults
    )
    pledge = Pledge(
        code=next_code(work.session, "PL", work.today),
        partner=named.partner,
        supply_channel=new.supply_channel,
        item=named.items[new.item],
        warehouse=named.warehouse,
        quantity=new.quantity,
        received_units=0,
        expected_on=new.expected_on,
        expiry_date=new.expiry_date,
        state=PledgeState.PROMISED,
        note=new.note,
        closing_reason="",
        earmarks=[PledgeEarmark(facility=named.facilities[code]) for code in sorted(new.earmark)],
    )
    work.session.add(pledge)
    work.session.flush()
    work.record("PLEDGE_CREATED", "pledge", pledge.code, after=PledgeView.snapshot(pledge))
    return pledge


def confirm_pledge(
    work: Work, code: str, confirmation: PledgeConfirmation, if_match: Precondition = ANY_VERSION
) -> Pledge:
    """Take the giver's final word; from now on the pledge counts as an arrival in plans."""
    pledge = _for_step(work.session, code, if_match, Step.CONFIRM)
    given = confirmation.given()
    expected_on = given.get("expected_on", pledge.expected_on)
    faults: list[Fault] = past_day_faults(expected_on, work.today, "expected_on")
    faults += expiry_before_arrival_faults(given.get("expiry_date", pledge.expiry_date), expected_on)
    InvalidInputError.raise_if(faults)
    return _change(work, pledge, "PLEDGE_CONFIRMED", given | {"state": PledgeState.CONFIRMED})


def reschedule_pledge(work: Work, code: str, new: Rescheduling, if_match: Precondition = ANY_VERSION) -> Pledge:
    """Expect a pledge on another day; the reason goes into the audit trail."""
    pledge = _for_step(work.session, code, if_match, Step.RESCHEDULE)
    faults = past_day_faults(new.expected_on, work.today, "expected_on")
    InvalidInputError.raise_if(faults + expiry_before_arrival_faults(pledge.expiry_date, new.expected_on))
    return _change(work, pledge, "PLEDGE_RESCHEDULED", {"expected_on": new.expected_on}, reason=new.reason)


def cancel_pledge(work: Work, code: str, closing: Closing, if_match: Precondition = ANY_VERSION) -> Pledge:
    """Call off a pledge of which nothing has come."""
    pledge = _for_step(work.session, code, if_match, Step.CANCEL)
    ended = {"state": PledgeState.CANCELLED, "closing_reason": closing.reason}
    return _change(work, pledge, "PLEDGE_CANCELLED", ended)


def close_pledge_short(work: Work, code: str, closing: Closing, if_match: Precondition = ANY_VERSION) -> Pledge:
    """Expect nothing more of a pledge that has come in part."""
    pledge = _for_step(work.session, code, if_match, Step.CLOSE_SHORT)
    ended = {"state": PledgeState.RECEIVED, "closing_reason": closing.reason}
    return _change(work, pledge, "PLEDGE_CLOSED_SHORT", ended)


def _for_step(session: Session, code: str, if_match: Precondition, step: Step) -> Pledge:
    pledge = if_match.check(lock_pledge(session, code))
    check_step(pledge.code, pledge.state, step, PLEDGE_STEPS[step])
    return pledge


def _change(work: Work, pledge: Pledge, action: str, values: Mapping[str, object], *, reason: str = "") -> Pledge:
    before = PledgeView.snapshot(pledge) | {"reason": ""}
    set_fields(pledge, values)
    work.record_change(
        action, "pledge", pledge.code, before=before, after=PledgeView.snapshot(pledge) | {"reason": reason}
    )
    return pledge
