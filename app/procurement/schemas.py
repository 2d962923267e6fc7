"""What funds, pledges and offers take in and show, and what all procurement documents share."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AliasPath, BeforeValidator, ConfigDict, Field, computed_field

from app.catalog.types import BaseUnit
from app.core.http.payloads import (
    Change,
    Choice,
    Code,
    CodeOf,
    Day,
    Days,
    Fen,
    Microyuan,
    Name,
    Payload,
    PositiveUnits,
    Reason,
    Text,
    View,
    unchanged,
)
from app.partners.types import SupplyChannel
from app.procurement.models import PledgeEarmark
from app.procurement.types import OfferState, OverspendRule, PledgeState
from app.stock.models import LotEarmark

EarmarkCodes = Annotated[
    tuple[Code, ...],
    Field(
        strict=False,
        max_length=200,
        description="Facilities that it is given for and may not go past; empty means anyone.",
    ),
]
UnitOfItem = Annotated[BaseUnit, Field(validation_alias=AliasPath("item", "base_unit"), description="Unit of units.")]


def _earmark_codes(earmarks: list[PledgeEarmark] | list[LotEarmark]) -> list[str]:
    return sorted(earmark.facility.code for earmark in earmarks)


EarmarkView = Annotated[list[str], BeforeValidator(_earmark_codes)]
"""In views: the facilities of the earmark rows of a pledge or lot."""


class Notice(View):
    """Something that was let pass but that somebody should look at."""

    code: str = Field(description="Stable; for programs.")
    detail: str = Field(description="For people, in the language asked for.")
    params: dict[str, str | int | None] = Field(description="The values named in the detail.")


class Closing(Payload):
    """Why a document ends before it is fulfilled."""

    reason: Reason


class Rescheduling(Payload):
    """A new day on which the goods are expected, and why."""

    expected_on: Day
    reason: Reason


class NewFund(Payload):
    """Money that may be spent."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "city-special",
                "name_zh": "市级专项资金",
                "name_en": "City special fund",
                "amount_fen": 10174000000,
                "on_overspend": "STOP",
                "source": "Finance bureau, February 2020",
            }
        }
    )

    code: Code
    name_zh: Name
    name_en: Name
    amount_fen: Fen
    on_overspend: Choice[OverspendRule] = OverspendRule.STOP
    source: Text = ""


class FundChange(Change):
    """What may be changed of a fund: more or less money, another rule."""

    name_zh: Name = unchanged()
    name_en: Name = unchanged()
    amount_fen: Fen = unchanged()
    on_overspend: Choice[OverspendRule] = unchanged()
    source: Text = unchanged()


class FundView(View):
    """A fund, what open commitments have taken of it and what is left."""

    code: str
    name_zh: str
    name_en: str
    amount_fen: int
    committed_fen: int = Field(description="Sum of the open commitments.")
    on_overspend: OverspendRule
    source: str

    @computed_field(description="What may still be committed; below 0 where a WARN fund is overspent.")  # type: ignore[prop-decorator]
    @property
    def available_fen(self) -> int:
        """Amount less commitments."""
        return self.amount_fen - self.committed_fen


class CommitmentView(View):
    """What a document has taken of a fund."""

    fund: str = Field(validation_alias=AliasPath("fund_source", "code"))
    amount_fen: int
    reference_kind: str
    reference_key: str
    committed_at: datetime
    released_at: datetime | None = Field(description="Missing while it is open.")


class NewPledge(Payload):
    """A donation or allocation that somebody promises."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "partner": "womens-federation",
                "supply_channel": "DONATION",
                "item": "n95-medical",
                "warehouse": "wh-tianyuan",
                "quantity": 300,
                "expected_on": "2020-02-03",
                "earmark": ["yanling-hospital"],
            }
        }
    )

    partner: Code
    supply_channel: Choice[SupplyChannel] = SupplyChannel.DONATION
    item: Code
    warehouse: Code
    quantity: PositiveUnits
    expected_on: Day
    expiry_date: Day | None = None
    earmark: EarmarkCodes = ()
    note: Text = ""


class PledgeConfirmation(Change):
    """The giver's final word; what is left out stays as promised."""

    quantity: PositiveUnits = unchanged()
    expected_on: Day = unchanged()
    expiry_date: Day | None = unchanged()


class PledgeView(View):
    """A pledge and what came of it."""

    code: str
    partner: CodeOf
    supply_channel: SupplyChannel
    item: CodeOf
    base_unit: UnitOfItem
    warehouse: CodeOf
    quantity: int
    received_units: int
    expected_on: date
    expiry_date: date | None
    state: PledgeState
    earmark: EarmarkView = Field(validation_alias="earmarks")
    note: str
    closing_reason: str


class NewOffer(Payload):
    """What a supplier could sell."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "partner": "medical-trade",
                "item": "n95-medical",
                "warehouse": "wh-tianyuan",
                "fund": "city-special",
                "quantity": 5000,
                "unit_price_microyuan": 14000000,
                "lead_days": 2,
                "valid_until": "2020-02-05",
            }
        }
    )

    partner: Code
    supply_channel: Choice[SupplyChannel] = SupplyChannel.MARKET_PURCHASE
    item: Code
    warehouse: Code
    fund: Code | None = None
    quantity: PositiveUnits
    unit_price_microyuan: Microyuan
    lead_days: Days
    valid_until: Day | None = None


class OfferView(View):
    """An offer and how much of it was ordered."""

    code: str
    partner: CodeOf
    supply_channel: SupplyChannel
    item: CodeOf
    base_unit: UnitOfItem
    warehouse: CodeOf
    fund: CodeOf | None = Field(validation_alias="fund_source")
    quantity: int
    ordered_units: int
    unit_price_microyuan: int
    lead_days: int
    valid_until: date | None
    state: OfferState
