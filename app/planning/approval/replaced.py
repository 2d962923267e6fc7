"""Plans whose needs stood in reports that newer ones have replaced since: the plan sends what is still needed.

A plan computed at eight is decided on at noon, and reports come in between. Whoever needs less by the newer report
gets less: the rest of the line is not reserved, stays free for the next plan, and is told as news before the decision.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Substitution
from app.core.errors import Fault
from app.planning.approval.requirements import NeedNow
from app.planning.commitments.giving_back import Promise, units_to_give_back
from app.planning.plans.models import AllocationLine
from app.planning.snapshot.facts import Snapshot
from app.requisitions.types import RequisitionState


def is_replaced(line: AllocationLine) -> bool:
    """Whether a newer report stands in the place of the one that the line serves."""
    return line.demand.requisition_line.requisition.state is RequisitionState.REPLACED


def ratios_of(session: Session, lines: Iterable[AllocationLine]) -> dict[int, int]:
    """Units asked for that 1,000 units of each line's item serve, by line."""
    rows = session.scalars(select(Substitution)).unique()
    known = {(row.item_id, row.serves_item_id): row.ratio_permille for row in rows}
    return {line.id: known.get((line.item_id, line.demand.item_id), 1000) for line in lines}


def replacing_needs(lines: Iterable[AllocationLine], snapshot: Snapshot) -> dict[int, NeedNow]:
    """What is needed now in the place of each need whose report was replaced, by requisition line; each unit once.

    At most what the plan knew of: what the newer report needs beyond that is for the next plan.
    """
    served = {line.demand.requisition_line_id: line for line in lines}
    left: dict[tuple[str, str], int] = defaultdict(int)
    for need in snapshot.needs.values():
        if need.line_id not in served:
            left[need.facility, need.item] += need.remaining_units
    found = {}
    for need_id, line in sorted(served.items()):
        if is_replaced(line):
            place, item = line.demand.facility.code, line.demand.item.code
            units = min(left[place, item], line.demand.wanted_units)
            left[place, item] -= units
            label = f"{line.demand.requisition_line.requisition.replaced_by}/{item}"
            found[need_id] = NeedNow(label=label, item=item, facility=place, units=units)
    return found


def units_less(
    lines: Iterable[AllocationLine], needs: Mapping[int, NeedNow], ratios: Mapping[int, int]
) -> dict[int, int]:
    """Units that lines send less than planned because newer reports need less, by line; no pack is broken."""
    promises: dict[int, list[Promise]] = defaultdict(list)
    for line in lines:
        if is_replaced(line):
            promises[line.demand.requisition_line_id].append(
                Promise(
                    line_id=line.id,
                    ship_on=line.ship_on,
                    units=line.quantity,
                    pack_units=line.item.pack_units,
                    ratio_permille=ratios[line.id],
                )
            )
    less: dict[int, int] = {}
    for need_id, of_need in promises.items():
        less |= units_to_give_back(of_need, needs[need_id].units)
    return less


def sent_less(lines: Sequence[AllocationLine], needs: Mapping[int, NeedNow], ratios: Mapping[int, int]) -> list[Fault]:
    """For each line that sends less than planned, what its facility needs now and what it will get."""
    less = units_less(lines, needs, ratios)
    message = "{place} needs {open} of {item} by its newer report: {now} instead of {wanted} are sent on {day}."
    return [
        Fault(
            "need_lowered_by_report",
            message,
            "demands",
            {
                "key": needs[line.demand.requisition_line_id].label,
                "place": line.demand.facility.code,
                "item": line.item.code,
                "open": needs[line.demand.requisition_line_id].units,
                "now": line.quantity - less[line.id],
                "wanted": line.quantity,
                "day": line.ship_on.isoformat(),
            },
        )
        for line in lines
        if line.id in less
    ]
