"""What purchase orders and receipts take in and show."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AliasPath, ConfigDict, Field, computed_field

from app.core.http.payloads import (
    Choice,
    Code,
    CodeOf,
    Day,
    LotCode,
    Microyuan,
    Payload,
    PositiveUnits,
    Reason,
    Text,
    Units,
    View,
)
from app.partners.types import SupplyChannel
from app.procurement.money import is_overpriced, line_amount_fen, price_ratio_permille
from app.procurement.schemas import EarmarkCodes, EarmarkView, Notice, UnitOfItem
from app.procurement.types import Disposal, PurchaseOrderState, ReviewOutcome


class NewOrderLine(Payload):
    """An item to be ordered; where an offer is taken, its price holds unless a lower one is named."""

    item: Code
    quantity: PositiveUnits
    unit_price_microyuan: Microyuan | None = None
    offer: Code | None = None


class SpecialHandling(Payload):
    """Why an order may skip competition and approval, and by when somebody else reviews it."""

    legal_basis: Reason
    reason: Reason
    review_by: Day


class NewPurchaseOrder(Payload):
    """An order at one partner for one warehouse, paid from one fund."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "partner": "medical-trade",
                "supply_channel": "SPECIAL_HANDLING",
                "warehouse": "wh-tianyuan",
                "fund": "city-special",
                "expected_on": "2020-02-02",
                "lines": [{"item": "n95-medical", "quantity": 2000, "unit_price_microyuan": 14000000}],
                "special_handling": {
                    "legal_basis": "财办库〔2020〕23号",
                    "reason": "Stock lasts two days",
                    "review_by": "2020-02-07",
                },
            }
        }
    )

    partner: Code
    supply_channel: Choice[SupplyChannel]
    warehouse: Code
    fund: Code | None = Field(default=None, description="Needed unless the order costs nothing.")
    expected_on: Day
    lines: Annotated[list[NewOrderLine], Field(min_length=1, max_length=200)]
    special_handling: SpecialHandling | None = Field(default=None, description="For SPECIAL_HANDLING, and only there.")


class SpecialReview(Payload):
    """What the reviewer of a special-handling order found."""

    outcome: Choice[ReviewOutcome]
    note: Reason


class OrderLineView(View):
    """A line of an order: what was ordered, what came, and how its price compares with the reference price."""

    item: CodeOf
    base_unit: UnitOfItem
    offer: CodeOf | None
    ordered_units: int
    accepted_units: int
    rejected_units: int
    unit_price_microyuan: int
    reference_price_microyuan: int = Field(description="The item's reference price on the day of the order.")

    @computed_field(description="What the line costs, rounded half up to fen.")  # type: ignore[prop-decorator]
    @property
    def amount_fen(self) -> int:
        """Price times units ordered."""
        return line_amount_fen(self.unit_price_microyuan, self.ordered_units)

    @computed_field(description="Price in thousandths of the reference price; missing where there is none.")  # type: ignore[prop-decorator]
    @property
    def price_ratio_permille(self) -> int | None:
        """How the price compares."""
        return price_ratio_permille(self.unit_price_microyuan, self.reference_price_microyuan)

    @computed_field(description="The price passes 1.3 times the reference price.")  # type: ignore[prop-decorator]
    @property
    def overpriced(self) -> bool:
        """Whether somebody should look at the price."""
        return is_overpriced(self.unit_price_microyuan, self.reference_price_microyuan)


class PurchaseOrderView(View):
    """A purchase order."""

    code: str
    partner: CodeOf
    supply_channel: SupplyChannel
    warehouse: CodeOf
    fund: CodeOf | None = Field(validation_alias="fund_source")
    state: PurchaseOrderState
    created_at: datetime
    created_by: str
    approved_at: datetime | None
    approved_by: str | None
    ordered_on: date | None
    ordered_by: str | None
    expected_on: date
    total_fen: int
    lines: list[OrderLineView]
    legal_basis: str
    special_reason: str
    review_by: date | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    review_outcome: ReviewOutcome | None
    review_note: str
    closing_reason: str


class PlacedOrderView(View):
    """An order as it stands after the step, and what was let pass but should be looked at."""

    order: PurchaseOrderView
    warnings: list[Notice]


