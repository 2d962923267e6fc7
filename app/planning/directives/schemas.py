"""What directives take in and show."""

from datetime import date, datetime

from pydantic import ConfigDict, Field

from app.catalog.types import BaseUnit, Program
from app.core.http.payloads import Code, Day, Payload, PositiveUnits, Reason, View
from app.planning.directives.types import DirectiveState


class NewDirective(Payload):
    """A facility gets a quantity of an item by a day, before all others."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "facility": "lukou-peoples-hospital",
                "item": "n95",
                "quantity": 500,
                "needed_by": "2020-02-02",
                "reason": "Takes over the patients of the county hospital.",
                "at_once": False,
            }
        }
    )

    facility: Code
    item: Code
    quantity: PositiveUnits
    needed_by: Day
    reason: Reason
    at_once: bool = Field(
        default=False, description="From free stock by transfer orders of its own; else by the next plan."
    )
    may_use_reserve: bool = Field(default=False, description="Of those at once: the policy's reserve may be used.")


class DirectiveReason(Payload):
    """Why a directive is turned down or called off."""

    reason: Reason


class DirectiveView(View):
    """A directive with its second leader, what it has brought, and its end."""

    code: str
    program: Program
    facility: str
    item: str
    unit: BaseUnit
    quantity: int
    needed_by: date
    reason: str
    at_once: bool
    may_use_reserve: bool
    state: DirectiveState
    ordered_by: str
    ordered_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    requisition: str | None = Field(description="The need that it became when it was confirmed.")
    ended_by: str | None
    ended_at: datetime | None
    ending_reason: str | None


class DirectiveCostView(View):
    """A need that would get another quantity if there were no directives in the plan."""

    facility: str
    item: str
    unit: BaseUnit
    tier: int
    needed_by: date
    wanted_units: int
    planned_units: int
    units_without: int


class PlanDirectiveView(View):
    """What a plan gives to a directive."""

    directive: DirectiveView
    wanted_units: int
    planned_units: int


class PlanDirectivesView(View):
    """The directives that a plan serves first, and what that costs the others."""

    directives: list[PlanDirectiveView]
    costs: list[DirectiveCostView] | None = Field(
        description="From a solve without them; null where that was not computed."
    )
