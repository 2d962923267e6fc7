"""The sample's supply as it came about, day by day: orders, pledges, receipts, movements, offers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from functools import partial

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.models import Item
from app.core.clock import Clock
from app.core.http.payloads import Choice, Code, Day, Fen, Payload, PositiveUnits, Reason, Text
from app.core.rights import ROLE_RIGHTS, Role
from app.core.work import Work
from app.facilities.service import warehouse_by_code
from app.procurement.order_schemas import NewPurchaseOrder, NewReceipt, SpecialReview
from app.procurement.schemas import Closing, NewOffer, NewPledge, PledgeConfirmation, Rescheduling
from app.procurement.service import (
    approve_order,
    cancel_pledge,
    commit_fund,
    confirm_pledge,
    create_offer,
    create_pledge,
    create_purchase_order,
    fund_by_code,
    place_order,
    receive_goods,
    reschedule_order,
    review_special_handling,
    withdraw_offer,
)
from app.sample.files import read_rows
from app.sample.steps import Step
from app.stock.ledger import Movement
from app.stock.models import Lot
from app.stock.movements import move
from app.stock.service import block_lot
from app.stock.types import StockEnd, StockEventKind

PROCUREMENT = Actor.system("procurement", ROLE_RIGHTS[Role.PROCUREMENT])
LEADER = Actor.system("leader", ROLE_RIGHTS[Role.LEADER])
DEPUTY = Actor.system("leader-2", ROLE_RIGHTS[Role.LEADER])
WAREHOUSE = Actor.system("warehouse", ROLE_RIGHTS[Role.WAREHOUSE])


class OrderCourse(StrEnum):
    """How far an order of the sample has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    ORDERED = "ordered"


class SampleOrder(Payload):
    """An order; the key is what receipts name it by, its code is given when it is loaded."""

    key: Code
    on: Day
    course: Choice[OrderCourse]
    order: NewPurchaseOrder
    rescheduled: Rescheduling | None = None
    review: SpecialReview | None = None


class PledgeCourse(StrEnum):
    """How far a pledge of the sample has come."""

    PROMISED = "promised"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class SamplePledge(Payload):
    """A pledge."""

    key: Code
    on: Day
    course: Choice[PledgeCourse]
    reason: Text = ""
    pledge: NewPledge


class SampleReceipt(Payload):
    """A receipt, against the order with the key or unannounced."""

    order: Code | None = None
    receipt: NewReceipt


class SampleOffer(Payload):
    """An offer; with a reason it was withdrawn again."""

    key: Code
    withdrawn_reason: Text = ""
    offer: NewOffer


class SampleCommitment(Payload):
    """Money of a fund that something outside the sample has taken."""

    fund: Code
    amount_fen: Fen
    reference_kind: Code
    reference_key: Code


class BlockedLot(Payload):
    """A lot that may not be used."""

    item: Code
    lot_code: Code
    on: Day
    reason: Reason


class SampleMovement(Payload):
    """Units that went from a warehouse to another or were lost."""

    kind: Choice[StockEventKind]
    item: Code
    lot_code: Code
    quantity: PositiveUnits
    from_warehouse: Code
    to_warehouse: Code | None = Field(default=None)
    occurred_on: Day
    reason: Reason


def lot_named(session: Session, item: str, lot_code: str) -> Lot:
    """The lot of an item by its code; both come from the sample's own files."""
    return session.scalars(select(Lot).join(Item).where(Item.code == item, Lot.code == lot_code)).unique().one()


