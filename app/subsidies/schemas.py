"""What subsidies take in and show."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AliasPath, Field, StringConstraints

from app.core.http.payloads import (
    Change,
    Choice,
    Code,
    CodeOf,
    Count,
    Day,
    Fen,
    Name,
    Payload,
    Reason,
    Text,
    View,
    unchanged,
)
from app.subsidies.rules import CPI_TRIGGER_PERMILLE, FOOD_TRIGGER_PERMILLE, MINIMUM_FEN
from app.subsidies.types import EntitledGroup, SubsidyKind, SubsidyRunState

Month = Annotated[
    str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$"), Field(description="A month like 2019-12.")
]
Rise = Annotated[int, Field(ge=-1_000, le=100_000, description="Rise on the year in thousandths: 45 is 4.5 %.")]
TriggerPermille = Annotated[int, Field(ge=1, le=10_000, description="Due from this rise on, in thousandths.")]
Factor = Annotated[int, Field(ge=1, le=100_000, description="1000: once what the rule gives; 2000: twice.")]


class NewIndexRegion(Payload):
    """A region for which price indexes are published."""

    code: Code
    name_zh: Name
    name_en: Name
    parent: Code | None = Field(default=None, description="The province whose figures stand in for missing ones.")


class IndexRegionView(View):
    """A region of the price statistics."""

    code: str
    name_zh: str
    name_en: str
    parent: CodeOf | None


class NewIndexFigure(Payload):
    """Price indexes of a month; for a month that has some, the next revision, with the reason."""

    region: Code
    month: Month
    cpi_permille: Rise
    food_permille: Rise
    scpi_permille: Rise | None = Field(default=None, description="The index for low incomes; null: not published.")
    published_on: Day
    source: Reason
    reason: Text = Field(default="", description="Why the figures entered before are corrected.")


class IndexFigureView(View):
    """Price indexes of a region and month, in one revision."""

    region: CodeOf
    month: str
    revision: int
    cpi_permille: int
    food_permille: int
    scpi_permille: int | None
    published_on: date
    source: str
    reason: str
    entered_by: str
    entered_at: datetime


class NewEntitledCount(Payload):
    """People of a group in a zone in a month; for one that is known, the next revision, with the reason."""

    group: Choice[EntitledGroup]
    zone: Code
    month: Month
    people: Count
    source: Reason
    reason: Text = Field(default="", description="Why the count entered before is corrected.")


class EntitledCountView(View):
    """A count in one revision."""

    group: EntitledGroup = Field(validation_alias=AliasPath("entitled_group"))
    zone: CodeOf
    month: str
    revision: int
    people: int
    source: str
    reason: str
    entered_by: str
    entered_at: datetime


class SubsidyStandard(Payload):
    """The local standard of a zone."""

    zone: Code
    base_fen: Annotated[int, Field(ge=1, le=10**9, description="A head and month, in fen.")]


Bases = Annotated[list[SubsidyStandard], Field(min_length=1, max_length=200)]


class NewSubsidyScheme(Payload):
    """When subsidies are due, what they pay, from which fund."""

    code: Code
    name_zh: Name
    name_en: Name
    kind: Choice[SubsidyKind] = SubsidyKind.LINKED
    region: Code
    fund: Code
    cpi_trigger_permille: TriggerPermille = CPI_TRIGGER_PERMILLE
    food_trigger_permille: TriggerPermille = FOOD_TRIGGER_PERMILLE
    minimum_fen: Fen = MINIMUM_FEN
    factor_permille: Factor = 1_000
    source: Text = ""
    bases: Bases


class SubsidySchemeChange(Change):
    """Another rule for the runs to come; runs that were drafted stay as they are."""

    name_zh: Name = unchanged()
    name_en: Name = unchanged()
    fund: Code = unchanged()
    cpi_trigger_permille: TriggerPermille = unchanged()
    food_trigger_permille: TriggerPermille = unchanged()
    minimum_fen: Fen = unchanged()
    factor_permille: Factor = unchanged()
    source: Text = unchanged()
    bases: Bases = unchanged()


class SubsidyStandardView(View):
    """The local standard of a zone."""

    zone: CodeOf
    base_fen: int


class SubsidySchemeView(View):
    """A scheme with its standards."""

    code: str
    name_zh: str
    name_en: str
    kind: SubsidyKind
    region: CodeOf
    fund: CodeOf = Field(validation_alias=AliasPath("fund_source"))
    cpi_trigger_permille: int
    food_trigger_permille: int
    minimum_fen: int
    factor_permille: int
    source: str
    bases: list[SubsidyStandardView]


class NewSubsidyRun(Payload):
    """Draft what a scheme pays for a month."""

    scheme: Code
    month: Month


class SubsidyPayment(Payload):
    """The money has gone out."""

    paid_on: Day
    evidence: Reason = Field(description="The paper that proves it: the bank's list, the treasury's order.")


class SubsidyRejection(Payload):
    """Why a run is turned down."""

    reason: Reason


class SubsidyLineView(View):
    """What a group of a zone gets."""

    group: EntitledGroup = Field(validation_alias=AliasPath("entitled_group"))
    zone: CodeOf
    count_month: str
    people: int
    base_fen: int
    a_head_fen: int
    amount_fen: int


class SubsidyRunHeadView(View):
    """A run in a list."""

    code: str
    scheme: CodeOf
    month: str
    state: SubsidyRunState
    due_by_cpi: bool
    due_by_food: bool
    people: int
    total_fen: int
    pay_by: date
    drafted_by: str
    drafted_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    committed_at: datetime | None
    paid_on: date | None
    paid_by: str | None
    evidence: str
    rejected_by: str | None
    rejection_reason: str


class SubsidyRunView(SubsidyRunHeadView):
    """A run with its lines and its computation in words."""

    figure: IndexFigureView
    cpi_trigger_permille: int
    food_trigger_permille: int
    minimum_fen: int
    factor_permille: int
    lines: list[SubsidyLineView]
    computation_zh: list[str] = Field(default_factory=list, description="Every number that the amount rests on.")
    computation_en: list[str] = Field(default_factory=list)
