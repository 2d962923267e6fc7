"""What the sample's facilities ask for: their norms times the days, with the faults that real reports have.

A facility asks for its daily use by the norm set of the program, times the days, times its reporting factor (the
factors go round in the order of the facilities), rounded up. Exceptions name who exaggerates, who reports late,
who does not report at all and whose report has not been dealt with.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.catalog.schemas import NewItem, NewNorm
from app.catalog.types import NormBasis, Program
from app.core.http.payloads import Choice, Code, Day, Payload, PositiveUnits, Reason, Text
from app.facilities.schemas import NewFacility
from app.requisitions.schemas import NewRequisition, NewRequisitionLine, Review, ReviewBasis
from app.requisitions.types import RequisitionKind

MILLI = 1_000


class SampleNorm(NewNorm):
    """A norm with the set that it belongs to."""

    norm_set: Code


class Course(StrEnum):
    """How far a requisition of the sample has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    CUT = "cut"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    NOT_REPORTED = "not_reported"


class Stage(Payload):
    """Use over some days that must have arrived by a day."""

    days: Annotated[int, Field(ge=1, le=60)]
    needed_by: Day


class ClaimException(Payload):
    """What is unusual about one facility's requisition in one program."""

    facility: Code
    program: Choice[Program]
    course: Choice[Course] = Course.REVIEWED
    permille: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Factor on the quantities of `items`, or of all lines where none is named."""
    items: list[Code] = Field(default_factory=list)
    reported_on: Day | None = None
    stages: list[Stage] = Field(default_factory=list)
    note: Text = ""
    reason: Text = ""
    """Of the cut, the rejection or the withdrawal."""


class FurtherLine(Payload):
    """An item asked for beyond the norms."""

    item: Code
    requested_units: PositiveUnits
    needed_by: Day
    reason: Text = ""


class FurtherRequisition(Payload):
    """A requisition that no norm explains, given in full."""

    facility: Code
    program: Choice[Program]
    reported_on: Day
    course: Choice[Course]
    note: Text = ""
    reason: Reason
    lines: Annotated[list[FurtherLine], Field(min_length=1)]


class ClaimRule(Payload):
    """The rule by which the sample's facilities claim, and its exceptions."""

    reported_on: Day
    norm_sets: dict[Code, Code]
    """Norm set by program."""
    stages: list[Stage]
    early_stages: list[Stage]
    """For the types and the items below: what is needed soon is asked for apart."""
    early_types: list[Code]
    early_items: list[Code]
    reporting_permille: Annotated[list[int], Field(min_length=1)]
    rounding_units: dict[Code, int]
    """Claims are rounded up to a multiple of this, by program."""
    exceptions: list[ClaimException]
    further: list[FurtherRequisition]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A requisition and what is done with it."""

    requisition: NewRequisition
    course: Course
    reason: str = ""

    @property
    def review(self) -> Review:
        """As requested, or, where the claim is cut, as the norms support."""
        if self.course is Course.CUT:
            return Review(basis=ReviewBasis.ASSESSED, reason=self.reason, lines=[])
        return Review(basis=ReviewBasis.REQUESTED, lines=[])


def basis_count(facility: NewFacility, basis: NormBasis) -> int:
    """How many beds, people or visits a norm of this basis multiplies at the facility."""
    counts = {
        NormBasis.ISOLATION_BED: facility.isolation_beds,
        NormBasis.BED: facility.beds,
        NormBasis.STAFF: facility.staff,
        NormBasis.RESIDENT: facility.residents_served,
        NormBasis.VISIT: facility.visits_per_day,
    }
    return counts[basis]


def daily_use_milliunits(facility: NewFacility, norms: Sequence[SampleNorm]) -> dict[str, int]:
    """Thousandths of a unit that the facility uses a day, by item, over all bases of the norms given."""
    use: dict[str, int] = {}
    for norm in norms:
        if norm.facility_type == facility.facility_type:
            count = basis_count(facility, norm.basis)
            use[norm.item] = use.get(norm.item, 0) + norm.daily_use_milliunits * count
    return {item: milliunits for item, milliunits in use.items() if milliunits > 0}


def claimed_units(milliunits_per_day: int, days: int, permille: int, rounding_units: int) -> int:
    """Use over the days times the factor, rounded up to a multiple of `rounding_units`."""
    return -(-milliunits_per_day * days * permille // (MILLI * MILLI * rounding_units)) * rounding_units


def claims_of(
    facilities: Sequence[NewFacility], items: Sequence[NewItem], norms: Sequence[SampleNorm], rule: ClaimRule
) -> list[Claim]:
    """All requisitions of the sample, in the order of the facilities; those that no norm explains come last."""
    program_of = {item.code: item.program for item in items}
    exceptions = {(one.facility, one.program): one for one in rule.exceptions}
    claims = []
    for position, facility in enumerate(facilities):
        factor = rule.reporting_permille[position % len(rule.reporting_permille)]
        for program in Program:
            used = [n for n in norms if n.norm_set == rule.norm_sets[program] and program_of[n.item] is program]
            exception = exceptions.get((facility.code, program)) or ClaimException(
                facility=facility.code, program=program
            )
            lines = list(_lines(facility, used, rule, exception, factor))
            if lines and exception.course is not Course.NOT_REPORTED:
                reported_on = exception.reported_on or rule.reported_on
                claims.append(_claim(facility.code, program, reported_on, exception, lines))
    return claims + [_claim_beyond_norms(one) for one in rule.further]


def _claim(
    facility: str, program: Program, reported_on: date, exception: ClaimException, lines: list[NewRequisitionLine]
) -> Claim:
    requisition = NewRequisition(
        facility=facility, program=program, reported_on=reported_on, note=exception.note, lines=lines
    )
    return Claim(requisition=requisition, course=exception.course, reason=exception.reason)


def _lines(
    facility: NewFacility, norms: Sequence[SampleNorm], rule: ClaimRule, exception: ClaimException, factor: int
) -> Iterator[NewRequisitionLine]:
    rounding_units = rule.rounding_units[exception.program]
    for item, milliunits in daily_use_milliunits(facility, norms).items():
        early = facility.facility_type in rule.early_types or item in rule.early_items
        stages = exception.stages or (rule.early_stages if early else rule.stages)
        concerned = not exception.items or item in exception.items
        permille = factor * exception.permille // MILLI if concerned else factor
        for stage in stages:
            units = claimed_units(milliunits, stage.days, permille, rounding_units)
            yield NewRequisitionLine(item=item, requested_units=units, needed_by=stage.needed_by)


def _claim_beyond_norms(further: FurtherRequisition) -> Claim:
    lines = [
        NewRequisitionLine(
            item=line.item, requested_units=line.requested_units, needed_by=line.needed_by, reason=line.reason
        )
        for line in further.lines
    ]
    requisition = NewRequisition(
        facility=further.facility,
        program=further.program,
        reported_on=further.reported_on,
        note=further.note,
        kind=RequisitionKind.EXTRA,
        extra_reason=further.reason,
        lines=lines,
    )
    return Claim(requisition=requisition, course=further.course, reason=further.reason)
