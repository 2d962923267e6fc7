"""Tables of the ledger: lots, events between two ends, stock cards, reservations, physical inventories."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.facilities.models import Facility
from app.partners.models import Partner
from app.partners.types import SupplyChannel
from app.stock.types import InventoryState, RecallState, StockEnd, StockEventKind


class Lot(Versioned, Base):
    """One delivery of an item with one expiry, channel, giver and earmark; never mixed with another."""

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("item_id", "code"),
        CheckConstraint("NOT (expiry_unknown AND expiry_date IS NOT NULL)", name="expiry"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    supply_channel: Mapped[SupplyChannel] = mapped_column(enum_column(SupplyChannel, "supply_channel"))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    expiry_date: Mapped[date | None]
    """The last day on which it may be used."""
    expiry_unknown: Mapped[bool] = mapped_column(default=False, server_default=false())
    """It does not keep for ever, but nobody knows until when: it is used before all others."""
    blocked_reason: Mapped[str | None] = mapped_column(String(2000))
    """Set while the lot may not be reserved or shipped (failed inspection, recall)."""
    note: Mapped[str] = mapped_column(String(2000), default="")
    item: Mapped[Item] = relationship(lazy="joined")
    partner: Mapped[Partner | None] = relationship(lazy="joined")
    earmarks: Mapped[list["LotEarmark"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="LotEarmark.facility_id"
    )


class LotEarmark(Base):
    """A facility that a lot was given for; a lot with any may go nowhere else."""

    __tablename__ = "lot_earmark"

    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), primary_key=True)
    facility: Mapped[Facility] = relationship(lazy="joined")


class StockEvent(Base):
    """A movement of a lot between two ends. Append-only; a mistake is undone by a REVERSAL."""

    __tablename__ = "stock_event"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("(from_end = 'WAREHOUSE') = (from_warehouse_id IS NOT NULL)", name="from_warehouse"),
        CheckConstraint("(to_end = 'WAREHOUSE') = (to_warehouse_id IS NOT NULL)", name="to_warehouse"),
        CheckConstraint("(kind = 'REVERSAL') = (reverses_event_id IS NOT NULL)", name="reversal"),
        CheckConstraint("from_end <> to_end OR from_end = 'WAREHOUSE'", name="two_ends"),
        CheckConstraint(
            "from_warehouse_id IS NULL OR to_warehouse_id IS NULL OR from_warehouse_id <> to_warehouse_id",
            name="two_warehouses",
        ),
        Index("ix_stock_event_reference", "reference_kind", "reference_key"),
    )

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    kind: Mapped[StockEventKind] = mapped_column(enum_column(StockEventKind, "event_kind"))
    quantity: Mapped[int]
    from_end: Mapped[StockEnd] = mapped_column(enum_column(StockEnd, "from_end"))
    from_warehouse_id: Mapped[int | None] = mapped_column(ForeignKey("facility.id"))
    to_end: Mapped[StockEnd] = mapped_column(enum_column(StockEnd, "to_end"))
    to_warehouse_id: Mapped[int | None] = mapped_column(ForeignKey("facility.id"))
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("facility.id"))
    """The facility that it is bound for, while in transit and when delivered."""
    reverses_event_id: Mapped[int | None] = mapped_column(ForeignKey("stock_event.id"), unique=True)
    occurred_on: Mapped[date] = mapped_column(index=True)
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(2000), default="")
    reference_kind: Mapped[str] = mapped_column(String(64), default="")
    reference_key: Mapped[str] = mapped_column(String(64), default="")
    """The document that caused it: a receipt, a transfer order, a physical inventory."""
    lot: Mapped[Lot] = relationship(lazy="joined")
    from_warehouse: Mapped[Facility | None] = relationship(foreign_keys=[from_warehouse_id], lazy="selectin")
    to_warehouse: Mapped[Facility | None] = relationship(foreign_keys=[to_warehouse_id], lazy="selectin")
    facility: Mapped[Facility | None] = relationship(foreign_keys=[facility_id], lazy="selectin")

    @property
    def version(self) -> int:
        """Always the first: an event is never changed."""
        return 1


class StockCardLine(Base):
    """One line of the stock card of a lot in a warehouse: the change by an event and the running balance."""

    __tablename__ = "stock_card_line"
    __table_args__ = (
        UniqueConstraint("lot_id", "warehouse_id", "seq"),
        UniqueConstraint("event_id", "warehouse_id"),
        CheckConstraint("balance_after >= 0", name="balance"),
        CheckConstraint("seq >= 1", name="seq"),
        CheckConstraint("seq > 1 OR change = balance_after", name="opening"),
    )

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    seq: Mapped[int]
    event_id: Mapped[int] = mapped_column(ForeignKey("stock_event.id"))
    change: Mapped[int]
    balance_after: Mapped[int]
    event: Mapped[StockEvent] = relationship(lazy="joined")


class StockBalance(Base):
    """What a warehouse holds of a lot now; equals the last line of its stock card."""

    __tablename__ = "stock_balance"
    __table_args__ = (
        UniqueConstraint("lot_id", "warehouse_id"),
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("reserved <= on_hand", name="available"),
    )

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    """Promised to approved plans; the sum of the open reservations."""
    last_seq: Mapped[int] = mapped_column(default=0)
    lot: Mapped[Lot] = relationship(lazy="joined")
    warehouse: Mapped[Facility] = relationship(lazy="joined")


# A trigger holds each balance against the last line of its card: tables are filled in an order with the lines first.
Base.metadata.tables["stock_balance"].add_is_dependent_on(Base.metadata.tables["stock_card_line"])


class StockReservation(Base):
    """A promise of a lot's units to a document; open until released (shipped or given back)."""

    __tablename__ = "stock_reservation"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity"),
        Index("ix_stock_reservation_reference", "reference_kind", "reference_key"),
    )

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    quantity: Mapped[int]
    reference_kind: Mapped[str] = mapped_column(String(64))
    reference_key: Mapped[str] = mapped_column(String(64))
    reserved_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    lot: Mapped[Lot] = relationship(lazy="joined")
    warehouse: Mapped[Facility] = relationship(lazy="joined")