@dataclass(slots=True, kw_only=True)
class SupplyHistory:
    """Plays the supply files; remembers which code each order was given."""

    today: date
    """The sample's day: what is not dated otherwise happened on it."""
    order_codes: dict[str, str] = field(default_factory=dict)

    def steps(self) -> Iterator[Step]:
        """Everything that happened, dated; the caller sorts and plays it."""
        for commitment in read_rows("commitments", SampleCommitment):
            yield Step(on=self.today, at=time(8), act=partial(self._commit, commitment))
        for order in read_rows("orders", SampleOrder):
            yield Step(on=order.on, at=time(9), act=partial(self._order, order))
            if order.rescheduled is not None or order.review is not None:
                yield Step(on=self.today, at=time(9, 15), act=partial(self._follow_up, order))
        for pledge in read_rows("pledges", SamplePledge):
            yield Step(on=pledge.on, at=time(9, 30), act=partial(self._pledge, pledge))
        for receipt in read_rows("receipts", SampleReceipt):
            yield Step(on=receipt.receipt.received_on, at=time(10), act=partial(self._receive, receipt))
        for blocked in read_rows("blocked_lots", BlockedLot):
            yield Step(on=blocked.on, at=time(10, 15), act=partial(self._block, blocked))
        for movement in read_rows("movements", SampleMovement):
            yield Step(on=movement.occurred_on, at=time(10, 30), act=partial(self._move, movement))
        for offer in read_rows("offers", SampleOffer):
            yield Step(on=self.today, at=time(10, 45), act=partial(self._offer, offer))

    def _commit(self, one: SampleCommitment, session: Session, clock: Clock) -> None:
        commit_fund(
            Work(session, LEADER, clock),
            fund_by_code(session, one.fund),
            one.amount_fen,
            one.reference_kind,
            one.reference_key,
        )

    def _order(self, one: SampleOrder, session: Session, clock: Clock) -> None:
        code = create_purchase_order(Work(session, PROCUREMENT, clock), one.order).order.code
        self.order_codes[one.key] = code
        if one.order.special_handling is not None or one.course is OrderCourse.DRAFT:
            return
        approve_order(Work(session, LEADER, clock), code)
        if one.course is OrderCourse.ORDERED:
            place_order(Work(session, PROCUREMENT, clock), code)

    def _follow_up(self, one: SampleOrder, session: Session, clock: Clock) -> None:
        code = self.order_codes[one.key]
        if one.rescheduled is not None:
            reschedule_order(Work(session, PROCUREMENT, clock), code, one.rescheduled)
        if one.review is not None:
            review_special_handling(Work(session, LEADER, clock), code, one.review)

    def _pledge(self, one: SamplePledge, session: Session, clock: Clock) -> None:
        work = Work(session, PROCUREMENT, clock)
        code = create_pledge(work, one.pledge).code
        if one.course is PledgeCourse.CONFIRMED:
            confirm_pledge(work, code, PledgeConfirmation())
        if one.course is PledgeCourse.CANCELLED:
            cancel_pledge(work, code, Closing(reason=one.reason))

    def _receive(self, one: SampleReceipt, session: Session, clock: Clock) -> None:
        order = self.order_codes[one.order] if one.order is not None else None
        receipt = one.receipt.model_copy(update={"purchase_order": order})
        receive_goods(Work(session, WAREHOUSE, clock), receipt)

    def _block(self, one: BlockedLot, session: Session, clock: Clock) -> None:
        lot = lot_named(session, one.item, one.lot_code)
        block_lot(Work(session, WAREHOUSE, clock), lot.id, one.reason)

    def _move(self, one: SampleMovement, session: Session, clock: Clock) -> None:
        to_end, to_warehouse_id = StockEnd.LOST, None
        if one.to_warehouse is not None:
            to_end, to_warehouse_id = StockEnd.WAREHOUSE, warehouse_by_code(session, one.to_warehouse).id
        movement = Movement(
            kind=one.kind,
            lot_id=lot_named(session, one.item, one.lot_code).id,
            quantity=one.quantity,
            from_end=StockEnd.WAREHOUSE,
            from_warehouse_id=warehouse_by_code(session, one.from_warehouse).id,
            to_end=to_end,
            to_warehouse_id=to_warehouse_id,
            occurred_on=one.occurred_on,
            reason=one.reason,
        )
        move(Work(session, WAREHOUSE, clock), movement)

    def _offer(self, one: SampleOffer, session: Session, clock: Clock) -> None:
        work = Work(session, PROCUREMENT, clock)
        code = create_offer(work, one.offer).code
        if one.withdrawn_reason:
            withdraw_offer(work, code, Closing(reason=one.withdrawn_reason))
