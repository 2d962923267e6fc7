"""What the register of partners takes in and shows."""

from pydantic import Field

from app.core.http.payloads import Change, Choice, Code, Contact, Name, Payload, View, unchanged
from app.partners.types import PartnerKind


class NewPartner(Payload):
    """A supplier, donor or authority to be entered."""

    code: Code
    name_zh: Name
    name_en: Name
    kind: Choice[PartnerKind]
    contact: Contact = ""
    synthetic: bool = False
    active: bool = True


class PartnerChange(Change):
    """What may be changed of a partner."""

    name_zh: Name = unchanged()
    name_en: Name = unchanged()
    contact: Contact = unchanged()
    synthetic: bool = unchanged()
    active: bool = unchanged()


class PartnerView(View):
    """A supplier, donor or authority."""

    code: str
    name_zh: str
    name_en: str
    kind: PartnerKind
    contact: str
    synthetic: bool
    active: bool
    merged_into: str | None = Field(description="The one that it became; it is never in use again.")
