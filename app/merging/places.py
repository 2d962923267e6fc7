"""What the merge of two facilities or warehouses moves, and what in hand of the one that goes forbids it."""

from datetime import date

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.catalog.types import Program
from app.core.errors import Fault
from app.core.work import Work
from app.dispatch.models import DeliveryCase, TransferOrder
from app.dispatch.types import DeliveryCaseState, TransferOrderState
from app.facilities.models import DispatchCapacity, Facility, FacilityAlias, Lane
from app.merging.accounts import bind_to_both
from app.merging.names import add_old_names
from app.merging.rules import facility_kind_faults, in_hand_fault
from app.merging.types import Moved, MovedKind
from app.planning.commitments.service import promised_units
from app.planning.directives.models import Directive
from app.planning.grades.models import GradePermission
from app.planning.policies.models import TierRaise
from app.procurement.models import Offer, Pledge, PledgeEarmark, PurchaseOrder
from app.procurement.types import OfferState, PledgeState, PurchaseOrderState
from app.requisitions.lifecycle import lock_by_ids
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.rules import OPEN_STATES
from app.requisitions.types import RequisitionKind, RequisitionState
from app.stock.models import Lot, LotEarmark, PhysicalInventory, StockBalance, StockReservation
from app.stock.service import lock_lots
from app.stock.types import InventoryState

SETTLED_PLEDGES = (PledgeState.RECEIVED, PledgeState.CANCELLED)
SETTLED_ORDERS = (PurchaseOrderState.RECEIVED, PurchaseOrderState.CANCELLED)
ORDERS_ON_THE_WAY = (TransferOrderState.OPEN, TransferOrderState.SHIPPED)
OPEN_REPORT_STATES = (RequisitionState.REVIEWED, RequisitionState.PLANNED)


def faults_of_places(session: Session, gone: Facility, kept: Facility, today: date) -> list[Fault]:
    """Everything that forbids the merge, each with the documents that are in hand."""
    faults = facility_kind_faults(
        gone_keeps_stock=gone.facility_type.keeps_stock, kept_keeps_stock=kept.facility_type.keeps_stock
    )
    faults += in_hand_fault(
        "merge_deliveries_open",
        "Goods are on the way to it: {documents} (and {more} more). Confirm or cancel these deliveries first.",
        _codes(session, select(TransferOrder.code).where(_goes_to(gone), TransferOrder.state.in_(ORDERS_ON_THE_WAY))),
    )
    faults += in_hand_fault(
        "merge_cases_open",
        "Deliveries to it are in dispute: {documents} (and {more} more). Settle them first.",
        _codes(
            session,
            select(TransferOrder.code)
            .join(DeliveryCase, DeliveryCase.transfer_order_id == TransferOrder.id)
            .where(_goes_to(gone), DeliveryCase.state != DeliveryCaseState.SETTLED),
        ),
    )
    faults += in_hand_fault(
        "merge_plan_owes",
        "Approved plans still owe it something: {documents} (and {more} more). Deliver or withdraw that first.",
        _owed_requisitions(session, Requisition.facility_id == gone.id),
    )
    faults += _leaders_faults(session, gone, today)
    if gone.facility_type.keeps_stock:
        faults += _warehouse_faults(session, gone)
    return faults


def _goes_to(gone: Facility) -> ColumnElement[bool]:
    return (TransferOrder.facility_id == gone.id) | (TransferOrder.warehouse_id == gone.id)


def _codes(session: Session, query: Select[str]) -> set[str]:
    return set(session.scalars(query))


def _owed_requisitions(session: Session, narrowed: ColumnElement[bool]) -> set[str]:
    """The requisitions to which live plans owe something, among those narrowed to."""
    owed = {line for program in Program for line in promised_units(session, program)}
    query = select(RequisitionLine.id, Requisition.code).join(RequisitionLine.requisition).where(narrowed)
    return {row.code for row in session.execute(query) if row.id in owed}


