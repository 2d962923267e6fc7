"""What the merge of two items moves, and what in hand of the one that goes forbids it."""

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.catalog.models import Item, ItemAlias, ItemUnit, Norm, Substitution
from app.catalog.rules import fold_name
from app.catalog.types import Program
from app.core.errors import Fault, NotFoundError
from app.core.work import Work
from app.dispatch.models import TransferOrder, TransferOrderLine
from app.merging.names import add_old_names
from app.merging.places import (
    ORDERS_ON_THE_WAY,
    SETTLED_ORDERS,
    SETTLED_PLEDGES,
    open_directive_faults,
)
from app.merging.rules import in_hand_fault, item_kind_faults
from app.merging.types import Moved, MovedKind
from app.planning.commitments.service import select_promises
from app.planning.directives.models import Directive
from app.planning.grades.models import GradePermission
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand
from app.planning.policies.service import policy_in_force
from app.procurement.models import Offer, Pledge, PurchaseOrder, PurchaseOrderLine
from app.procurement.types import OfferState
from app.requisitions.lifecycle import lock_by_lines
from app.requisitions.models import Requisition, RequisitionLine
from app.stock.models import Lot, StockReservation
from app.stock.service import lock_lots


def faults_of_items(session: Session, gone: Item, kept: Item, today: date) -> list[Fault]:
    """Everything that forbids the merge, each with the documents that are in hand."""
    faults = item_kind_faults(same_program=gone.program == kept.program, same_unit=gone.base_unit == kept.base_unit)
    faults += in_hand_fault(
        "merge_requisitions_ask_both",
        "Requisitions ask for both on the same day: {documents} (and {more} more). They cannot become one line.",
        _asking_for_both(session, gone, kept),
    )
    faults += in_hand_fault(
        "merge_lots_alike",
        "Both have lots of the same number: {documents} (and {more} more). Two lots cannot become one.",
        _lots_alike(session, gone, kept),
    )
    faults += in_hand_fault(
        "merge_documents_open",
        "Documents in hand name this item: {documents} (and {more} more). Finish them first.",
        _documents_in_hand(session, gone),
    )
    faults += open_directive_faults(session, Directive.item_id == gone.id)
    permissions = select(GradePermission.id).where(
        or_(GradePermission.item_id == gone.id, GradePermission.serves_item_id == gone.id),
        GradePermission.valid_until >= today,
        GradePermission.ended_at.is_(None),
    )
    if session.scalars(permissions).first() is not None or _is_reserved(session, gone):
        message = "A leader's decision names this item (reserve or grade): let the leader change that first."
        faults.append(Fault("merge_decisions_open", message))
    return faults


def _asking_for_both(session: Session, gone: Item, kept: Item) -> set[str]:
    query = select(Requisition.code, RequisitionLine.item_id, RequisitionLine.needed_by).join(
        RequisitionLine.requisition
    )
    rows = session.execute(query.where(RequisitionLine.item_id.in_([gone.id, kept.id]))).all()
    asked = {(row.code, row.needed_by) for row in rows if row.item_id == kept.id}
    return {row.code for row in rows if row.item_id == gone.id and (row.code, row.needed_by) in asked}


def _lots_alike(session: Session, gone: Item, kept: Item) -> set[str]:
    codes = select(Lot.code).where(Lot.item_id == kept.id)
    return set(session.scalars(select(Lot.code).where(Lot.item_id == gone.id, Lot.code.in_(codes))))


def _documents_in_hand(session: Session, gone: Item) -> set[str]:
    """Orders on the way and at suppliers, live plans that still owe some of it, and lots that are reserved."""
    documents: set[str] = set()
    for query in (
        select(TransferOrder.code)
        .join(TransferOrderLine, TransferOrderLine.transfer_order_id == TransferOrder.id)
        .where(
            or_(TransferOrderLine.item_id == gone.id, TransferOrderLine.serves_item_id == gone.id),
            TransferOrder.state.in_(ORDERS_ON_THE_WAY),
        ),
        select(PurchaseOrder.code)
        .join(PurchaseOrderLine, PurchaseOrderLine.purchase_order_id == PurchaseOrder.id)
        .where(PurchaseOrderLine.item_id == gone.id, PurchaseOrder.state.not_in(SETTLED_ORDERS)),
        select(Lot.code)
        .join(StockReservation, StockReservation.lot_id == Lot.id)
        .where(Lot.item_id == gone.id, StockReservation.released_at.is_(None)),
    ):
        documents |= set(session.scalars(query))
    owed = select_promises(AllocationPlan.code).where(
        or_(AllocationLine.item_id == gone.id, PlanDemand.item_id == gone.id)
    )
    for code, _ratio, on_the_road, waiting, reserved in session.execute(owed):
        if on_the_road + waiting + int(reserved) > 0:
            documents.add(code)
    return documents


def _is_reserved(session: Session, gone: Item) -> bool:
    for program in Program:
        try:
            policy = policy_in_force(session, program)
        except NotFoundError:
            continue
        if any(row.item_id == gone.id for row in policy.reserves):
            return True
    return False


