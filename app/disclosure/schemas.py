"""Payloads and views of disclosure."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.core.http.payloads import Choice, Code, Day, Payload, Text, Units, View
from app.partners.types import SupplyChannel


class StatedLine(Payload):
    """Figures of an item and channel as somebody prepared them."""

    item: Code
    channel: Choice[SupplyChannel]
    received: Units
    issued: Units
    in_transit: Units = 0
    on_hand: Units
    lost: Units = 0
    returned: Units = 0


class NewDisclosure(Payload):
    """The balance at the end of a day, to be published; the figures come from the ledger."""

    as_of: Day
    reason: Text = Field(default="", description="Why what was published for this day is corrected.")
    stated: Annotated[list[StatedLine], Field(max_length=1000)] | None = Field(
        default=None, description="Figures prepared by hand: publication is refused unless the ledger says the same."
    )


class DisclosureLineView(View):
    """Where the units of an item that came through a channel are."""

    item: str
    item_name_zh: str
    item_name_en: str
    unit: str
    channel: SupplyChannel
    received: int
    issued: int
    in_transit: int
    on_hand: int
    lost: int
    returned: int


class DisclosureIssueView(View):
    """What a facility was issued of an item."""

    item: str
    facility: str
    facility_name_zh: str
    facility_name_en: str
    issued: int
    unit: str


class DisclosureDirectiveView(View):
    """What two leaders gave to one facility before all others."""

    code: str
    facility: str
    facility_name_zh: str
    facility_name_en: str
    item: str
    unit: str
    quantity: int
    needed_by: date
    at_once: bool
    reason: str


class DisclosureHeadView(View):
    """A version in a list."""

    code: str
    as_of: date
    version: int
    reason: str
    published_by: str
    published_at: datetime


class DisclosureView(DisclosureHeadView):
    """A version with all its figures."""

    lines: list[DisclosureLineView]
    issues: list[DisclosureIssueView]
    directives: list[DisclosureDirectiveView]


class PublishedDayView(View):
    """A day whose balance has been published."""

    as_of: date
    published_at: datetime = Field(description="When its newest version was published.")
    due_since: datetime | None = Field(description="Since when its figures differ from what was published.")
