"""Lots, and the public functions of the stock domain for the domains above it."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.service import items_by_code
from app.catalog.types import Program
from app.core.errors import ConflictError, Fault, InvalidInputError
from app.core.records import add_row, one_row, rows_by_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.partners.models import Partner
from app.partners.service import partners_by_code
from app.partners.types import SupplyChannel
from app.stock.cards import StockRow, available_lots, stock_on
from app.stock.holdings import lock_lots
from app.stock.ledger import Movement
from app.stock.models import Lot, LotEarmark
from app.stock.movements import move, move_all, receive, reverse, reverse_document
from app.stock.recalls import lift_recalls, open_recall, refuse_foreign_lot
from app.stock.reservations import ReservationLine, open_reservations, release, release_part, reserve
from app.stock.rules import expiry_faults, named_twice
from app.stock.schemas import LotView, NewLot

__all__ = [
    "Movement",
    "ReservationLine",
    "StockRow",
    "available_lots",
    "block_lot",
    "lock_lots",
    "lot_by_id",
    "move",
    "move_all",
    "open_reservations",
    "receive",
    "register_lot",
    "release",
    "release_part",
    "reserve",
    "reverse",
    "reverse_document",
    "select_lots",
    "stock_on",
    "unblock_lot",
]


def lot_by_id(session: Session, lot_id: int) -> Lot:
    """The lot; raises `NotFoundError`."""
    return one_row(session, select(Lot).where(Lot.id == lot_id), "lot", lot_id)


def lock_lot(session: Session, lot_id: int) -> Lot:
    """As `lot_by_id`, with the row locked (FOR NO KEY UPDATE) until the transaction ends; raises `NotFoundError`."""
    query = select(Lot).where(Lot.id == lot_id).with_for_update(of=Lot, key_share=True)
    return one_row(session, query.execution_options(populate_existing=True), "lot", lot_id)


def select_lots(
    *,
    code: str | None = None,
    item: str | None = None,
    program: Program | None = None,
    partner: str | None = None,
    supply_channel: SupplyChannel | None = None,
    blocked: bool | None = None,
) -> Select[Lot]:
    """The lots that all the filters given let pass; item and partner by their codes."""
    query = select(Lot)
    if code is not None:
        query = query.where(Lot.code == code)
    if item is not None:
        query = query.where(Lot.item.has(Item.code == item))
    if program is not None:
        query = query.where(Lot.item.has(Item.program == program))
    if partner is not None:
        query = query.where(Lot.partner.has(Partner.code == partner))
    if supply_channel is not None:
        query = query.where(Lot.supply_channel == supply_channel)
    if blocked is not None:
        query = query.where(Lot.blocked_reason.is_not(None) if blocked else Lot.blocked_reason.is_(None))
    return query


def register_lot(work: Work, new: NewLot) -> Lot:
    """Register a lot, of which nothing is there yet.

    Raises `InvalidInputError` naming every unknown code, and `ConflictError` when the item has a lot of this code.
    """
    faults: list[Fault] = []
    items = items_by_code(work.session, [new.item], where="item", faults=faults)
    partner_codes = [] if new.partner is None else [new.partner]
    partners = partners_by_code(work.session, partner_codes, where="partner", faults=faults)
    facilities = rows_by_code(work.session, Facility, "facility", new.earmark, where="earmark.{n}", faults=faults)
    faults += named_twice(new.earmark, where="earmark.{n}")
    faults += expiry_faults(new.expiry_date, expiry_unknown=new.expiry_unknown)
    InvalidInputError.raise_if(faults)
    item = items[new.item]
    lot = Lot(
        code=new.code,
        item=item,
        supply_channel=new.supply_channel,
        partner=partners[new.partner] if new.partner is not None else None,
        expiry_date=new.expiry_date,
        expiry_unknown=new.expiry_unknown,
        note=new.note,
        earmarks=[LotEarmark(facility=facilities[code]) for code in new.earmark],
    )
    message = "Item “{item}” already has a lot “{key}”."
    add_row(work.session, lot, Fault("duplicate_key", message, "code", {"item": item.code, "key": new.code}))
    _record(work, lot, "LOT_REGISTERED", None)
    return lot


def block_lot(work: Work, lot_id: int, reason: str, if_match: Precondition = ANY_VERSION) -> Lot:
    """Keep a lot from being reserved and shipped; what was promised before stays promised, but does not leave.

    Where units of it are on the road or at facilities, a recall is opened and all who have some are given notice.
    """
    lot = if_match.check(lock_lot(work.session, lot_id))
    refuse_foreign_lot(work.session, lot, work.actor)
    if lot.blocked_reason is not None:
        raise ConflictError.of("Lot {lot} is blocked already.", code="lot_blocked", lot=lot.code)
    before = LotView.snapshot(lot)
    lot.blocked_reason = reason
    _record(work, lot, "LOT_BLOCKED", before)
    open_recall(work, lot, reason)
    return lot


def unblock_lot(work: Work, lot_id: int, reason: str, if_match: Precondition = ANY_VERSION) -> Lot:
    """Let a blocked lot be used again; the reason is kept in the audit trail, and an open recall of it is lifted."""
    lot = if_match.check(lock_lot(work.session, lot_id))
    refuse_foreign_lot(work.session, lot, work.actor)
    if lot.blocked_reason is None:
        raise ConflictError.of("Lot {lot} is not blocked.", code="lot_not_blocked", lot=lot.code)
    before = LotView.snapshot(lot)
    lot.blocked_reason = None
    _record(work, lot, "LOT_UNBLOCKED", before, reason=reason)
    lift_recalls(work, lot, reason)
    return lot


def _record(work: Work, lot: Lot, action: str, before: dict[str, Any] | None, **more: str) -> None:
    work.record(action, "lot", lot.id, before=before, after={**LotView.snapshot(lot), **more})
