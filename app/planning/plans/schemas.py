"""What plans take in and show over the API."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.catalog.types import Program
from app.core.http.payloads import Code, Day, Payload, PositiveUnits, View
from app.planning.plans.types import PlanState


class NewPlan(Payload):
    """A plan to be computed from the facts as they are now."""

    program: Annotated[Program, Field(strict=False)]
    policy_version: Annotated[int | None, Field(ge=1, le=10**6)] = None
    start: Day | None = None
    """First day of the plan; today when missing."""
    follows: Code | None = None
    """The plan whose shipments should change as little as the policy allows."""


class FairnessPriceView(BaseModel):
    """What sharing fairly costs of an item, in its units."""

    item: str
    asked: int
    met: float = Field(description="What the plan meets.")
    most: float = Field(description="The most that could be met if nobody were owed a floor or an equal share.")


class PlanView(View):
    """A plan in a list."""

    code: str
    program: Program
    policy_version: int
    state: PlanState
    start: date
    horizon_days: int
    snapshot_digest: str
    problem_digest: str
    cost_fen: int | None
    is_partial: bool = Field(description="Time let only its first bands be proved; the policy says if it will do.")
    fairness_prices: list[FairnessPriceView]
    failure: str
    follows: str | None
    proposed_by: str
    proposed_at: datetime


class ReasonView(View):
    """Why a need gets no more: a code with parameters, and the sentence for it."""

    code: str
    params: dict[str, Any]
    text: str


class PlanDemandView(View):
    """What a plan gives to one need."""

    id: int
    requisition_line_id: int
    facility: str
    facility_name: str
    zone: str
    item: str
    unit: str
    tier: int
    needed_by: date
    wanted_units: int
    planned_units: int
    asked_before_units: int = Field(description="Approved of the item over the policy's days of history.")
    received_before_units: int = Field(description="What of that has come or is promised.")
    shares: list[float] = Field(description="Relaxed share after each band.")
    reasons: list[ReasonView]


class AllocationLineView(View):
    """Whole packs for one need, leaving a warehouse on a day."""

    id: int
    demand_id: int
    facility: str
    item: str
    source: str
    lot: str | None
    offer: str | None
    warehouse: str
    ship_on: date
    firm: bool = Field(description="It leaves on a firm day: an approval promises it; the others are foreseen only.")
    quantity: int
    unit: str


class PlanPurchaseView(View):
    """An offer that the plan buys from."""

    offer: str
    item: str
    partner: str
    quantity: PositiveUnits
    cost_fen: int


class PlanLimitView(View):
    """A limit that held needs below their caps, and the gain of more of it, from a re-solve."""

    limit: str
    kind: str
    demands: int
    gain: dict[str, Any] | None
