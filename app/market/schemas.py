"""What series, observations, baselines, alert rules and alarms look like on the wire."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.core.http.payloads import (
    QUANTITY_MAX,
    Change,
    Choice,
    Code,
    CodeOf,
    Contact,
    Day,
    Name,
    Payload,
    Reason,
    View,
    unchanged,
)
from app.core.rights import Role
from app.market.types import (
    AlertLevel,
    AlertState,
    Measure,
    ObservationState,
    Question,
    SeriesKind,
    SupplyGroup,
)

OBSERVATIONS_MAX = 2_000

Value = Annotated[
    int,
    Field(
        ge=0,
        le=QUANTITY_MAX,
        description="Prices: fen for a kilogram of what is weighed, for one base unit of everything else. Quantities: "
        "base units (grams). Outlets: how many are open.",
    ),
]
Price = Annotated[int, Field(ge=1, le=10**9, description="Fen for a kilogram, or for one base unit.")]
Hour = Annotated[int, Field(ge=0, le=23, description="Hour of the city's day by which a value is owed.")]
Permille = Annotated[int, Field(ge=0, le=10_000)]


class NewSeries(Payload):
    """A series to be observed at a market."""

    code: Code
    market: Code = Field(description="The market, supermarket or producer: a facility.")
    kind: Choice[SeriesKind]
    item: Code | None = Field(default=None, description="Left out for outlets alone.")
    group: Choice[SupplyGroup]
    out_of: Annotated[int, Field(ge=1, le=QUANTITY_MAX)] | None = Field(
        default=None, description="All outlets, of which those open are counted; a producer's capacity a day."
    )
    due_hour: Hour | None = None
    contact: Contact = ""
    synthetic: bool = False


class SeriesChange(Change):
    """What may change of a series."""

    out_of: Annotated[int, Field(ge=1, le=QUANTITY_MAX)] | None = unchanged()
    due_hour: Hour | None = unchanged()
    contact: Contact = unchanged()
    active: bool = unchanged()


class SeriesView(View):
    """A series."""

    code: str
    market: CodeOf
    kind: SeriesKind
    item: CodeOf | None
    supply_group: SupplyGroup = Field(serialization_alias="group")
    out_of: int | None
    due_hour: int | None
    contact: str
    synthetic: bool
    active: bool


class NewObservation(Payload):
    """The value of a series on a day; a second one for a day takes the place of the first, which is kept."""

    series: Code
    day: Day
    value: Value
    cost_fen: Price | None = Field(default=None, description="What the seller paid, in the unit of the price.")
    source: Name | None = None
    confirmed: bool = Field(default=False, description="The value was asked about, and it is right as it stands.")


class NewObservations(Payload):
    """Values that are entered together; all of them or none."""

    observations: Annotated[list[NewObservation], Field(min_length=1, max_length=OBSERVATIONS_MAX)]


class ObservationView(View):
    """One revision of the value of a day."""

    id: int
    series: CodeOf
    day: date
    revision: int
    is_newest: bool
    value: int
    cost_fen: int | None
    source: str
    state: ObservationState
    question: Question | None
    usual: int | None = Field(description="What it was compared with when it was questioned.")
    entered_at: datetime
    entered_by: str
    decided_at: datetime | None
    decided_by: str
    reason: str


class ObservationDecision(Payload):
    """A questioned value is right, or it is not counted."""

    accept: bool
    reason: Reason


class NewBaseline(Payload):
    """The price that later ones are held against."""

    day: Day
    price_fen: Price
    cost_fen: Price | None = None
    source: Reason


class BaselineView(View):
    """The baseline of a series."""

    series: CodeOf
    day: date
    price_fen: int
    cost_fen: int | None
    source: str


class AlertRuleView(View):
    """A rule with its limits and their source."""

    code: str
    measure: Measure
    supply_group: SupplyGroup | None = Field(serialization_alias="group")
    window_days: int
    yellow_permille: int | None
    red_permille: int | None
    source: str
    active: bool


class AlertRuleChange(Change):
    """What may change of a rule; the source of new limits belongs to them."""

    yellow_permille: Permille | None = unchanged()
    red_permille: Permille | None = unchanged()
    source: Reason = unchanged()
    active: bool = unchanged()


class AlertView(View):
    """An alarm."""

    id: int
    rule: CodeOf
    series: CodeOf
    day: date
    level: AlertLevel
    text: Annotated[str, BeforeValidator(str)] = Field(
        validation_alias="told", description="In English; `message` and `params` are its parts."
    )
    message: str
    params: dict[str, Any]
    state: AlertState
    owner: Role
    raised_at: datetime
    due_at: datetime
    escalated_at: datetime | None
    answered_by: str
    answer: str
    closed_at: datetime | None


class AlertAnswer(Payload):
    """What is done about an alarm; with `close`, it is over."""

    answer: Reason
    close: bool = False


class ForecastView(View):
    """What was foreseen on a day for a series; `refusal` says why not."""

    id: int
    series: CodeOf
    day: date
    made_at: datetime
    method: str
    refusal: str = Field(description="In English, with its `params`; empty where there is a forecast.")
    params: dict[str, Any]
    points: list[dict[str, Any]] = Field(description="By day: point, low and high of the interval of 90 %.")
    mase_permille: int | None
    naive_mase_permille: int | None = Field(description="Of the seasonal naive forecast at the same origins.")
    coverage_permille: int | None
