"""What is taken in and shown of goods that facilities give back."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.core.http.payloads import Code, CodeOf, Day, Identifier, Payload, Reason, Units, View
from app.stock.schemas import LotShown


class NewReturnLine(Payload):
    """What came back of a lot, and what the inspection said."""

    lot_id: Identifier
    usable_units: Units = Field(default=0, description="Inspected and fit: it is stock again.")
    destroyed_units: Units = Field(default=0, description="Not fit any more: written off in the warehouse.")


class NewFacilityReturn(Payload):
    """Goods that a facility gives back."""

    facility: Code
    warehouse: Code
    returned_on: Day | None = Field(default=None, description="Today if left out; never a day to come.")
    reason: Reason
    lines: Annotated[list[NewReturnLine], Field(min_length=1, max_length=500)]


class FacilityReturnLineView(View):
    """What came back of a lot."""

    lot: LotShown
    usable_units: int
    destroyed_units: int


class FacilityReturnView(View):
    """Goods that a facility gave back."""

    code: str
    facility: CodeOf
    warehouse: CodeOf
    returned_on: date
    reason: str
    recorded_at: datetime
    recorded_by: str
    lines: list[FacilityReturnLineView]
