"""What the merge of two partners moves; finished documents stay under the name that they were made with."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Fault
from app.merging.places import SETTLED_ORDERS, SETTLED_PLEDGES
from app.merging.rules import partner_kind_faults
from app.merging.types import Moved, MovedKind
from app.partners.models import Partner
from app.procurement.models import Offer, Pledge, PurchaseOrder
from app.procurement.types import OfferState
from app.stock.models import Lot
from app.stock.service import lock_lots


def faults_of_partners(gone: Partner, kept: Partner) -> list[Fault]:
    """Everything that forbids the merge."""
    return partner_kind_faults(same_kind=gone.kind == kept.kind)


def move_partner(session: Session, gone: Partner, kept: Partner) -> list[Moved]:
    """Give the one that stays what the one that goes still owes or offers; the caller holds both rows."""
    pledges = select(Pledge).where(Pledge.partner_id == gone.id, Pledge.state.not_in(SETTLED_PLEDGES))
    orders = select(PurchaseOrder).where(
        PurchaseOrder.partner_id == gone.id, PurchaseOrder.state.not_in(SETTLED_ORDERS)
    )
    offers = select(Offer).where(Offer.partner_id == gone.id, Offer.state == OfferState.OPEN)
    promised = list(session.scalars(pledges.order_by(Pledge.id).with_for_update(of=Pledge)).unique())
    ordered = list(session.scalars(orders.order_by(PurchaseOrder.id).with_for_update(of=PurchaseOrder)).unique())
    offered = list(session.scalars(offers.order_by(Offer.id).with_for_update(of=Offer)).unique())
    documents: tuple[Pledge | PurchaseOrder | Offer, ...] = (*promised, *ordered, *offered)
    for row in documents:
        row.partner = kept
    lots = lock_lots(session, session.scalars(select(Lot.id).where(Lot.partner_id == gone.id)).all())
    for lot in lots.values():
        lot.partner = kept
    return [
        Moved(what=MovedKind.LOTS, keys=tuple(lot.code for lot in lots.values())),
        Moved(what=MovedKind.PLEDGES, keys=tuple(row.code for row in promised)),
        Moved(what=MovedKind.ORDERS, keys=tuple(row.code for row in ordered)),
        Moved(what=MovedKind.OFFERS, keys=tuple(row.code for row in offered)),
    ]
