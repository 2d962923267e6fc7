"""What stock takes in and shows: lots, movements, stock cards, stock of a day, physical inventories."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from app.core.http.payloads import (
    Choice,
    Code,
    CodeOf,
    Day,
    Identifier,
    LotCode,
    Payload,
    PositiveUnits,
    Reason,
    Text,
    Units,
    View,
)
from app.partners.types import SupplyChannel
from app.stock.models import LotEarmark
from app.stock.types import InventoryState, RecallState, StockEnd, StockEventKind


class NewLot(Payload):
    """A lot to be registered; what comes in of it is received afterwards."""

    code: LotCode
    item: Code
    supply_channel: Choice[SupplyChannel]
    partner: Code | None = Field(default=None, description="Supplier, donor or authority that it comes from.")
    expiry_date: Day | None = Field(default=None, description="The last day on which it may be used.")
    expiry_unknown: bool = Field(
        default=False, description="It does not keep for ever, but nobody knows until when: it is used first."
    )
    earmark: list[Code] = Field(
        default_factory=list, max_length=500, description="The only facilities that it may go to; empty: anyone."
    )
    note: Text = ""


class LotReason(Payload):
    """Why a lot is blocked or free again."""

    reason: Reason


def _earmark_codes(earmarks: list[LotEarmark]) -> list[str]:
    return sorted(row.facility.code for row in earmarks)


class LotView(View):
    """A lot."""

    id: int
    code: str
    item: CodeOf
    supply_channel: SupplyChannel
    partner: CodeOf | None
    expiry_date: date | None = Field(description="The last day on which it may be used.")
    expiry_unknown: bool = Field(description="Nobody knows until when it keeps: it is used first.")
    earmark: Annotated[list[str], BeforeValidator(_earmark_codes)] = Field(
        validation_alias="earmarks", description="The only facilities that it may go to; empty: anyone."
    )
    blocked_reason: str | None = Field(description="Set while it may neither be reserved nor shipped.")
    note: str


class LotShown(View):
    """A lot as it is named beside quantities."""

    id: int
    code: str
    item: CodeOf
    expiry_date: date | None
    expiry_unknown: bool


class NewMovementKind(StrEnum):
    """What may be recorded directly; everything else follows from a document."""

    TRANSFER = "TRANSFER"
    LOSS = "LOSS"
    RETURN = "RETURN"


class NewMovement(Payload):
    """Units that leave a warehouse: to another one, lost, or back to where they came from."""

    kind: Choice[NewMovementKind]
    lot_id: Identifier
    quantity: PositiveUnits
    from_warehouse: Code
    to_warehouse: Code | None = Field(default=None, description="For a TRANSFER, and only for one.")
    occurred_on: Day
    reason: Text = Field(default="", description="Needed for a LOSS and a RETURN.")


class NewMovements(Payload):
    """Movements that are all done, in this order, or none."""

    movements: list[NewMovement] = Field(min_length=1, max_length=200)


class ReversalReason(Payload):
    """Why an event is undone."""

    reason: Reason


class StockEventView(View):
    """A movement as it was recorded; never changed afterwards."""

    id: int
    kind: StockEventKind
    lot: LotShown
    quantity: int
    from_end: StockEnd
    from_warehouse: CodeOf | None
    to_end: StockEnd
    to_warehouse: CodeOf | None
    facility: CodeOf | None = Field(description="Whom it is bound for, while in transit and when delivered.")
    reverses_event_id: int | None
    occurred_on: date
    recorded_at: datetime
    actor: str
    reason: str
    reference_kind: str
    reference_key: str


class StockEvents(BaseModel):
    """The events that a list of movements became, in the same order."""

    events: list[StockEventView]


class CardEventView(View):
    """The event behind a line of a stock card."""

    id: int
    kind: StockEventKind
    occurred_on: date
    recorded_at: datetime
    actor: str
    reason: str
    reference_kind: str
    reference_key: str


class StockCardLineView(View):
    """One line of a stock card."""

    seq: int
    change: int
    balance_after: int
    event: CardEventView


class StockView(View):
    """What a warehouse has of a lot."""

    lot: LotShown
    warehouse: CodeOf
    on_hand: int = Field(description="At the end of the day asked for.")
    reserved: int = Field(description="Promised to approved plans, as of now.")
    available: int = Field(description="On hand less reserved, as of now.")
    unusable: list[str] = Field(description="lot_expired, lot_blocked: why it may be neither reserved nor shipped.")


class ReservationView(View):
    """A promise of a lot's units to a document."""

    id: int
    lot: LotShown
    warehouse: CodeOf
    quantity: int
    reference_kind: str
    reference_key: str
    reserved_at: datetime
    released_at: datetime | None = Field(description="Missing while the promise stands.")


class ConservationView(View):
    """Where the units of a lot are; `difference` is 0 while the ledger conserves."""

    lot: LotShown
    received: int = Field(description="Came in from outside, less what was taken back by a reversal.")
    on_hand: int
    in_transit: int
    delivered: int
    lost: int
    returned: int
    difference: int = Field(description="received - (on_hand + in_transit + delivered + lost + returned).")


class CountedLot(Payload):
    """What was counted of a lot."""

    lot_id: Identifier
    counted_units: Units
    reason: Text = Field(default="", description="Needed before posting where the count differs from the card.")


class NewPhysicalInventory(Payload):
    """A count of a warehouse; it changes nothing until it is posted."""

    warehouse: Code
    counted_on: Day
    lines: list[CountedLot] = Field(min_length=1, max_length=2000)


class Recount(Payload):
    """Lots counted anew, or added to the count."""

    lines: list[CountedLot] = Field(min_length=1, max_length=2000)


class InventoryReason(Payload):
    """Why a count is put aside."""

    reason: Reason


class PhysicalInventoryLineView(View):
    """One lot of a count."""

    lot: LotShown
    expected_units: int = Field(description="On the card for the day of the count when the line was written down.")
    counted_units: int
    reason: str
    event_id: int | None = Field(description="The adjustment that it became.")


class PhysicalInventoryView(View):
    """A count of a warehouse."""

    code: str
    warehouse: CodeOf
    counted_on: date
    state: InventoryState
    counted_by: str
    posted_at: datetime | None
    lines: list[PhysicalInventoryLineView]


class RecallAnswerPayload(Payload):
    """What became of the units of a recalled lot that a facility was given; it may be answered again."""

    facility: Code
    quarantined_units: Units = Field(description="Set apart, and not used.")
    used_units: Units = Field(default=0, description="Used before the recall was known.")
    note: Text = ""


class RecallClosing(Payload):
    """What became of a recalled lot."""

    outcome: Reason
    without_answers: bool = Field(
        default=False, description="Close it although facilities that were given units have not answered for them."
    )


class RecallAnswerView(View):
    """What a facility says has become of its units."""

    facility: CodeOf
    quarantined_units: int
    used_units: int
    note: str
    answered_at: datetime
    answered_by: str


class RecallView(View):
    """A recall without where its units are."""

    code: str
    lot: LotShown
    state: RecallState
    reason: str
    opened_at: datetime
    opened_by: str
    outcome: str
    closed_at: datetime | None
    closed_by: str
    answers: list[RecallAnswerView]