class NewReceiptLine(Payload):
    """One lot that came: accepted units go into stock, rejected ones go back with a reason."""

    item: Code
    lot_code: LotCode | None = Field(default=None, description="As on the package; left out, the receipt numbers it.")
    expiry_date: Day | None = Field(default=None, description="Last day of use; needed for items with a shelf life.")
    expiry_unknown: bool = Field(
        default=False, description="The goods have a shelf life, but nobody knows until when: they are used first."
    )
    accepted_units: Units
    rejected_units: Units = 0
    rejection_reason: Text = ""
    earmark: EarmarkCodes = ()
    note: Text = ""


class NewReceipt(Payload):
    """What came on a day: against an order or a pledge, or unannounced from a partner."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "purchase_order": "PO-2020-00001",
                "received_on": "2020-01-31",
                "lines": [
                    {"item": "n95-medical", "lot_code": "A2001", "expiry_date": "2022-12-31", "accepted_units": 900},
                    {
                        "item": "n95-medical",
                        "lot_code": "A1999",
                        "expiry_date": "2022-11-30",
                        "accepted_units": 0,
                        "rejected_units": 100,
                        "rejection_reason": "Wet cartons",
                    },
                ],
            }
        }
    )

    purchase_order: Code | None = None
    pledge: Code | None = None
    partner: Code | None = Field(default=None, description="For an unannounced receipt, and only there.")
    supply_channel: Choice[SupplyChannel] | None = Field(
        default=None, description="For an unannounced receipt, and only there; DONATION where it is left out."
    )
    warehouse: Code | None = Field(default=None, description="Left out, the one that the order or pledge names.")
    received_on: Day
    over_receipt_reason: Text = Field(
        default="", description="Needed where more is accepted than was ordered or pledged: the document grows by it."
    )
    extra_charged: bool = Field(
        default=False, description="What is more than ordered must be paid, too: its fund must have the money."
    )
    confirmed_not_duplicate: bool = Field(default=False, description="Somebody looked: it is not the same again.")
    lines: Annotated[list[NewReceiptLine], Field(min_length=1, max_length=200)]


class DisposedLine(Payload):
    """Rejected units of one line of a receipt, and where they went."""

    line: Annotated[int, Field(ge=1, le=200, description="The line's place in the receipt, from 1.")]
    disposal: Choice[Disposal]
    units: PositiveUnits


class NewDisposal(Payload):
    """Where rejected goods went on a day: back to who sent them, or destroyed."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"note": "退货单 2020-17", "lines": [{"line": 1, "disposal": "RETURNED", "units": 100}]}
        }
    )

    occurred_on: Day | None = Field(default=None, description="Today if left out; never a day to come.")
    note: Reason = Field(description="The paper behind it: return slip, protocol of destruction.")
    lines: Annotated[list[DisposedLine], Field(min_length=1, max_length=400)]


class ReceiptReversalReason(Payload):
    """Why a receipt is undone."""

    reason: Reason


class DisposalView(View):
    """Rejected units that went somewhere."""

    disposal: Disposal
    units: int
    occurred_on: date
    note: str
    recorded_by: str


class ReceiptLineView(View):
    """One lot of a receipt."""

    item: str = Field(validation_alias=AliasPath("lot", "item", "code"))
    lot_id: int
    lot_code: str = Field(validation_alias=AliasPath("lot", "code"))
    expiry_date: date | None = Field(validation_alias=AliasPath("lot", "expiry_date"))
    earmark: EarmarkView = Field(validation_alias=AliasPath("lot", "earmarks"))
    accepted_units: int
    rejected_units: int
    rejection_reason: str
    extra_units: int = Field(description="Of the accepted units, those beyond what was ordered or pledged.")
    waiting_units: int = Field(description="Rejected units that are neither returned nor destroyed yet.")
    disposals: list[DisposalView]


class ReceiptView(View):
    """A receipt."""

    code: str
    warehouse: CodeOf
    partner: CodeOf
    supply_channel: SupplyChannel
    purchase_order: CodeOf | None
    pledge: CodeOf | None
    received_on: date
    recorded_at: datetime
    received_by: str
    over_receipt_reason: str = Field(description="Why more was taken in than was ordered or pledged.")
    extra_charged: bool
    reversed_at: datetime | None = Field(default=None, validation_alias=AliasPath("reversal", "reversed_at"))
    reversed_by: str | None = Field(default=None, validation_alias=AliasPath("reversal", "reversed_by"))
    reversal_reason: str | None = Field(default=None, validation_alias=AliasPath("reversal", "reason"))
    lines: list[ReceiptLineView]
