"""What the facilities of a plan had been approved and got before it: kept with the plan, shown beside its needs."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.planning.plans.models import AllocationPlan, PlanDemand, PlanHistory
from app.planning.snapshot.history import History, Key


def keep_history(
    session: Session, plan: AllocationPlan, demands: Mapping[str, PlanDemand], history: Mapping[Key, History]
) -> None:
    """Store the history of everybody who asks in the plan, by facility and item; none where there is none."""
    places = {(row.facility.code, row.item.code): (row.facility_id, row.item_id) for row in demands.values()}
    session.add_all(
        PlanHistory(
            plan_id=plan.id,
            facility_id=places[key][0],
            item_id=places[key][1],
            asked_units=past.asked_units,
            received_units=past.received_units,
        )
        for key, past in history.items()
        if key in places
    )
    session.flush()


def history_in(session: Session, plan: AllocationPlan) -> dict[tuple[int, int], PlanHistory]:
    """The history that a plan was made with, by the ids of facility and item."""
    query = select(PlanHistory).where(PlanHistory.plan_id == plan.id)
    return {(row.facility_id, row.item_id): row for row in session.scalars(query)}
