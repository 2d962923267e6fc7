"""Tables of procurement: funds, pledges, offers, purchase orders, receipts."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.facilities.models import Facility
from app.partners.models import Partner
from app.partners.types import SupplyChannel
from app.procurement.types import Disposal, OfferState, OverspendRule, PledgeState, PurchaseOrderState, ReviewOutcome
from app.stock.models import Lot


class FundSource(Versioned, Base):
    """Money that may be spent; `committed_fen` is the sum of its open commitments."""

    __tablename__ = "fund_source"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0 AND committed_fen >= 0", name="amounts"),
        CheckConstraint("on_overspend = 'WARN' OR committed_fen <= amount_fen", name="no_overspend"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    amount_fen: Mapped[int]
    committed_fen: Mapped[int] = mapped_column(default=0)
    on_overspend: Mapped[OverspendRule] = mapped_column(enum_column(OverspendRule, "on_overspend"))
    source: Mapped[str] = mapped_column(String(2000), default="")


class FundCommitment(Base):
    """What a document has taken of a fund; open until released."""

    __tablename__ = "fund_commitment"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="amount"),
        Index("ix_fund_commitment_reference", "reference_kind", "reference_key"),
    )

    id: Mapped[Key]
    fund_source_id: Mapped[int] = mapped_column(ForeignKey("fund_source.id"), index=True)
    amount_fen: Mapped[int]
    reference_kind: Mapped[str] = mapped_column(String(64))
    reference_key: Mapped[str] = mapped_column(String(64))
    committed_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    fund_source: Mapped[FundSource] = relationship(lazy="joined")


class Pledge(Versioned, Base):
    """A promised donation or allocation before it arrives; confirmed ones count as arrivals in a plan."""

    __tablename__ = "pledge"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("received_units >= 0 AND received_units <= quantity", name="received"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    supply_channel: Mapped[SupplyChannel] = mapped_column(enum_column(SupplyChannel, "supply_channel"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    quantity: Mapped[int]
    received_units: Mapped[int] = mapped_column(default=0)
    expected_on: Mapped[date]
    expiry_date: Mapped[date | None]
    state: Mapped[PledgeState] = mapped_column(enum_column(PledgeState, "pledge_state"), index=True)
    note: Mapped[str] = mapped_column(String(2000), default="")
    closing_reason: Mapped[str] = mapped_column(String(2000), default="")
    """Why it was cancelled, or closed with less than was promised."""
    partner: Mapped[Partner] = relationship(lazy="joined")
    item: Mapped[Item] = relationship(lazy="joined")
    warehouse: Mapped[Facility] = relationship(lazy="joined")
    earmarks: Mapped[list["PledgeEarmark"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PledgeEarmark.facility_id"
    )


class PledgeEarmark(Base):
    """A facility that a pledge is given for; its lots carry the same earmark."""

    __tablename__ = "pledge_earmark"

    pledge_id: Mapped[int] = mapped_column(ForeignKey("pledge.id"), primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), primary_key=True)
    facility: Mapped[Facility] = relationship(lazy="joined")


class Offer(Versioned, Base):
    """What a supplier could sell: quantity, price, lead days; the plan says which to buy."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("unit_price_microyuan >= 0", name="price"),
        CheckConstraint("lead_days >= 0", name="lead_days"),
        CheckConstraint("ordered_units >= 0 AND ordered_units <= quantity", name="ordered"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    supply_channel: Mapped[SupplyChannel] = mapped_column(enum_column(SupplyChannel, "supply_channel"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    fund_source_id: Mapped[int | None] = mapped_column(ForeignKey("fund_source.id"))
    quantity: Mapped[int]
    ordered_units: Mapped[int] = mapped_column(default=0)
    unit_price_microyuan: Mapped[int]
    lead_days: Mapped[int]
    valid_until: Mapped[date | None]
    state: Mapped[OfferState] = mapped_column(enum_column(OfferState, "offer_state"))
    partner: Mapped[Partner] = relationship(lazy="joined")
    item: Mapped[Item] = relationship(lazy="joined")
    warehouse: Mapped[Facility] = relationship(lazy="joined")
    fund_source: Mapped[FundSource | None] = relationship(lazy="joined")


class PurchaseOrder(Versioned, Base):
    """An order at a partner over one channel, paid from one fund, for one warehouse."""

    __tablename__ = "purchase_order"
    __table_args__ = (
        CheckConstraint("total_fen >= 0", name="total"),
        CheckConstraint(
            "supply_channel <> 'SPECIAL_HANDLING' OR "
            "(legal_basis <> '' AND special_reason <> '' AND review_by IS NOT NULL)",
            name="special_handling",
        ),
        CheckConstraint("(reviewed_at IS NULL) = (review_outcome IS NULL)", name="review"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> ordered_by", name="other_reviewer"),
        CheckConstraint(
            "state NOT IN ('ORDERED', 'PARTLY_RECEIVED', 'RECEIVED') "
            "OR (ordered_on IS NOT NULL AND ordered_by IS NOT NULL)",
            name="placed",
        ),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    supply_channel: Mapped[SupplyChannel] = mapped_column(enum_column(SupplyChannel, "supply_channel"))
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    fund_source_id: Mapped[int | None] = mapped_column(ForeignKey("fund_source.id"))
    state: Mapped[PurchaseOrderState] = mapped_column(enum_column(PurchaseOrderState, "order_state"), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(String(200))
    ordered_on: Mapped[date | None]
    ordered_by: Mapped[str | None] = mapped_column(String(200))
    expected_on: Mapped[date]
    total_fen: Mapped[int]
    """What all that was ordered costs; the fund's commitment shrinks below it when the order is closed short."""
    closing_reason: Mapped[str] = mapped_column(String(2000), default="")
    """Why it was cancelled, or closed with less than was ordered."""
    legal_basis: Mapped[str] = mapped_column(String(2000), default="")
    special_reason: Mapped[str] = mapped_column(String(2000), default="")
    review_by: Mapped[date | None]
    """Special handling only: the day by which somebody else must have reviewed the order."""
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None] = mapped_column(String(200))
    review_outcome: Mapped[ReviewOutcome | None] = mapped_column(enum_column(ReviewOutcome, "review_outcome"))
    review_note: Mapped[str] = mapped_column(String(2000), default="")
    partner: Mapped[Partner] = relationship(lazy="joined")
    warehouse: Mapped[Facility] = relationship(lazy="joined")
    fund_source: Mapped[FundSource | None] = relationship(lazy="joined")
    lines: Mapped[list["PurchaseOrderLine"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PurchaseOrderLine.id"
    )


class PurchaseOrderLine(Base):
    """An item on an order: what was ordered at which price, what came, what was refused."""

    __tablename__ = "purchase_order_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "item_id"),
        CheckConstraint("ordered_units >= 1", name="ordered"),
        CheckConstraint("accepted_units >= 0 AND rejected_units >= 0", name="received"),
        CheckConstraint("accepted_units <= ordered_units", name="accepted"),
        CheckConstraint("unit_price_microyuan >= 0", name="price"),
    )

    id: Mapped[Key]
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))
    ordered_units: Mapped[int]
    accepted_units: Mapped[int] = mapped_column(default=0)
    rejected_units: Mapped[int] = mapped_column(default=0)
    unit_price_microyuan: Mapped[int]
    reference_price_microyuan: Mapped[int]
    """The item's reference price on the day of the order, to compare with."""
    item: Mapped[Item] = relationship(lazy="joined")
    offer: Mapped[Offer | None] = relationship(lazy="selectin")


class Receipt(Versioned, Base):
    """What came to a warehouse on a day, against an order, a pledge, or unannounced."""

    __tablename__ = "receipt"
    __table_args__ = (
        CheckConstraint("purchase_order_id IS NULL OR pledge_id IS NULL", name="one_origin"),
        Index("ix_receipt_partner_day", "partner_id", "received_on"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    supply_channel: Mapped[SupplyChannel] = mapped_column(enum_column(SupplyChannel, "supply_channel"))
    purchase_order_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order.id"), index=True)
    pledge_id: Mapped[int | None] = mapped_column(ForeignKey("pledge.id"), index=True)
    received_on: Mapped[date]
    recorded_at: Mapped[datetime]
    received_by: Mapped[str] = mapped_column(String(200))
    over_receipt_reason: Mapped[str] = mapped_column(String(2000), default="", server_default=text("''"))
    """Why more was taken in than was ordered or pledged."""
    extra_charged: Mapped[bool] = mapped_column(default=False, server_default=false())
    warehouse: Mapped[Facility] = relationship(lazy="joined")
    partner: Mapped[Partner] = relationship(lazy="joined")
    purchase_order: Mapped[PurchaseOrder | None] = relationship(lazy="select")
    pledge: Mapped[Pledge | None] = relationship(lazy="select")
    lines: Mapped[list["ReceiptLine"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ReceiptLine.id"
    )
    reversal: Mapped["ReceiptReversal | None"] = relationship(lazy="joined")


class ReceiptLine(Base):
    """One lot of a receipt: accepted units went into stock, rejected ones back, with the reason."""

    __tablename__ = "receipt_line"
    __table_args__ = (
        CheckConstraint("accepted_units >= 0 AND rejected_units >= 0", name="units"),
        CheckConstraint("accepted_units + rejected_units >= 1", name="something"),
        CheckConstraint("extra_units BETWEEN 0 AND accepted_units", name="extra"),
        CheckConstraint("rejected_units = 0 OR rejection_reason <> ''", name="reason"),
    )

    id: Mapped[Key]
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    accepted_units: Mapped[int]
    rejected_units: Mapped[int] = mapped_column(default=0)
    rejection_reason: Mapped[str] = mapped_column(String(2000), default="")
    extra_units: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Of the accepted units, those beyond what was ordered or pledged."""
    lot: Mapped[Lot] = relationship(lazy="joined")
    disposals: Mapped[list["RejectedDisposal"]] = relationship(lazy="selectin", order_by="RejectedDisposal.id")

    @property
    def waiting_units(self) -> int:
        """Rejected units that are neither returned nor destroyed yet."""
        return self.rejected_units - sum(one.units for one in self.disposals)


class ReceiptReversal(Base):
    """A receipt that was entered by mistake and undone: its stock went back, its order or pledge waits again."""

    __tablename__ = "receipt_reversal"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"), primary_key=True, autoincrement=False)
    reversed_at: Mapped[datetime]
    reversed_by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(2000))


class RejectedDisposal(Base):
    """What became of rejected goods: back to who sent them, or destroyed; until then they wait aside."""

    __tablename__ = "rejected_disposal"
    __table_args__ = (
        CheckConstraint("units >= 1", name="units"),
        CheckConstraint("note <> ''", name="note"),
    )

    id: Mapped[Key]
    receipt_line_id: Mapped[int] = mapped_column(ForeignKey("receipt_line.id"), index=True)
    disposal: Mapped[Disposal] = mapped_column(enum_column(Disposal, "disposal"))
    units: Mapped[int]
    occurred_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(2000))
    """The document that proves it: the return slip, the protocol of destruction."""
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
