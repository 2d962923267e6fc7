"""What the public is shown; no names of persons."""

from datetime import date, datetime

from pydantic import Field

from app.core.http.payloads import View
from app.disclosure.schemas import DisclosureIssueView, DisclosureLineView

LICENCE = "CC-BY-4.0"


class PublicVersion(View):
    """A version of the balance of a day."""

    code: str
    version: int
    reason: str = Field(description="Why the version before it was corrected; empty for the first.")
    published_at: datetime


class PublicBalance(View):
    """The newest version of the balance published last."""

    as_of: date
    code: str
    version: int
    reason: str
    published_at: datetime
    licence: str = LICENCE
    lines: list[DisclosureLineView]
    issues: list[DisclosureIssueView]
    versions: list[PublicVersion] = Field(description="All versions of this day, the newest first.")


class GiftDelivery(View):
    """Units that a facility took at its door."""

    facility: str
    facility_name_zh: str
    facility_name_en: str
    units: int
    last_day: date


class GiftLot(View):
    """What was accepted of an item, and where the units of its lot are now."""

    item: str
    item_name_zh: str
    item_name_en: str
    unit: str
    accepted: int = Field(description="Units of this gift that were accepted into stock.")
    rejected: int
    lot_received: int = Field(description="Units of the lot in all; more than accepted where other gifts share it.")
    in_warehouses: int
    on_the_road: int
    lost: int
    returned: int
    deliveries: list[GiftDelivery]


class PublicGift(View):
    """A gift by its receipt number, followed to the doors of the facilities."""

    receipt: str
    received_on: date
    changed_at: datetime = Field(description="When the last movement of these lots was recorded.")
    licence: str = LICENCE
    lots: list[GiftLot]
