"""What is taken in and shown of trips."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.catalog.types import BaseUnit
from app.core.http.payloads import Code, CodeOf, Day, Identifier, Label, Payload, Reason, Units, View
from app.dispatch.schemas import LinePosition
from app.dispatch.types import TripState

OrderCodes = Annotated[list[Code], Field(min_length=1, max_length=500)]


class TripDay(Payload):
    """A warehouse's day whose open orders are put into vehicles."""

    warehouse: Code
    day: Day


class NewTrip(Payload):
    """Orders of a warehouse and day that leave with one vehicle."""

    warehouse: Code
    day: Day
    vehicle_class: Code
    orders: OrderCodes


class TripChange(Payload):
    """The orders and the vehicle class of a trip that has not left; both replace what was there."""

    vehicle_class: Code
    orders: OrderCodes


class TripReason(Payload):
    """Why a trip is called off."""

    reason: Reason


class LoadException(Payload):
    """A lot of which another quantity leaves than is reserved; 0: it stays."""

    order: Code
    line: LinePosition
    lot_id: Identifier
    quantity: Units


class TripShipment(Payload):
    """The vehicle of a trip; everything reserved leaves but for the exceptions, line by line."""

    shipped_on: Day | None = Field(default=None, description="Today if left out; never a day to come.")
    vehicle: Label
    driver: Label
    pass_number: Label | None = Field(default=None, description="Number of the vehicle's transit pass (保障畅通).")
    exceptions: Annotated[list[LoadException], Field(max_length=2000, default_factory=list)]


class TripOrderView(View):
    """An order of a trip; its state is shown by itself (`GET /transfer-orders?trip=`)."""

    code: str
    facility: CodeOf


class TripView(View):
    """A vehicle's round of a day."""

    code: str
    warehouse: CodeOf
    day: date
    vehicle_class: CodeOf
    state: TripState
    created_at: datetime
    created_by: str
    vehicle: str
    driver: str
    pass_number: str
    shipped_on: date | None
    shipped_by: str
    closing_reason: str
    orders: list[TripOrderView]


class TooLarge(View):
    """An order that is larger than every vehicle: it leaves by itself, in as many vehicles as it takes."""

    order: str
    litres: int


class PlannedTrips(View):
    """The trips that were made of a day's orders."""

    trips: list[TripView]
    too_large: list[TooLarge]


class StopLot(View):
    """Units of a lot to be loaded for a stop."""

    line: int
    item: str
    unit: BaseUnit
    lot_id: int
    lot: str
    expiry_date: date | None
    quantity: int
    unusable: list[str] = Field(description="lot_expired, lot_blocked, lot_earmarked: why it must not leave.")


class Stop(View):
    """A facility at which a trip unloads an order."""

    order: str
    facility: str
    address: str
    contact: str
    telephone: str
    lots: list[StopLot]


class LoadingList(View):
    """All that a trip loads, stop by stop, and the volume that its orders take."""

    trip: str
    litres: int = Field(description="Of all that is ordered, rounded up.")
    carried_litres: int = Field(description="What the vehicle carries.")
    stops: list[Stop]
