"""What a facility is told about its supplies, and how it says that it needs less."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from app.catalog.types import BaseUnit, Program
from app.core.http.payloads import Code, Day, Payload, Reason, Units, View


class ComingState(StrEnum):
    """How sure it is that goods come."""

    ON_THE_ROAD = "ON_THE_ROAD"
    FIRM = "FIRM"
    """Promised by an approved plan: reserved, or bought and waited for."""
    EXPECTED = "EXPECTED"
    """Foreseen by the newest approved plan; the next plan may change it."""


class LoweredNeed(Payload):
    """What is still needed of a line; 0 declines it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"item": "n95", "needed_by": "2020-02-02", "units": 300, "reason": "A donation came to us."}
        }
    )

    item: Code
    needed_by: Day
    units: Annotated[Units, Field(description="Approved from now on, with what has come already.")]
    reason: Reason


class ComingView(View):
    """Goods that come to the facility on a day, in units of the item sent."""

    item: str
    serves_item: str = Field(description="What was asked for; differs where a substitute serves.")
    unit: BaseUnit
    units: int
    warehouse: str
    leaves_on: date
    arrives_on: date
    state: ComingState
    transfer_order: str | None


class OutlookNeedView(View):
    """One need: asked, approved, come, coming, and why no more; in units of the item asked for."""

    requisition: str
    program: Program
    item: str
    unit: BaseUnit
    needed_by: date
    requested_units: int
    approved_units: int
    approval_reason: str
    delivered_units: int
    firm_units: int
    expected_units: int
    open_units: int = Field(description="Approved and neither come nor promised.")
    reasons: list[str]
    helps: list[str] = Field(description="What more of something would bring to needs like this one.")


class TurnedDownView(View):
    """A requisition that was rejected, and why."""

    requisition: str
    program: Program
    reported_on: date
    reason: str


class BandsView(View):
    """The steps of the policy of a program in words, and the tier as which the facility counts."""

    program: Program
    tier: int | None
    steps: list[str]


class OutlookView(View):
    """What a facility gets on which day, what is firm and what expected, and why no more."""

    facility: Code
    coming: list[ComingView]
    needs: list[OutlookNeedView]
    waiting: list[str] = Field(description="Requisitions that wait for their review.")
    turned_down: list[TurnedDownView]
    policies: list[BandsView]
