"""REST of lanes proposed from the map."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.idempotency import Once
from app.core.http.problem_details import problem_answers
from app.facilities.lane_proposals import LaneProposalRule, LaneProposals, enter_proposed, proposed_lanes
from app.facilities.schemas import NewLane

router = APIRouter()


class LaneProposalsView(BaseModel):
    """Lanes that are not there yet."""

    entered: bool = Field(description="False where they were only proposed.")
    lanes: list[NewLane]
    no_position: list[str] = Field(description="Facilities without coordinates, whose zone has none either.")
    by_zone: int = Field(description="Facilities whose position is taken from their zone.")


@router.post(
    "/lane-proposals",
    summary="Propose lanes from the map, or enter them",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def propose_lanes(
    given: LaneProposalRule,
    work: Write,
    once: Once,
    enter: Annotated[bool, Query(description="Enter all that are proposed.")] = False,
) -> Rendered[LaneProposalsView]:
    """Great circle times the road factor gives kilometres; these give days and freight. Lanes that are there stay."""

    def act() -> Rendered[LaneProposalsView]:
        found = proposed_lanes(work.session, given)
        if enter:
            enter_proposed(work, given)
        return Rendered(_view(found, entered=enter))

    return once(work, act)


def _view(found: LaneProposals, *, entered: bool) -> LaneProposalsView:
    return LaneProposalsView(
        entered=entered,
        lanes=[one.lane for one in found.lanes],
        no_position=[row.code for row in found.no_position],
        by_zone=found.by_zone,
    )