def _leaders_faults(session: Session, gone: Facility, today: date) -> list[Fault]:
    """What leaders decided for the one place by name is theirs to give again."""
    in_force = select(TierRaise).where(TierRaise.facility_id == gone.id, TierRaise.valid_until >= today)
    raises = [row for row in session.scalars(in_force).unique() if row.ending is None]
    permissions = session.scalars(
        select(GradePermission.id).where(
            GradePermission.facility_id == gone.id,
            GradePermission.valid_until >= today,
            GradePermission.ended_at.is_(None),
        )
    ).all()
    faults = open_directive_faults(session, Directive.facility_id == gone.id)
    if raises or permissions:
        message = "A leader's decision names it (tier or grade): let the leader end that, and decide it for the other."
        faults.append(Fault("merge_decisions_open", message))
    return faults


def open_directive_faults(session: Session, narrowed: ColumnElement[bool]) -> list[Fault]:
    """A fault that names directives that are neither ended nor fulfilled."""
    directives = session.scalars(select(Directive).where(narrowed)).unique()
    return in_hand_fault(
        "merge_directives_open",
        "Directives name it: {documents} (and {more} more). Fulfil or end them first.",
        {row.code for row in directives if row.ending is None and _is_open(row)},
    )


def _is_open(directive: Directive) -> bool:
    if directive.confirmation is None:
        return True
    return directive.confirmation.requisition_line.requisition.state in OPEN_STATES


def _warehouse_faults(session: Session, gone: Facility) -> list[Fault]:
    lots = select(Lot.code).join(StockBalance, StockBalance.lot_id == Lot.id)
    faults = in_hand_fault(
        "merge_stock_there",
        "Lots lie in it: {documents} (and {more} more). Enter their transfer to the other warehouse first.",
        _codes(session, lots.where(StockBalance.warehouse_id == gone.id, StockBalance.on_hand > 0)),
    )
    reserved = select(Lot.code).join(StockReservation, StockReservation.lot_id == Lot.id)
    documents = _codes(
        session, reserved.where(StockReservation.warehouse_id == gone.id, StockReservation.released_at.is_(None))
    )
    for query in (
        select(PurchaseOrder.code).where(
            PurchaseOrder.warehouse_id == gone.id, PurchaseOrder.state.not_in(SETTLED_ORDERS)
        ),
        select(Pledge.code).where(Pledge.warehouse_id == gone.id, Pledge.state.not_in(SETTLED_PLEDGES)),
        select(Offer.code).where(Offer.warehouse_id == gone.id, Offer.state == OfferState.OPEN),
        select(PhysicalInventory.code).where(
            PhysicalInventory.warehouse_id == gone.id, PhysicalInventory.state == InventoryState.DRAFT
        ),
    ):
        documents |= _codes(session, query)
    message = "Documents in hand name this warehouse: {documents} (and {more} more). Finish them first."
    return faults + in_hand_fault("merge_documents_open", message, documents)


def move_place(work: Work, gone: Facility, kept: Facility) -> list[Moved]:
    """Give the one that stays what belongs to the one that goes; the caller holds both rows."""
    moved = [
        _requisitions(work, gone, kept),
        *_lanes(work.session, gone, kept),
        *_capacities(work.session, gone, kept),
        _earmarked_lots(work.session, gone, kept),
        _earmarked_pledges(work.session, gone, kept),
    ]
    aliases = select(FacilityAlias).where(FacilityAlias.facility_id == gone.id).order_by(FacilityAlias.id)
    rows = list(work.session.scalars(aliases.with_for_update(of=FacilityAlias)).unique())
    for row in rows:
        row.facility = kept
    moved.append(Moved(what=MovedKind.ALIASES, keys=tuple(row.alias for row in rows)))
    moved.append(add_old_names(work.session, FacilityAlias, FacilityAlias.alias, gone, kept, {"facility": kept}))
    return [*moved, *bind_to_both(work, gone.code, kept.code)]


def _requisitions(work: Work, gone: Facility, kept: Facility) -> Moved:
    """All of them, the old ones as well: fairness and the next assessment look back on what was asked and came."""
    ids = work.session.scalars(select(Requisition.id).where(Requisition.facility_id == gone.id)).all()
    rows = lock_by_ids(work.session, ids)
    reporting = _programs_with_open_report(work.session, kept)
    for row in rows:
        if row.kind is RequisitionKind.REPORT and row.state in OPEN_REPORT_STATES and row.program in reporting:
            # A facility has one open report in a program; what the other asked for comes on top of it.
            row.kind, row.extra_reason = RequisitionKind.EXTRA, gone.name_zh
        row.facility = kept
        work.record(
            "REQUISITION_MOVED",
            "requisition",
            row.code,
            before={"facility": gone.code},
            after={"facility": kept.code},
        )
    return Moved(what=MovedKind.REQUISITIONS, keys=tuple(row.code for row in rows))


