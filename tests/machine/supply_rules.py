"""Rules of what is needed and what comes: requisitions, offers, orders, pledges, receipts, counts, movements."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.types import Program
from app.core.work import Work
from app.dispatch import losses
from app.facilities.models import Facility
from app.partners.types import SupplyChannel
from app.procurement import service as procurement
from app.procurement.models import Pledge, PurchaseOrder, ReceiptLine
from app.procurement.order_schemas import (
    DisposedLine,
    NewDisposal,
    NewOrderLine,
    NewPurchaseOrder,
    NewReceipt,
    NewReceiptLine,
    SpecialHandling,
)
from app.procurement.schemas import Closing, NewOffer, NewPledge, PledgeConfirmation
from app.procurement.types import Disposal, PurchaseOrderState
from app.requisitions import service as requisitions
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.schemas import NewRequisition, NewRequisitionLine, Review, ReviewBasis, ReviewLine
from app.stock import counts
from app.stock import service as stock
from app.stock.models import Lot, StockBalance, StockEvent
from app.stock.schemas import CountedLot, NewMovement, NewMovementKind, NewMovements, NewPhysicalInventory
from tests.machine.acting import FACILITY, ITEM, PACKS, PICKS, WAREHOUSE, Acting, having
from tests.machine.world import BUYER, GROUP, KEEPER, LEADER, PACK

YUAN = 1_000_000
CLOSING = Closing(reason="not needed any more")
EXPIRY_DAYS = st.integers(0, 15)


class SupplyRules(Acting):
    """Facilities ask, partners offer and deliver, keepers count."""

    @rule(facility=FACILITY, item=ITEM, packs=PACKS, days=st.integers(0, 9), two=st.booleans(), late=st.booleans())
    def ask(self, facility: str, item: str, packs: int, days: int, two: bool, late: bool) -> None:
        """A requisition, reviewed at once unless that comes late."""
        wanted = [(item, packs * PACK + days, days), *([("n95", packs, days + 1)] if two else [])]
        lines = [
            NewRequisitionLine(item=name, requested_units=units, needed_by=self.day(in_days))
            for name, units, in_days in wanted
        ]
        new = NewRequisition(facility=facility, program=Program.MEDICAL, reported_on=self.today, lines=lines)
        code = self.make("requisition", lambda s: requisitions.create_requisition(Work(s, GROUP, self.clock), new).code)
        assert code is not None
        self.act(lambda s: requisitions.submit(Work(s, GROUP, self.clock), code))
        if not late:
            whole = Review(basis=ReviewBasis.REQUESTED)
            assert self.act(lambda s: requisitions.review(Work(s, GROUP, self.clock), code, whole))

    @having("requisition")
    @rule(pick=PICKS, percent=st.sampled_from([0, 50, 100, 150]))
    def review(self, pick: int, percent: int) -> None:
        """A decision, possibly another one than before."""
        code = self.one("requisition", pick)
        if code is None:
            return
        query = select(RequisitionLine).join(RequisitionLine.requisition).where(Requisition.code == code)
        lines = self.read(
            lambda session: [
                ReviewLine(
                    item=line.item.code,
                    needed_by=line.needed_by,
                    reason="as decided",
                    approved_units=line.requested_units * percent // 100,
                )
                for line in session.scalars(query).unique()
            ]
        )
        self.act(lambda s: requisitions.review(Work(s, GROUP, self.clock), code, Review(lines=lines)))

    @having("requisition")
    @rule(pick=PICKS, withdrawn=st.booleans())
    def close_requisition(self, pick: int, withdrawn: bool) -> None:
        """The facility takes it back, or the group turns it down."""
        code = self.one("requisition", pick)
        if code is not None:
            close = requisitions.withdraw if withdrawn else requisitions.reject
            self.act(lambda s: close(Work(s, GROUP, self.clock), code, "enough"))

    @rule(item=ITEM, packs=PACKS, lead_days=st.integers(0, 3), warehouse=WAREHOUSE)
    def offer(self, item: str, packs: int, lead_days: int, warehouse: str) -> None:
        """A supplier could sell."""
        new = NewOffer(
            partner="trader",
            item=item,
            warehouse=warehouse,
            quantity=packs * PACK,
            unit_price_microyuan=YUAN,
            lead_days=lead_days,
            fund="city",
        )
        self.make("offer", lambda s: procurement.create_offer(Work(s, BUYER, self.clock), new).code)

    @rule(item=ITEM, packs=PACKS, special=st.booleans(), placed=st.booleans(), warehouse=WAREHOUSE)
    def order(self, item: str, packs: int, special: bool, placed: bool, warehouse: str) -> None:
        """An order at a price, drafted, or placed; one of special handling is placed at once."""
        why = SpecialHandling(legal_basis="law", reason="two days left", review_by=self.day(5))
        new = NewPurchaseOrder(
            partner="trader",
            warehouse=warehouse,
            fund="city",
            expected_on=self.day(2),
            supply_channel=SupplyChannel.SPECIAL_HANDLING if special else SupplyChannel.MARKET_PURCHASE,
            lines=[NewOrderLine(item=item, quantity=packs * PACK, unit_price_microyuan=YUAN)],
            special_handling=why if special else None,
        )
        code = self.make(
            "order", lambda s: procurement.create_purchase_order(Work(s, BUYER, self.clock), new).order.code
        )
        if code is not None and placed and not special:
            self.act(lambda s: procurement.approve_order(Work(s, LEADER, self.clock), code))
            self.act(lambda s: procurement.place_order(Work(s, BUYER, self.clock), code))

    @rule(pick=PICKS, short=st.booleans())
    def end_order(self, pick: int, short: bool) -> None:
        """Cancelled, or closed with less than was ordered; the plans' own orders too."""
        row = self.row(pick, select(PurchaseOrder.code).order_by(PurchaseOrder.id.desc()))
        if row is not None:
            end = procurement.close_order_short if short else procurement.cancel_order
            self.act(lambda s: end(Work(s, BUYER, self.clock), row.code, CLOSING))

    @rule(item=ITEM, packs=PACKS, days=st.integers(0, 4), confirmed=st.booleans(), warehouse=WAREHOUSE)
    def pledge(self, item: str, packs: int, days: int, confirmed: bool, warehouse: str) -> None:
        """A donor promises, and gives a final word."""
        new = NewPledge(
            partner="donor", item=item, warehouse=warehouse, quantity=packs * PACK, expected_on=self.day(days)
        )
        code = self.make("pledge", lambda s: procurement.create_pledge(Work(s, BUYER, self.clock), new).code)
        if code is not None and confirmed:
            word = PledgeConfirmation()
            self.act(lambda s: procurement.confirm_pledge(Work(s, BUYER, self.clock), code, word))

    @having("pledge")
    @rule(pick=PICKS, short=st.booleans())
    def end_pledge(self, pick: int, short: bool) -> None:
        """Nothing comes of it, or nothing more."""
        code = self.one("pledge", pick)
        if code is not None:
            end = procurement.close_pledge_short if short else procurement.cancel_pledge
            self.act(lambda s: end(Work(s, BUYER, self.clock), code, CLOSING))

    def _receive(self, *, lots: list[NewReceiptLine], **more: object) -> None:
        new = NewReceipt.model_validate(
            {"received_on": self.today, "confirmed_not_duplicate": True, "lines": lots, **more}
        )
        self.make("receipt", lambda s: procurement.receive_goods(Work(s, KEEPER, self.clock), new).code)

    @rule(
        item=ITEM,
        packs=PACKS,
        expiry_days=EXPIRY_DAYS,
        warehouse=WAREHOUSE,
        rejected=st.integers(0, 5),
        earmark=st.none() | FACILITY,
    )
    def give(self, item: str, packs: int, expiry_days: int, warehouse: str, rejected: int, earmark: str | None) -> None:
        """A donation nobody announced."""
        line = NewReceiptLine(
            item=item,
            accepted_units=packs * PACK,
            expiry_date=self.day(expiry_days),
            rejected_units=rejected,
            rejection_reason="torn" if rejected else "",
            earmark=(earmark,) if earmark else (),
        )
        self._receive(lots=[line], partner="donor", warehouse=warehouse)

    @rule(pick=PICKS, percent=st.sampled_from([30, 50, 100, 130]), expiry_days=EXPIRY_DAYS, rejected=st.integers(0, 5))
    def receive_order(self, pick: int, percent: int, expiry_days: int, rejected: int) -> None:
        """A part of an order comes, all of it, or more, which is taken in with a word and charged."""
        states = (PurchaseOrderState.ORDERED, PurchaseOrderState.PARTLY_RECEIVED)
        order = self.row(pick, select(PurchaseOrder.code).where(PurchaseOrder.state.in_(states)))
        if order is None:
            return
        more = {"over_receipt_reason": "whole cartons", "extra_charged": True} if percent > 100 else {}

        def lots(session: Session) -> list[NewReceiptLine]:
            found = procurement.order_by_code(session, order.code)
            return [
                NewReceiptLine(
                    item=line.item.code,
                    expiry_date=self.day(expiry_days),
                    rejected_units=rejected,
                    accepted_units=-(-(line.ordered_units - line.accepted_units) * percent // 100),
                    rejection_reason="torn" if rejected else "",
                )
                for line in found.lines
                if line.ordered_units > line.accepted_units
            ]

        self._receive(lots=self.read(lots), purchase_order=order.code, **more)

    @having("pledge")
    @rule(pick=PICKS, percent=st.sampled_from([30, 100]), expiry_days=EXPIRY_DAYS)
    def receive_pledge(self, pick: int, percent: int, expiry_days: int) -> None:
        """A part of a pledge comes, or all of it."""
        query = select(Pledge.code, Pledge.quantity, Pledge.received_units)
        pledge = self.row(pick, query.where(Pledge.quantity > Pledge.received_units))
        if pledge is not None:
            units = -(-(pledge.quantity - pledge.received_units) * percent // 100)
            item = self.read(lambda session: procurement.pledge_by_code(session, pledge.code).item.code)
            line = NewReceiptLine(item=item, accepted_units=units, expiry_date=self.day(expiry_days))
            self._receive(lots=[line], pledge=pledge.code)

    @rule(item=ITEM, packs=PACKS, percent=st.sampled_from([30, 100]), mistaken=st.booleans(), short=st.booleans())
    def order_comes(self, item: str, packs: int, percent: int, mistaken: bool, short: bool) -> None:
        """The usual way of an order, and of a receipt that was a mistake, also once the order was closed short."""
        self.order(item, packs, True, True, "wh")
        self.receive_order(0, percent, 9, 2)
        if short:
            self.end_order(0, True)
        if mistaken:
            self.reverse_receipt(0)

    @having("receipt")
    @rule(pick=PICKS)
    def reverse_receipt(self, pick: int) -> None:
        """It was entered by mistake."""
        code = self.one("receipt", pick)
        if code is not None:
            self.act(lambda s: procurement.reverse_receipt(Work(s, KEEPER, self.clock), code, "mistake"))

    @having("receipt")
    @rule(pick=PICKS, disposal=st.sampled_from(Disposal), units=st.integers(1, 5))
    def dispose(self, pick: int, disposal: Disposal, units: int) -> None:
        """Rejected goods go somewhere."""
        row = self.row(pick, select(ReceiptLine.receipt_id).where(ReceiptLine.rejected_units > 0))
        code = self.one("receipt", pick)
        if row is not None and code is not None:
            new = NewDisposal(note="slip", lines=[DisposedLine(line=1, disposal=disposal, units=units)])
            self.act(lambda s: procurement.dispose_of_rejected(Work(s, KEEPER, self.clock), code, new))

    @rule(pick=PICKS, difference=st.integers(-30, 30), posted=st.booleans())
    def count(self, pick: int, difference: int, posted: bool) -> None:
        """A lot is counted; older drafts are posted later or never."""
        cards = select(StockBalance.lot_id, StockBalance.on_hand, Facility.code)
        row = self.row(pick, cards.join(Facility, Facility.id == StockBalance.warehouse_id))
        if row is None:
            return
        lot = CountedLot(lot_id=row.lot_id, counted_units=max(0, row.on_hand + difference), reason="recounted")
        new = NewPhysicalInventory(warehouse=row.code, counted_on=self.today, lines=[lot])
        code = self.make("count", lambda s: counts.draft_inventory(Work(s, KEEPER, self.clock), new).code)
        if code is not None and posted:
            self.act(lambda s: losses.post_count(Work(s, KEEPER, self.clock), code))

    @having("count")
    @rule(pick=PICKS)
    def post_an_old_count(self, pick: int) -> None:
        """The card may have moved since."""
        code = self.one("count", pick)
        if code is not None:
            self.act(lambda s: losses.post_count(Work(s, KEEPER, self.clock), code))

    @rule(pick=PICKS, units=st.integers(1, 60), kind=st.sampled_from(NewMovementKind), from_warehouse=WAREHOUSE)
    def move(self, pick: int, units: int, kind: NewMovementKind, from_warehouse: str) -> None:
        """Between the warehouses, lost, or back to who gave it."""
        row = self.row(pick, select(Lot.id))
        if row is not None:
            to_warehouse = ("wh-2" if from_warehouse == "wh" else "wh") if kind is NewMovementKind.TRANSFER else None
            entry = NewMovement(
                kind=kind,
                lot_id=row.id,
                quantity=units,
                from_warehouse=from_warehouse,
                to_warehouse=to_warehouse,
                occurred_on=self.today,
                reason="as needed",
            )
            new = NewMovements(movements=[entry])
            self.act(lambda s: losses.record_with_losses(Work(s, KEEPER, self.clock), new))

    @rule(pick=PICKS)
    def reverse_event(self, pick: int) -> None:
        """Any event, also one that a document made."""
        row = self.row(pick, select(StockEvent.id).order_by(StockEvent.id.desc()))
        if row is not None:
            self.act(lambda s: stock.reverse(Work(s, KEEPER, self.clock), row.id, "mistake"))

    @rule(pick=PICKS, blocked=st.booleans())
    def block(self, pick: int, blocked: bool) -> None:
        """A recall, and its end."""
        row = self.row(pick, select(Lot.id))
        if row is not None:
            change = stock.block_lot if blocked else stock.unblock_lot
            self.act(lambda s: change(Work(s, KEEPER, self.clock), row.id, "recall"))

    @rule(days=st.integers(1, 4))
    def time_passes(self, days: int) -> None:
        """Lots expire, needs fall due, plans grow old."""
        self.world.pass_days(days)
