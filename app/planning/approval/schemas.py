"""What deciding on plans takes in and shows."""

from datetime import datetime

from pydantic import Field

from app.core.http.payloads import Code, Payload, Reason, View
from app.core.http.problem_details import ProblemFault
from app.planning.plans.schemas import PlanView
from app.planning.plans.types import PlanState


class PlanReason(Payload):
    """Why a plan is rejected or cancelled."""

    reason: Reason


class PlanOrderConfirmation(Payload):
    """Somebody has looked at what the plan buys and orders it."""

    fund: Code | None = Field(default=None, description="Pays for the offers that name no fund of their own.")


class ApprovalView(View):
    """Who approved a plan, and on which facts."""

    approved_by: str
    approved_at: datetime
    snapshot_digest: str


class EndingView(View):
    """How a plan ended."""

    state: PlanState
    ended_by: str
    ended_at: datetime
    reason: str
    superseded_by: str | None = Field(description="The plan whose approval ended this one.")


class DecidedPlanView(View):
    """A plan with what was decided on it."""

    plan: PlanView
    approval: ApprovalView | None
    ending: EndingView | None
    purchase_orders: list[str] = Field(description="The orders that its purchases became.")


class PlanChangesView(View):
    """What has happened since a plan was computed."""

    missing: list[ProblemFault] = Field(description="What the plan takes and is not there any more.")
    news: list[ProblemFault] = Field(description="Every fact that is new, gone or different; the first twenty by name.")
    new_needs: int = Field(description="Needs that were approved since.")
    new_sources: int = Field(description="Lots, arrivals and offers that have come since.")
