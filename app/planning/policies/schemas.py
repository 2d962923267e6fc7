"""What policies and tier raises take in and show over the API."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.catalog.types import Program
from app.core.http.payloads import Code, Day, Name, Payload, Reason, Units, View

Tier = Annotated[int, Field(ge=1, le=99, description="Priority tier; 1 comes first.")]
Permille = Annotated[int, Field(ge=0, le=1000, description="Share in thousandths.")]


class BandCapPayload(Payload):
    """Up to which share of its need a tier is served in a band."""

    tier: Tier
    cap_permille: Permille


class BandPayload(Payload):
    """A step of the policy."""

    name_zh: Name
    name_en: Name
    caps: Annotated[list[BandCapPayload], Field(min_length=1, max_length=99)]


class TierPayload(Payload):
    """The tier of a facility type."""

    facility_type: Code
    tier: Tier


class ReservePayload(Payload):
    """Units of an item that must stay in the warehouses."""

    item: Code
    quantity: Units


class NewPolicy(Payload):
    """A new version of a program's policy; the versions before it stay as they were."""

    program: Annotated[Program, Field(strict=False)]
    title_zh: Name
    title_en: Name
    horizon_days: Annotated[int, Field(ge=1, le=60)]
    firm_days: Annotated[
        int, Field(ge=1, le=60, description="Days from its start that a plan promises; the others are foreseen.")
    ] = 2
    max_age_hours: Annotated[
        int, Field(ge=1, le=1440, description="A plan that is older must be computed anew before it is approved.")
    ] = 24
    history_days: Annotated[
        int, Field(ge=0, le=366, description="So many days back it counts what was approved and got; 0: none.")
    ] = 14
    allows_partial: Annotated[
        bool, Field(description="Whether a plan may be approved of which time let only the first bands be proved.")
    ] = False
    norm_set: Code | None = None
    bands: Annotated[list[BandPayload], Field(min_length=1, max_length=20)]
    tiers: Annotated[list[TierPayload], Field(min_length=1, max_length=200)]
    reserves: Annotated[list[ReservePayload], Field(max_length=1000, default_factory=list)]


class BandView(View):
    """A step of the policy."""

    position: int
    name_zh: str
    name_en: str
    caps: dict[int, int] = Field(description="Cap in thousandths by tier.")


class PolicyView(View):
    """One version of a program's policy."""

    program: Program
    version: int
    title_zh: str
    title_en: str
    horizon_days: int
    firm_days: int
    max_age_hours: int
    history_days: int
    allows_partial: bool
    bands: list[BandView]
    tiers: dict[str, int] = Field(description="Tier by facility type.")
    reserves: dict[str, int] = Field(description="Reserved units by item.")
    created_at: datetime
    created_by: str


class NewTierRaise(Payload):
    """A leader's decision that one facility counts as a higher tier for a while."""

    facility: Code
    tier: Tier
    reason: Reason
    valid_from: Day
    valid_until: Day


class TierRaiseView(View):
    """A tier raise."""

    id: int
    facility: str
    tier: int
    reason: str
    valid_from: date
    valid_until: date
    raised_by: str
    raised_at: datetime
    confirmed_by: str | None = Field(description="The second leader; before there is one, it does not count.")
    confirmed_at: datetime | None
    ended_by: str | None = Field(description="Who turned it down or called it off.")
    ended_at: datetime | None
    ending_reason: str | None


class RaiseReason(Payload):
    """Why a tier raise is turned down or called off."""

    reason: Reason
