"""Tables of dispatch: transfer orders with their lines and shipped lots, and the cases that discrepancies open."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.dispatch.types import DeliveryCaseState, RejectedGoods, TransferOrderState, TripState
from app.facilities.models import Facility, VehicleClass
from app.planning.plans.models import AllocationLine, AllocationPlan
from app.stock.models import Lot


class Trip(Versioned, Base):
    """A vehicle's round of a day: orders of one warehouse that are picked, loaded and shipped as one."""

    __tablename__ = "trip"
    __table_args__ = (
        CheckConstraint("state <> 'SHIPPED' OR (shipped_on IS NOT NULL AND vehicle <> '')", name="shipped"),
        CheckConstraint("state <> 'CANCELLED' OR closing_reason <> ''", name="cancelled"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    day: Mapped[date] = mapped_column(index=True)
    vehicle_class_id: Mapped[int] = mapped_column(ForeignKey("vehicle_class.id"))
    state: Mapped[TripState] = mapped_column(enum_column(TripState, "trip_state"))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    vehicle: Mapped[str] = mapped_column(String(64), default="")
    driver: Mapped[str] = mapped_column(String(64), default="")
    pass_number: Mapped[str] = mapped_column(String(64), default="")
    shipped_on: Mapped[date | None]
    shipped_at: Mapped[datetime | None]
    shipped_by: Mapped[str] = mapped_column(String(200), default="")
    closing_reason: Mapped[str] = mapped_column(String(2000), default="")
    warehouse: Mapped[Facility] = relationship(lazy="joined")
    vehicle_class: Mapped[VehicleClass] = relationship(lazy="joined")
    orders: Mapped[list["TransferOrder"]] = relationship(
        lazy="selectin", order_by="TransferOrder.id", back_populates="trip"
    )


class TransferOrder(Versioned, Base):
    """What an approved plan has a warehouse send to a facility on a day."""

    __tablename__ = "transfer_order"
    __table_args__ = (
        UniqueConstraint("plan_id", "warehouse_id", "facility_id", "ship_on"),
        CheckConstraint(
            "state IN ('OPEN', 'CANCELLED') OR (shipped_on IS NOT NULL AND shipped_by <> '')", name="shipped"
        ),
        CheckConstraint(
            "state NOT IN ('DELIVERED', 'DELIVERED_WITH_DISCREPANCY') "
            "OR (delivered_on IS NOT NULL AND delivered_on >= shipped_on AND received_by <> '')",
            name="delivered",
        ),
        CheckConstraint("state <> 'CANCELLED' OR (shipped_on IS NULL AND closing_reason <> '')", name="cancelled"),
        CheckConstraint("state <> 'RETURNED' OR closing_reason <> ''", name="returned"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan_approval.plan_id"))
    """Refers to the approval: what was never approved cannot be dispatched."""
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    ship_on: Mapped[date] = mapped_column(index=True)
    state: Mapped[TransferOrderState] = mapped_column(enum_column(TransferOrderState, "transfer_state"), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    vehicle: Mapped[str] = mapped_column(String(64), default="")
    driver: Mapped[str] = mapped_column(String(64), default="")
    pass_number: Mapped[str] = mapped_column(String(64), default="")
    """Number of the vehicle's transit pass (保障畅通)."""
    shipped_on: Mapped[date | None]
    shipped_at: Mapped[datetime | None]
    shipped_by: Mapped[str] = mapped_column(String(200), default="")
    delivered_on: Mapped[date | None]
    delivered_at: Mapped[datetime | None]
    received_by: Mapped[str] = mapped_column(String(200), default="")
    """Who received the goods, as named on the proof of delivery."""
    confirmed_by: Mapped[str] = mapped_column(String(200), default="")
    """Who entered the proof of delivery."""
    closing_reason: Mapped[str] = mapped_column(String(2000), default="")
    trip_id: Mapped[int | None] = mapped_column(ForeignKey("trip.id"), index=True)
    """The vehicle's round on which it leaves; None where it leaves by itself."""
    plan: Mapped[AllocationPlan] = relationship(
        primaryjoin="foreign(TransferOrder.plan_id) == AllocationPlan.id", lazy="joined", viewonly=True
    )
    warehouse: Mapped[Facility] = relationship(foreign_keys=[warehouse_id], lazy="joined")
    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id], lazy="joined")
    trip: Mapped[Trip | None] = relationship(lazy="joined", back_populates="orders")
    lines: Mapped[list["TransferOrderLine"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="TransferOrderLine.position", back_populates="order"
    )


class TransferOrderLine(Base):
    """One allocation line to be sent, and what became of it, in units of the item sent."""

    __tablename__ = "transfer_order_line"
    __table_args__ = (
        UniqueConstraint("transfer_order_id", "position"),
        CheckConstraint("ordered_units >= 1", name="ordered"),
        CheckConstraint("shipped_units >= 0 AND shipped_units <= ordered_units", name="shipped"),
        CheckConstraint("accepted_units >= 0 AND rejected_units >= 0 AND missing_units >= 0", name="signs"),
        CheckConstraint("accepted_units + rejected_units + missing_units <= shipped_units", name="delivered"),
        CheckConstraint("ratio_permille BETWEEN 1 AND 1000000", name="ratio"),
    )

    id: Mapped[Key]
    transfer_order_id: Mapped[int] = mapped_column(ForeignKey("transfer_order.id"))
    position: Mapped[int]
    """Its number on the waybill, from 1."""
    allocation_line_id: Mapped[int] = mapped_column(ForeignKey("allocation_line.id"), unique=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    serves_item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    """What was asked for; differs from the item where a substitute serves."""
    ratio_permille: Mapped[int] = mapped_column(default=1000)
    """Units asked for that 1,000 units of the item serve."""
    ordered_units: Mapped[int]
    shipped_units: Mapped[int] = mapped_column(default=0)
    accepted_units: Mapped[int] = mapped_column(default=0)
    rejected_units: Mapped[int] = mapped_column(default=0)
    missing_units: Mapped[int] = mapped_column(default=0)
    order: Mapped[TransferOrder] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship(foreign_keys=[item_id], lazy="joined")
    serves_item: Mapped[Item] = relationship(foreign_keys=[serves_item_id], lazy="joined")
    allocation_line: Mapped[AllocationLine] = relationship()
    lots: Mapped[list["ShippedLot"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ShippedLot.id", back_populates="line"
    )


class ShippedLot(Base):
    """Units of a lot that left for a line, and what the proof of delivery says of them."""

    __tablename__ = "shipped_lot"
    __table_args__ = (
        UniqueConstraint("line_id", "lot_id"),
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("accepted_units >= 0 AND rejected_units >= 0 AND missing_units >= 0", name="signs"),
        CheckConstraint("accepted_units + rejected_units + missing_units <= quantity", name="delivered"),
        CheckConstraint("rejected_units = 0 OR rejection_reason <> ''", name="rejection"),
        CheckConstraint("missing_units = 0 OR missing_reason <> ''", name="missing"),
    )

    id: Mapped[Key]
    line_id: Mapped[int] = mapped_column(ForeignKey("transfer_order_line.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    quantity: Mapped[int]
    accepted_units: Mapped[int] = mapped_column(default=0)
    rejected_units: Mapped[int] = mapped_column(default=0)
    rejected_goods: Mapped[RejectedGoods | None] = mapped_column(enum_column(RejectedGoods, "rejected_goods"))
    rejection_reason: Mapped[str] = mapped_column(String(2000), default="")
    missing_units: Mapped[int] = mapped_column(default=0)
    missing_reason: Mapped[str] = mapped_column(String(2000), default="")
    line: Mapped[TransferOrderLine] = relationship(back_populates="lots")
    lot: Mapped[Lot] = relationship(lazy="joined")


class DeliveryCase(Versioned, Base):
    """A delivery that differs from what was shipped, to be explained by the warehouse and the facility."""

    __tablename__ = "delivery_case"
    __table_args__ = (
        CheckConstraint(
            "state = 'OPEN' OR (warehouse_statement <> '' AND facility_statement <> '')", name="both_heard"
        ),
        CheckConstraint("state <> 'SETTLED' OR (outcome <> '' AND settled_at IS NOT NULL)", name="settled"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    transfer_order_id: Mapped[int] = mapped_column(ForeignKey("transfer_order.id"), unique=True)
    state: Mapped[DeliveryCaseState] = mapped_column(enum_column(DeliveryCaseState, "case_state"), index=True)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(200))
    warehouse_statement: Mapped[str] = mapped_column(String(2000), default="")
    warehouse_stated_by: Mapped[str] = mapped_column(String(200), default="")
    facility_statement: Mapped[str] = mapped_column(String(2000), default="")
    facility_stated_by: Mapped[str] = mapped_column(String(200), default="")
    outcome: Mapped[str] = mapped_column(String(2000), default="")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(String(200), default="")
    order: Mapped[TransferOrder] = relationship(lazy="joined")


class FacilityReturn(Base):
    """Goods that a facility gave back into a warehouse; never changed."""

    __tablename__ = "facility_return"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    returned_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(2000))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(200))
    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id], lazy="joined")
    warehouse: Mapped[Facility] = relationship(foreign_keys=[warehouse_id], lazy="joined")
    lines: Mapped[list["FacilityReturnLine"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="FacilityReturnLine.id"
    )


class FacilityReturnLine(Base):
    """What came back of a lot: usable units are stock again, the others were written off."""

    __tablename__ = "facility_return_line"
    __table_args__ = (
        UniqueConstraint("facility_return_id", "lot_id"),
        CheckConstraint("usable_units >= 0 AND destroyed_units >= 0", name="signs"),
        CheckConstraint("usable_units + destroyed_units >= 1", name="something"),
    )

    id: Mapped[Key]
    facility_return_id: Mapped[int] = mapped_column(ForeignKey("facility_return.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    usable_units: Mapped[int]
    destroyed_units: Mapped[int]
    lot: Mapped[Lot] = relationship(lazy="joined")