def _programs_with_open_report(session: Session, facility: Facility) -> set[Program]:
    query = select(Requisition.program).where(
        Requisition.facility_id == facility.id,
        Requisition.kind == RequisitionKind.REPORT,
        Requisition.state.in_(OPEN_REPORT_STATES),
    )
    return set(session.scalars(query))


def _lanes(session: Session, gone: Facility, kept: Facility) -> list[Moved]:
    """Lanes that the other has not; where both have one, that of the place that stays."""
    touching = (Lane.facility_id.in_([gone.id, kept.id])) | (Lane.warehouse_id.in_([gone.id, kept.id]))
    rows = list(session.scalars(select(Lane).where(touching).order_by(Lane.id).with_for_update(of=Lane)).unique())
    there = {(row.warehouse_id, row.facility_id) for row in rows}
    moved, dropped = [], []
    for row in rows:
        if gone.id not in (row.warehouse_id, row.facility_id):
            continue
        key = f"{row.warehouse.code}>{row.facility.code}"
        ends = tuple(kept.id if end == gone.id else end for end in (row.warehouse_id, row.facility_id))
        if ends in there or ends[0] == ends[1]:
            session.delete(row)
            dropped.append(key)
        else:
            there.add((ends[0], ends[1]))
            row.warehouse, row.facility = (
                kept if row.warehouse_id == gone.id else row.warehouse,
                kept if row.facility_id == gone.id else row.facility,
            )
            moved.append(key)
    return [
        Moved(what=MovedKind.LANES, keys=tuple(moved)),
        Moved(what=MovedKind.LANES_DROPPED, keys=tuple(dropped)),
    ]


def _capacities(session: Session, gone: Facility, kept: Facility) -> list[Moved]:
    query = select(DispatchCapacity).where(DispatchCapacity.warehouse_id.in_([gone.id, kept.id]))
    rows = list(session.scalars(query.order_by(DispatchCapacity.id).with_for_update(of=DispatchCapacity)).unique())
    limited = {row.day for row in rows if row.warehouse_id == kept.id}
    moved, dropped = [], []
    for row in rows:
        if row.warehouse_id != gone.id:
            continue
        if row.day in limited:
            session.delete(row)
            dropped.append(row.day.isoformat())
        else:
            row.warehouse = kept
            moved.append(row.day.isoformat())
    return [
        Moved(what=MovedKind.CAPACITIES, keys=tuple(moved)),
        Moved(what=MovedKind.CAPACITIES_DROPPED, keys=tuple(dropped)),
    ]


def _earmarked_lots(session: Session, gone: Facility, kept: Facility) -> Moved:
    """Lots that were given for the place that goes."""
    ids = session.scalars(select(LotEarmark.lot_id).where(LotEarmark.facility_id == gone.id)).all()
    lots = lock_lots(session, ids)
    for lot in lots.values():
        lot.touch()
        lot.earmarks = [row for row in lot.earmarks if row.facility_id != gone.id]
        if all(row.facility_id != kept.id for row in lot.earmarks):
            lot.earmarks.append(LotEarmark(facility=kept))
    return Moved(what=MovedKind.EARMARKED_LOTS, keys=tuple(lot.code for lot in lots.values()))


def _earmarked_pledges(session: Session, gone: Facility, kept: Facility) -> Moved:
    ids = select(PledgeEarmark.pledge_id).where(PledgeEarmark.facility_id == gone.id)
    query = select(Pledge).where(Pledge.id.in_(ids), Pledge.state.not_in(SETTLED_PLEDGES)).order_by(Pledge.id)
    pledges = list(session.scalars(query.with_for_update(of=Pledge)).unique())
    for pledge in pledges:
        pledge.touch()
        pledge.earmarks = [row for row in pledge.earmarks if row.facility_id != gone.id]
        if all(row.facility_id != kept.id for row in pledge.earmarks):
            pledge.earmarks.append(PledgeEarmark(facility=kept))
    return Moved(what=MovedKind.PLEDGES, keys=tuple(pledge.code for pledge in pledges))
