"""A facility needs less than was approved for it: the line is lowered, and what that does to its requisition."""

from app.core.work import Work
from app.requisitions.lifecycle import take_step
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.rules import State, Step, state_after_lowering


def lower_line(
    work: Work, requisition: Requisition, line: RequisitionLine, units: int, reason: str, *, still_owed: bool
) -> None:
    """Approve only `units` of a line from now on; the caller holds the requisition and has refused what cannot be.

    `still_owed` says whether plans owe the requisition anything after this: if not, it is open for the next plan. One
    of which nothing is needed any more is WITHDRAWN, or FULFILLED where something of it has come.
    """
    before = {"approved": line.approved_units}
    line.approved_units, line.approval_reason = units, reason
    requisition.touch()
    details = {"item": line.item.code, "needed_by": line.needed_by.isoformat(), **before, "now": units}
    take_step(work, requisition, Step.LOWER, "REQUISITION_LOWERED", details={**details, "reason": reason})
    if requisition.state is State.PLANNED and not still_owed:
        take_step(work, requisition, Step.GIVE_BACK, "REQUISITION_GIVEN_BACK")
    pairs = [
        (one.approved_units or 0, one.delivered_units + one.carried_units + one.lapsed_units)
        for one in requisition.lines
    ]
    ended = state_after_lowering(requisition.state, pairs)
    if ended is not requisition.state:
        requisition.closing_reason = reason
        work.record(
            f"REQUISITION_{ended.value}",
            "requisition",
            requisition.code,
            before={"state": requisition.state},
            after={"state": ended, "reason": reason},
        )
        requisition.state = ended
