"""What requisitions look like on the wire."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.catalog.types import BaseUnit, Program
from app.core.http.payloads import Choice, Code, Day, Payload, PositiveUnits, Reason, Text, Units, View
from app.requisitions.types import RequisitionKind, RequisitionState

LINES_MAX = 500
REQUISITIONS_MAX = 500


class NewRequisitionLine(Payload):
    """One item that a facility asks for."""

    item: Code
    requested_units: PositiveUnits
    needed_by: Day
    """The day on which it must have arrived."""
    reason: Text = ""
    on_hand_units: Units | None = None
    """What the facility still has itself, where it says so."""


class NewRequisition(Payload):
    """What a facility asks for in one program on one day."""

    facility: Code
    program: Choice[Program]
    reported_on: Day
    """The day whose situation it describes."""
    note: Text = ""
    kind: Choice[RequisitionKind] = RequisitionKind.REPORT
    """A report takes the place of the report before, once it is reviewed; an extra adds to it."""
    extra_reason: Text = ""
    """Needed for an extra: why it comes beside the report."""
    lines: Annotated[list[NewRequisitionLine], Field(min_length=1, max_length=LINES_MAX)]


class ReviewBasis(StrEnum):
    """What a line gets that the review does not name: what was requested, or the assessed quantity where smaller."""

    REQUESTED = "requested"
    ASSESSED = "assessed"


class ReviewLine(Payload):
    """The decision on one line, named by its item and day."""

    item: Code
    needed_by: Day
    approved_units: Units
    reason: Text = ""
    """Needed where the approved quantity differs from the requested one."""


class Review(Payload):
    """The decision on all lines of a requisition."""

    basis: Choice[ReviewBasis] | None = None
    """For the lines not named below; without it every line must be named."""
    reason: Text = ""
    """For the lines that the basis gives less than was requested."""
    lines: Annotated[list[ReviewLine], Field(max_length=LINES_MAX, default_factory=list)]


class RequisitionReview(Review):
    """One of several reviews made at once."""

    requisition: Code


class BulkReview(Payload):
    """Reviews of several requisitions; all are made, or none."""

    reviews: Annotated[list[RequisitionReview], Field(min_length=1, max_length=REQUISITIONS_MAX)]


class ClosingReason(Payload):
    """Why a requisition is rejected or withdrawn."""

    reason: Reason


class RequisitionLineView(View):
    """One line with what was requested, assessed, approved and delivered."""

    item: str
    item_name_zh: str
    item_name_en: str
    unit: BaseUnit
    needed_by: date
    requested_units: int
    on_hand_units: int | None
    assessed_units: int | None = Field(
        description="The most that any norm set supports beside all open lines; missing where no norm speaks."
    )
    claimed_units: int = Field(description="What other open lines claim of the same days.")
    last_units: int | None = Field(description="What the facility asked for last time.")
    peer_units: int | None = Field(description="The most that peers make plausible, where no norm speaks.")
    approved_units: int | None
    approval_reason: str
    delivered_units: int
    carried_units: int = Field(description="What came of promises made to the reports before this one.")
    lapsed_units: int = Field(description="What had not come when its days had passed: not owed any more.")
    reason: str
    flags: list[str]


class RequisitionView(View):
    """A requisition with its lines and what to look at in it."""

    code: str
    facility: str
    facility_name_zh: str
    facility_name_en: str
    facility_type: str
    zone: str
    program: Program
    kind: RequisitionKind
    extra_reason: str
    state: RequisitionState
    replaced_by: str | None = Field(description="Code of the newer report that closed its open rest.")
    reported_on: date
    note: str
    created_at: datetime
    created_by: str
    submitted_at: datetime | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    closing_reason: str
    flags: list[str]
    lines: list[RequisitionLineView]


class AssessmentView(View):
    """What one norm set supports for one line, with the calculation."""

    item: str
    needed_by: date
    norm_set: str
    days: int
    gross_units: int
    on_hand_units: int | None
    claimed_units: int
    assessed_units: int


class CensusRow(View):
    """Needs for one item in one zone and tier, in base units of the item."""

    item: str
    item_name_zh: str
    item_name_en: str
    unit: BaseUnit
    zone: str
    zone_name_zh: str
    zone_name_en: str
    tier: int | None = Field(description="Missing for facility types to which no tier was given.")
    facility_count: int
    line_count: int
    lines_without_norm: int
    requested_units: int
    assessed_units: int
    approved_units: int
    delivered_units: int


class Census(View):
    """All needs of a program in a period."""

    program: Program
    rows: list[CensusRow]


class ReportingGap(View):
    """A facility from which no recent report has come in a program."""

    facility: str
    name_zh: str
    name_en: str
    facility_type: str
    zone: str
    last_reported_on: date | None
    days_since: int | None
