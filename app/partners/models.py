"""Table of partners: those who sell, give or allocate supplies."""

from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Key, enum_column


class SupplyChannel(StrEnum):
    """How supplies reach the city."""

    MARKET_PURCHASE = "MARKET_PURCHASE"
    DONATION = "DONATION"
    PROVINCIAL_ALLOCATION = "PROVINCIAL_ALLOCATION"
    SPECIAL_HANDLING = "SPECIAL_HANDLING"
    LOCAL_PRODUCTION = "LOCAL_PRODUCTION"


class PartnerKind(StrEnum):
    """What a partner is to the city."""

    SUPPLIER = "supplier"
    DONOR = "donor"
    AUTHORITY = "authority"


class Partner(Base):
    """A supplier, donor or authority that supplies come from."""

    __tablename__ = "partner"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    kind: Mapped[PartnerKind] = mapped_column(enum_column(PartnerKind, "partner_kind"))
    contact: Mapped[str] = mapped_column(String(200), default="")
    synthetic: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
