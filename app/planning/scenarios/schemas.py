"""What scenarios take in: the changes; and what they show: the comparison with the plan that they vary."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from app.catalog.types import Program
from app.core.http.payloads import Choice, Code, Day, Name, Payload, PositiveUnits, View
from app.partners.types import SupplyChannel
from app.planning.policies.schemas import Permille, Tier
from app.planning.runs.types import RunState


class NeedChange(Payload):
    """Needs of a tier, of an item, of both or all of them rise or fall."""

    kind: Literal["need"]
    percent: Annotated[int, Field(ge=-100, le=1000, description="+30: needs are 1.3 times as large.")]
    tier: Tier | None = None
    item: Code | None = None


class ArrivalsLate(Payload):
    """Confirmed arrivals come later, all of them or those of one channel. Offers keep their lead time."""

    kind: Literal["arrivals_late"]
    days: Annotated[int, Field(ge=1, le=60)]
    channel: Choice[SupplyChannel] | None = None


class ChannelLost(Payload):
    """A channel gives nothing any more: its arrivals and its offers fall away; what it brought before stays."""

    kind: Literal["channel_lost"]
    channel: Choice[SupplyChannel]


class WarehouseLost(Payload):
    """A warehouse cannot be used: its stock, arrivals, offers and roads fall away."""

    kind: Literal["warehouse_lost"]
    warehouse: Code


class ExtraPurchase(Payload):
    """More of an item comes to a warehouse, from outside of all funds."""

    kind: Literal["purchase"]
    item: Code
    warehouse: Code
    quantity: PositiveUnits
    arrives_on: Day


class CapChange(Payload):
    """A band of the policy serves a tier up to another share."""

    kind: Literal["cap"]
    band: Annotated[int, Field(ge=0, le=99, description="Position of the band, from 0.")]
    tier: Tier
    cap_permille: Permille


ScenarioChange = Annotated[
    NeedChange | ArrivalsLate | ChannelLost | WarehouseLost | ExtraPurchase | CapChange, Field(discriminator="kind")
]


class NewScenario(Payload):
    """A plan's facts with changes, applied in their order."""

    title: Name
    base_plan: Code
    changes: Annotated[list[ScenarioChange], Field(min_length=1, max_length=50)]


class ScenarioView(View):
    """A scenario; its state is that of its run."""

    code: str
    title: str
    program: Program
    base_plan: str
    changes: list[dict[str, Any]]
    state: RunState
    run: str = Field(description="The run that computes it; `GET /plan-runs/{code}`.")
    problem_digest: str
    cost_fen: int | None
    base_cost_fen: int | None
    created_by: str
    created_at: datetime


class GroupView(BaseModel):
    """The needs of a tier, zone, item or facility in the plan and in the scenario; shares are means over needs."""

    key: str
    name: str
    needs: int
    base_share: float | None
    share: float | None
    base_lowest: float | None
    lowest: float | None
    base_units: int
    units: int
    gain: int = Field(description="Needs whose share rises.")
    lose: int


class TierView(GroupView):
    """A tier, with how long what it gets lasts at the rate of its needs."""

    base_cover_days: float | None
    cover_days: float | None
    base_first_short_on: date | None = Field(description="The first day on which an item runs short; missing if none.")
    base_first_short_item: str | None
    first_short_on: date | None
    first_short_item: str | None


class ScenarioComparisonView(BaseModel):
    """Who gains and who loses against the plan."""

    scenario: str
    base_plan: str
    gain: int
    lose: int
    base_mean_share: float | None
    mean_share: float | None
    base_lowest_share: float | None
    lowest_share: float | None
    tiers: list[TierView]
    zones: list[GroupView]
    items: list[GroupView]
    facilities: list[GroupView]
