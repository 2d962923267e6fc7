"""The API of merging: one row becomes another of its kind, or is told what that would do."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.auth import CurrentActor, Right, needs
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.http.answers import Rendered
from app.core.http.deps import Now, OpenDatabase
from app.core.http.idempotency import Once
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import OptionalIfMatch
from app.core.versioned import Precondition
from app.core.work import Work
from app.merging.schemas import MergeOrder, MergeView
from app.merging.service import check_merge, merge
from app.merging.types import MergeKind

router = APIRouter(tags=["merging"])

Check = Annotated[bool, Query(description="Only tell what would be moved.")]


def _merged(
    kind: MergeKind,
    code: str,
    order: MergeOrder,
    database: Database,
    actor: Actor,
    clock: Clock,
    if_match: Precondition,
    check: bool,
) -> Rendered[MergeView]:
    if check:
        return Rendered(MergeView.of(check_merge(database, actor, clock, kind, code, order.into), entered=False))
    with database.write() as session:
        merged = merge(Work(session, actor, clock), kind, code, order.into, if_match)
    return Rendered(MergeView.of(merged, entered=True))


@router.post(
    "/facilities/{code}/merge",
    summary="Merge a facility or warehouse into another",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def merge_facility(
    code: Code,
    order: MergeOrder,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    if_match: OptionalIfMatch,
    once: Once,
    check: Check = False,
) -> Rendered[MergeView]:
    """Closes it; needs, lanes, other names, earmarks and accounts go to the one that stays. Refused while deliveries,
    promises of plans, stock or leaders' decisions are in hand."""

    def act() -> Rendered[MergeView]:
        return _merged(MergeKind.FACILITY, code, order, database, actor, clock, if_match, check)

    return once.apart(database, actor, clock, act)


@router.post(
    "/items/{code}/merge",
    summary="Merge an item into another",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def merge_item(
    code: Code,
    order: MergeOrder,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    if_match: OptionalIfMatch,
    once: Once,
    check: Check = False,
) -> Rendered[MergeView]:
    """Closes it; needs, lots, units, norms, substitutions and other names go to the one that stays. Refused for
    another program or base unit, and while orders or reservations are in hand."""

    def act() -> Rendered[MergeView]:
        return _merged(MergeKind.ITEM, code, order, database, actor, clock, if_match, check)

    return once.apart(database, actor, clock, act)


@router.post(
    "/partners/{code}/merge",
    summary="Merge a partner into another",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def merge_partner(
    code: Code,
    order: MergeOrder,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    if_match: OptionalIfMatch,
    once: Once,
    check: Check = False,
) -> Rendered[MergeView]:
    """Closes it; pledges, offers and orders that still stand go to the one that stays."""

    def act() -> Rendered[MergeView]:
        return _merged(MergeKind.PARTNER, code, order, database, actor, clock, if_match, check)

    return once.apart(database, actor, clock, act)
