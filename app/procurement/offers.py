"""Offers: what suppliers could sell, and how much of it orders have taken."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import Fault
from app.core.numbering import next_code
from app.core.records import lock_row_by_code, row_by_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.partners.models import Partner
from app.procurement.models import Offer
from app.procurement.named import look_up
from app.procurement.rules import (
    OFFER_CHANNELS,
    OfferDraw,
    OfferUnavailableError,
    WrongStateError,
    channel_faults,
    draw_faults,
    past_day_faults,
)
from app.procurement.schemas import Closing, NewOffer, OfferView
from app.procurement.types import OfferState


def offer_by_code(session: Session, code: str) -> Offer:
    """The offer with this code; raises `NotFoundError`."""
    return row_by_code(session, Offer, "offer", code)


def lock_offer(session: Session, code: str) -> Offer:
    """As `offer_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, Offer, "offer", code)


def select_offers(
    *,
    state: OfferState | None = None,
    partner: str | None = None,
    item: str | None = None,
    warehouse: str | None = None,
    program: Program | None = None,
    valid_on: date | None = None,
) -> Select[Offer]:
    """The offers that all the filters given let pass."""
    query = select(Offer)
    if state is not None:
        query = query.where(Offer.state == state)
    if partner is not None:
        query = query.where(Offer.partner.has(Partner.code == partner))
    if item is not None:
        query = query.where(Offer.item.has(Item.code == item))
    if warehouse is not None:
        query = query.where(Offer.warehouse.has(Facility.code == warehouse))
    if program is not None:
        query = query.where(Offer.item.has(Item.program == program))
    if valid_on is not None:
        query = query.where(or_(Offer.valid_until.is_(None), Offer.valid_until >= valid_on))
    return query


def create_offer(work: Work, new: NewOffer) -> Offer:
    """Write down an offer; raises `InvalidInputError` with every fault."""
    faults = channel_faults(new.supply_channel, OFFER_CHANNELS)
    if new.valid_until is not None:
        faults += past_day_faults(new.valid_until, work.today, "valid_until")
    named = look_up(
        work.session, partner=new.partner, warehouse=new.warehouse, items=[new.item], fund=new.fund, faults=faults
    )
    offer = Offer(
        code=next_code(work.session, "OF", work.today),
        partner=named.partner,
        supply_channel=new.supply_channel,
        item=named.items[new.item],
        warehouse=named.warehouse,
        fund_source=named.fund,
        quantity=new.quantity,
        ordered_units=0,
        unit_price_microyuan=new.unit_price_microyuan,
        lead_days=new.lead_days,
        valid_until=new.valid_until,
        state=OfferState.OPEN,
    )
    work.session.add(offer)
    work.session.flush()
    work.record("OFFER_CREATED", "offer", offer.code, after=OfferView.snapshot(offer))
    return offer


def withdraw_offer(work: Work, code: str, closing: Closing, if_match: Precondition = ANY_VERSION) -> Offer:
    """Take an offer back; what was ordered of it stays ordered. The reason goes into the audit trail."""
    offer = if_match.check(lock_offer(work.session, code))
    if offer.state is OfferState.WITHDRAWN:
        message = "Offer {offer} was withdrawn."
        raise WrongStateError(Fault("offer_withdrawn", message, "state", {"offer": code}))
    before = OfferView.snapshot(offer) | {"reason": ""}
    offer.state = OfferState.WITHDRAWN
    work.record_change(
        "OFFER_WITHDRAWN", "offer", code, before=before, after=OfferView.snapshot(offer) | {"reason": closing.reason}
    )
    return offer


def take_from_offers(session: Session, wanted: Mapping[int, tuple[int, str]], today: date) -> None:
    """Count units as ordered; `wanted` is (units, path of the line) by offer id.

    Locks the offers in the order of their ids; raises `OfferUnavailableError` with everything that stands in the
    way at any of them, and then takes nothing.
    """
    offers = _locked(session, wanted)
    draws = [
        OfferDraw(
            offer=offer.code,
            wanted_units=wanted[offer.id][0],
            open_units=offer.quantity - offer.ordered_units,
            withdrawn=offer.state is OfferState.WITHDRAWN,
            valid_until=offer.valid_until,
            where=wanted[offer.id][1],
        )
        for offer in offers
    ]
    OfferUnavailableError.raise_if([fault for draw in draws for fault in draw_faults(draw, today=today)])
    for offer in offers:
        offer.ordered_units += wanted[offer.id][0]
        if offer.ordered_units == offer.quantity:
            offer.state = OfferState.ACCEPTED


def give_back_to_offers(session: Session, units: Mapping[int, int]) -> None:
    """Count units, by offer id, as no longer ordered; an offer that was taken whole stands open again."""
    for offer in _locked(session, units):
        offer.ordered_units -= units[offer.id]
        if offer.state is OfferState.ACCEPTED and offer.ordered_units < offer.quantity:
            offer.state = OfferState.OPEN


def _locked(session: Session, by_id: Mapping[int, object]) -> list[Offer]:
    query = select(Offer).where(Offer.id.in_(sorted(by_id))).order_by(Offer.id).with_for_update(of=Offer)
    return list(session.scalars(query.execution_options(populate_existing=True)).all())