def move_item(work: Work, gone: Item, kept: Item) -> list[Moved]:
    """Give the one that stays what belongs to the one that goes; the caller holds both rows."""
    session = work.session
    moved = [_requisitions(work, gone, kept), _lots(session, gone, kept), *_money(session, gone, kept)]
    moved += [*_units(session, gone, kept), *_norms(session, gone, kept), *_substitutions(session, gone, kept)]
    aliases = select(ItemAlias).where(ItemAlias.item_id == gone.id).order_by(ItemAlias.id)
    rows = list(session.scalars(aliases.with_for_update(of=ItemAlias)).unique())
    for row in rows:
        row.item = kept
    moved.append(Moved(what=MovedKind.ALIASES, keys=tuple(row.alias for row in rows)))
    moved.append(add_old_names(session, ItemAlias, ItemAlias.alias, gone, kept, {"item": kept}))
    return moved


def _requisitions(work: Work, gone: Item, kept: Item) -> Moved:
    ids = work.session.scalars(select(RequisitionLine.id).where(RequisitionLine.item_id == gone.id)).all()
    rows = lock_by_lines(work.session, ids)
    for row in rows:
        row.touch()
        for line in row.lines:
            if line.item_id == gone.id:
                line.item = kept
        before, after = {"item": gone.code}, {"item": kept.code}
        work.record("REQUISITION_MOVED", "requisition", row.code, before=before, after=after)
    return Moved(what=MovedKind.REQUISITIONS, keys=tuple(row.code for row in rows))


def _lots(session: Session, gone: Item, kept: Item) -> Moved:
    lots = lock_lots(session, session.scalars(select(Lot.id).where(Lot.item_id == gone.id)).all())
    for lot in lots.values():
        lot.item = kept
    return Moved(what=MovedKind.LOTS, keys=tuple(lot.code for lot in lots.values()))


def _money(session: Session, gone: Item, kept: Item) -> list[Moved]:
    """Pledges and offers that still stand."""
    pledges = select(Pledge).where(Pledge.item_id == gone.id, Pledge.state.not_in(SETTLED_PLEDGES))
    offers = select(Offer).where(Offer.item_id == gone.id, Offer.state == OfferState.OPEN)
    promised = list(session.scalars(pledges.order_by(Pledge.id).with_for_update(of=Pledge)).unique())
    offered = list(session.scalars(offers.order_by(Offer.id).with_for_update(of=Offer)).unique())
    for pledge in promised:
        pledge.item = kept
    for offer in offered:
        offer.item = kept
    return [
        Moved(what=MovedKind.PLEDGES, keys=tuple(row.code for row in promised)),
        Moved(what=MovedKind.OFFERS, keys=tuple(row.code for row in offered)),
    ]


def _units(session: Session, gone: Item, kept: Item) -> list[Moved]:
    """Units whose names the other has not."""
    query = select(ItemUnit).where(ItemUnit.item_id.in_([gone.id, kept.id])).order_by(ItemUnit.id)
    rows = list(session.scalars(query.with_for_update(of=ItemUnit)).unique())
    names = {fold_name(name) for row in rows if row.item_id == kept.id for name in (row.name_zh, row.name_en)}
    moved, dropped = [], []
    for row in rows:
        if row.item_id != gone.id:
            continue
        mine = {fold_name(row.name_zh), fold_name(row.name_en)}
        if mine & names:
            session.delete(row)
            dropped.append(row.name_zh)
        else:
            row.item = kept
            names |= mine
            moved.append(row.name_zh)
    return [Moved(what=MovedKind.UNITS, keys=tuple(moved)), Moved(what=MovedKind.UNITS_DROPPED, keys=tuple(dropped))]


def _norms(session: Session, gone: Item, kept: Item) -> list[Moved]:
    query = select(Norm).where(Norm.item_id.in_([gone.id, kept.id])).order_by(Norm.id)
    rows = list(session.scalars(query.with_for_update(of=Norm)).unique())
    there = {(row.norm_set_id, row.facility_type_id, row.basis) for row in rows if row.item_id == kept.id}
    moved, dropped = [], []
    for row in rows:
        if row.item_id != gone.id:
            continue
        key = f"{row.norm_set.code}/{row.facility_type.code}/{row.basis.value}"
        if (row.norm_set_id, row.facility_type_id, row.basis) in there:
            session.delete(row)
            dropped.append(key)
        else:
            row.item = kept
            moved.append(key)
    return [Moved(what=MovedKind.NORMS, keys=tuple(moved)), Moved(what=MovedKind.NORMS_DROPPED, keys=tuple(dropped))]


def _substitutions(session: Session, gone: Item, kept: Item) -> list[Moved]:
    both = [gone.id, kept.id]
    query = select(Substitution).where(or_(Substitution.item_id.in_(both), Substitution.serves_item_id.in_(both)))
    rows = list(session.scalars(query.order_by(Substitution.id).with_for_update(of=Substitution)).unique())
    there = {(row.item_id, row.serves_item_id) for row in rows}
    moved, dropped = [], []
    for row in rows:
        if gone.id not in (row.item_id, row.serves_item_id):
            continue
        key = f"{row.item.code}>{row.serves_item.code}"
        item = kept if row.item_id == gone.id else row.item
        serves = kept if row.serves_item_id == gone.id else row.serves_item
        if item is serves or (item.id, serves.id) in there:
            session.delete(row)
            dropped.append(key)
        else:
            there.add((item.id, serves.id))
            row.item, row.serves_item = item, serves
            moved.append(key)
    return [
        Moved(what=MovedKind.SUBSTITUTIONS, keys=tuple(moved)),
        Moved(what=MovedKind.SUBSTITUTIONS_DROPPED, keys=tuple(dropped)),
    ]
