"""The sample's requisitions as they came in, and what the supplies group did with them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, time
from functools import partial

from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.clock import Clock
from app.core.rights import ROLE_RIGHTS, Role
from app.core.work import Work
from app.requisitions.schemas import BulkReview, RequisitionReview
from app.requisitions.service import create_requisitions, reject, review_all, submit_all, withdraw
from app.sample.claims import Claim, Course
from app.sample.steps import Step

REPORTERS = Actor.system("facilities", ROLE_RIGHTS[Role.FACILITY])
SUPPLIES_GROUP = Actor.system("supplies group", ROLE_RIGHTS[Role.SUPPLIES_GROUP])


def claim_steps(claims: Sequence[Claim]) -> Iterator[Step]:
    """One step for each day on which facilities reported."""
    by_day: dict[date, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_day[claim.requisition.reported_on].append(claim)
    for day, reported in sorted(by_day.items()):
        yield Step(on=day, at=time(11), act=partial(_report, reported))


def _report(claims: Sequence[Claim], session: Session, clock: Clock) -> None:
    created = create_requisitions(Work(session, REPORTERS, clock), [claim.requisition for claim in claims])
    dealt_with = [(one.code, claim) for one, claim in zip(created, claims, strict=True)]
    sent = [code for code, claim in dealt_with if claim.course is not Course.DRAFT]
    submit_all(Work(session, REPORTERS, clock), sent)
    reviews = [
        RequisitionReview(requisition=code, **dict(claim.review))
        for code, claim in dealt_with
        if claim.course in (Course.REVIEWED, Course.CUT)
    ]
    if reviews:
        review_all(Work(session, SUPPLIES_GROUP, clock), BulkReview(reviews=reviews))
    for code, claim in dealt_with:
        if claim.course is Course.REJECTED:
            reject(Work(session, SUPPLIES_GROUP, clock), code, claim.reason)
        if claim.course is Course.WITHDRAWN:
            withdraw(Work(session, REPORTERS, clock), code, claim.reason)
