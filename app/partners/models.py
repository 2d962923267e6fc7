"""Table of partners: those who sell, give or allocate supplies."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.partners.types import PartnerKind


class Partner(Versioned, Base):
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
    merged_into: Mapped[str | None] = mapped_column(String(64))
    """Code of the one that it became when the two were found to be the same; it is never in use again."""