class PhysicalInventory(Versioned, Base):
    """A count of a warehouse; posting it turns differences into adjustment events."""

    __tablename__ = "physical_inventory"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    counted_on: Mapped[date]
    state: Mapped[InventoryState] = mapped_column(enum_column(InventoryState, "inventory_state"))
    counted_by: Mapped[str] = mapped_column(String(200))
    posted_at: Mapped[datetime | None]
    warehouse: Mapped[Facility] = relationship(lazy="joined")
    lines: Mapped[list["PhysicalInventoryLine"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PhysicalInventoryLine.id"
    )


class PhysicalInventoryLine(Base):
    """One lot counted; `expected_units` is what the card said for the day of the count when it was written down."""

    __tablename__ = "physical_inventory_line"
    __table_args__ = (
        UniqueConstraint("physical_inventory_id", "lot_id"),
        CheckConstraint("expected_units >= 0 AND counted_units >= 0", name="units"),
        CheckConstraint("card_seq >= 0", name="card_seq"),
    )

    id: Mapped[Key]
    physical_inventory_id: Mapped[int] = mapped_column(ForeignKey("physical_inventory.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    expected_units: Mapped[int]
    card_seq: Mapped[int]
    """Last line of the card when the count was written down; 0 where there was no card."""
    counted_units: Mapped[int]
    reason: Mapped[str] = mapped_column(String(2000), default="")
    event_id: Mapped[int | None] = mapped_column(ForeignKey("stock_event.id"))
    lot: Mapped[Lot] = relationship(lazy="joined")


class LotRecall(Versioned, Base):
    """A blocked lot of which units are outside the warehouses: who has them, and what became of them."""

    __tablename__ = "lot_recall"
    __table_args__ = (
        CheckConstraint("(state = 'OPEN') = (closed_at IS NULL)", name="closed"),
        CheckConstraint("state = 'OPEN' OR outcome <> ''", name="outcome"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    state: Mapped[RecallState] = mapped_column(enum_column(RecallState, "recall_state"))
    reason: Mapped[str] = mapped_column(String(2000))
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(200))
    outcome: Mapped[str] = mapped_column(String(2000), default="")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(200), default="")
    lot: Mapped[Lot] = relationship(lazy="joined")
    answers: Mapped[list["RecallAnswer"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="RecallAnswer.facility_id"
    )


class RecallAnswer(Base):
    """What a facility says has become of the units of a recalled lot that it was given."""

    __tablename__ = "recall_answer"
    __table_args__ = (
        UniqueConstraint("recall_id", "facility_id"),
        CheckConstraint("quarantined_units >= 0 AND used_units >= 0", name="units"),
    )

    id: Mapped[Key]
    recall_id: Mapped[int] = mapped_column(ForeignKey("lot_recall.id"))
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    quarantined_units: Mapped[int]
    """Set apart, and not used."""
    used_units: Mapped[int]
    """Used before the recall was known."""
    note: Mapped[str] = mapped_column(String(2000), default="")
    answered_at: Mapped[datetime]
    answered_by: Mapped[str] = mapped_column(String(200))
    facility: Mapped[Facility] = relationship(lazy="joined")


class PublishedDay(Base):
    """A day whose balance has been published, and since when its next version is due."""

    __tablename__ = "published_day"
    __table_args__ = (CheckConstraint("(due_since IS NULL) = (due_event_id IS NULL)", name="due"),)

    id: Mapped[Key]
    as_of: Mapped[date] = mapped_column(unique=True)
    published_at: Mapped[datetime]
    """When its newest version was published."""
    due_since: Mapped[datetime | None]
    due_event_id: Mapped[int | None] = mapped_column(ForeignKey("stock_event.id"))
    """The first event dated into it that was recorded afterwards."""
