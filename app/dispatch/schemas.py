"""What dispatch takes in and shows."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AliasPath, ConfigDict, Field

from app.catalog.types import BaseUnit
from app.core.http.payloads import (
    Choice,
    Code,
    CodeOf,
    Day,
    Identifier,
    Label,
    Payload,
    PositiveUnits,
    Reason,
    Text,
    Units,
    View,
)
from app.dispatch.types import DeliveryCaseState, RejectedGoods, TransferOrderState
from app.stock.schemas import RecallView, StockEvents
from app.stock.types import StockEnd

LinePosition = Annotated[int, Field(ge=1, le=100_000, description="The line's number on the waybill.")]


class ShipmentLot(Payload):
    """Units of a lot that leave for a line."""

    line: LinePosition
    lot_id: Identifier
    quantity: PositiveUnits


class NewShipment(Payload):
    """What leaves: all that is reserved for the order, or only the lots named; the rest is given back."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"vehicle": "湘B·12345", "driver": "王师傅", "pass_number": "保畅-0042"}}
    )

    shipped_on: Day | None = Field(default=None, description="Today if left out; never a day to come.")
    vehicle: Label
    driver: Label
    pass_number: Label | None = Field(default=None, description="Number of the vehicle's transit pass (保障畅通).")
    lots: Annotated[list[ShipmentLot], Field(min_length=1, max_length=2000)] | None = Field(
        default=None, description="Left out: everything on the pick list that is reserved."
    )


class DeliveredLot(Payload):
    """What arrived of a shipped lot; what is neither accepted nor rejected is missing."""

    line: LinePosition
    lot_id: Identifier
    accepted_units: Units
    rejected_units: Units = 0
    rejected_goods: Choice[RejectedGoods] = Field(
        default=RejectedGoods.BACK_TO_WAREHOUSE, description="Where rejected goods go; spoilt ones are written off."
    )
    rejection_reason: Text = Field(default="", description="Needed where units are rejected.")
    missing_reason: Text = Field(default="", description="Needed where units are missing.")
    acceptance_reason: Text = Field(default="", description="Needed where a blocked or expired lot is accepted.")


class ProofOfDelivery(Payload):
    """What was delivered: every shipped lot by name, or all of it in full."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "received_by": "李主任",
                "lots": [
                    {
                        "line": 1,
                        "lot_id": 7,
                        "accepted_units": 900,
                        "rejected_units": 60,
                        "rejection_reason": "Cartons crushed",
                        "missing_reason": "Not on the truck",
                    }
                ],
            }
        }
    )

    delivered_on: Day | None = Field(default=None, description="Today if left out; never a day to come.")
    received_by: Label
    accepted_in_full: bool = Field(
        default=False, description="Everything shipped was accepted; then no lots are named."
    )
    lots: Annotated[list[DeliveredLot], Field(max_length=2000, default_factory=list)]


class OrderReason(Payload):
    """Why a transfer order is cancelled."""

    reason: Reason


class TurnBack(Payload):
    """A vehicle that came back without having delivered."""

    reason: Reason
    returned_on: Day | None = Field(default=None, description="Today if left out; not before it was shipped.")


class ShippedLotView(View):
    """A lot of a shipment and what arrived of it."""

    lot_id: int
    lot: str = Field(validation_alias=AliasPath("lot", "code"))
    expiry_date: date | None = Field(validation_alias=AliasPath("lot", "expiry_date"))
    quantity: int
    accepted_units: int
    rejected_units: int
    rejected_goods: RejectedGoods | None
    rejection_reason: str
    missing_units: int
    missing_reason: str


class TransferOrderLineView(View):
    """A line of a transfer order, in units of the item sent."""

    position: int
    item: CodeOf
    unit: BaseUnit = Field(validation_alias=AliasPath("item", "base_unit"))
    serves_item: CodeOf = Field(description="What was asked for; differs where a substitute serves.")
    ordered_units: int
    shipped_units: int
    accepted_units: int
    rejected_units: int
    missing_units: int
    lots: list[ShippedLotView]


class TransferOrderView(View):
    """A transfer order."""

    code: str
    plan: CodeOf
    warehouse: CodeOf
    facility: CodeOf
    ship_on: date
    state: TransferOrderState
    created_at: datetime
    created_by: str
    vehicle: str
    driver: str
    pass_number: str
    shipped_on: date | None
    shipped_by: str
    delivered_on: date | None
    received_by: str
    confirmed_by: str
    closing_reason: str
    trip: CodeOf | None = Field(description="The vehicle's round on which it leaves.")
    lines: list[TransferOrderLineView]


class PickView(View):
    """Units of a lot to be taken from the shelf for a line."""

    line: int
    item: str
    lot_id: int
    lot: str
    expiry_date: date | None
    quantity: int
    unusable: list[str] = Field(description="lot_expired, lot_blocked, lot_earmarked: why it must not leave.")


class WaitingView(View):
    """Units of a line that have not come in yet."""

    line: int
    item: str
    source: str = Field(description="The offer or arrival that the plan counts on.")
    units: int


class PickList(View):
    """What to take from the shelf, first to expire first, and what is still to come."""

    order: str
    picks: list[PickView]
    waiting: list[WaitingView]


class CaseEnd(StrEnum):
    """The two ends of a delivery."""

    WAREHOUSE = "WAREHOUSE"
    FACILITY = "FACILITY"


class CaseStatement(Payload):
    """What one end says about a discrepancy."""

    statement: Reason


class CaseOutcome(Payload):
    """What became of a discrepancy."""

    outcome: Reason


class DeliveryCaseView(View):
    """A delivery that differs from what was shipped."""

    code: str
    order: CodeOf
    warehouse: CodeOf = Field(validation_alias=AliasPath("order", "warehouse"))
    facility: CodeOf = Field(validation_alias=AliasPath("order", "facility"))
    state: DeliveryCaseState
    opened_at: datetime
    opened_by: str
    warehouse_statement: str
    warehouse_stated_by: str
    facility_statement: str
    facility_stated_by: str
    outcome: str
    settled_at: datetime | None
    settled_by: str


class FairnessView(View):
    """How a facility has fared with an item: all needs due so far, and its floor in the plans approved last."""

    facility: Code
    item: Code
    needs: int
    approved_units: int = Field(description="Approved for needs that are due by the day.")
    delivered_units: int
    share_permille: int = Field(description="Delivered of approved, in thousandths, rounded down.")
    plans_below_floor: int = Field(
        description="How many approved plans in a row, up to the last, stayed below its floor."
    )
    alarm: bool


class TouchedOrder(View):
    """Promised units that were lost, and the order that they were for."""

    order: str = Field(description="Empty where the plan has no order for them yet.")
    facility: str
    item: str
    units: int


class MovedStock(StockEvents):
    """The events that a list of movements became, in the same order, and who lost promised units by them."""

    touched: list[TouchedOrder]


class HolderView(View):
    """Units of a lot at one place, with whom to call."""

    end: StockEnd = Field(description="WAREHOUSE, TRANSIT (on the way to the place) or FACILITY.")
    place: str
    name_zh: str
    name_en: str
    address: str
    contact: str
    telephone: str
    units: int
    transfer_order: str = Field(description="The order with which units on the way left.")
    vehicle: str
    driver: str


class Holders(View):
    """Where every unit of a lot is."""

    holders: list[HolderView]


class RecallDetail(RecallView):
    """A recall, and where every unit of its lot is now."""

    holders: list[HolderView]
