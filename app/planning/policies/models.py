"""Tables of policies in versions, and of tier raises with their confirmation and ending."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import FacilityType, Item
from app.catalog.types import Program
from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.facilities.models import Facility


class Policy(Base):
    """One version of the rule by which a program is shared; never edited once a plan has used it."""

    __tablename__ = "policy"
    __table_args__ = (
        UniqueConstraint("program", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("horizon_days BETWEEN 1 AND 60", name="horizon"),
        CheckConstraint("firm_days BETWEEN 1 AND 60", name="firm_days"),
        CheckConstraint("max_age_hours BETWEEN 1 AND 1440", name="max_age_hours"),
        CheckConstraint("history_days BETWEEN 0 AND 366", name="history_days"),
    )

    id: Mapped[Key]
    program: Mapped[Program] = mapped_column(enum_column(Program, "program"))
    version: Mapped[int]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    horizon_days: Mapped[int]
    firm_days: Mapped[int] = mapped_column(default=2)
    """So many days from its start a plan promises; what it foresees for later days holds nothing."""
    max_age_hours: Mapped[int] = mapped_column(default=24)
    """A plan that is older is computed anew before it is approved."""
    allows_partial: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a plan of which time let only the first bands be proved may be approved."""
    history_days: Mapped[int] = mapped_column(default=14, server_default=text("14"))
    """So many days back it counts what a facility was approved and got of an item; 0: none."""
    norm_set_id: Mapped[int | None] = mapped_column(ForeignKey("norm_set.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    bands: Mapped[list["PolicyBand"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PolicyBand.position"
    )
    tiers: Mapped[list["PolicyTier"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PolicyTier.facility_type_id"
    )
    reserves: Mapped[list["PolicyReserve"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PolicyReserve.item_id"
    )


class PolicyBand(Base):
    """A step of the policy, settled in the order of `position`."""

    __tablename__ = "policy_band"
    __table_args__ = (UniqueConstraint("policy_id", "position"),)

    id: Mapped[Key]
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    position: Mapped[int]
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    caps: Mapped[list["PolicyBandCap"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PolicyBandCap.tier"
    )


class PolicyBandCap(Base):
    """Up to which share of its need a tier is served in a band."""

    __tablename__ = "policy_band_cap"
    __table_args__ = (CheckConstraint("cap_permille BETWEEN 0 AND 1000", name="cap"),)

    band_id: Mapped[int] = mapped_column(ForeignKey("policy_band.id"), primary_key=True)
    tier: Mapped[int] = mapped_column(primary_key=True)
    cap_permille: Mapped[int]


class PolicyTier(Base):
    """The tier of a facility type; 1 comes first."""

    __tablename__ = "policy_tier"
    __table_args__ = (CheckConstraint("tier BETWEEN 1 AND 99", name="tier"),)

    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"), primary_key=True)
    facility_type_id: Mapped[int] = mapped_column(ForeignKey("facility_type.id"), primary_key=True)
    tier: Mapped[int]
    facility_type: Mapped[FacilityType] = relationship(lazy="joined")


class PolicyReserve(Base):
    """Units of an item that a plan must leave in the warehouses."""

    __tablename__ = "policy_reserve"
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity"),)

    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    quantity: Mapped[int]
    item: Mapped[Item] = relationship(lazy="joined")


class TierRaise(Versioned, Base):
    """A leader's proposal that one facility counts as a higher tier for a while; counts once another confirms it."""

    __tablename__ = "tier_raise"
    __table_args__ = (
        CheckConstraint("tier BETWEEN 1 AND 99", name="tier"),
        CheckConstraint("valid_until >= valid_from", name="period"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[Key]
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    tier: Mapped[int]
    reason: Mapped[str] = mapped_column(String(2000))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    raised_by: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime]
    facility: Mapped[Facility] = relationship(lazy="joined")
    confirmation: Mapped["TierRaiseConfirmation | None"] = relationship(lazy="joined")
    ending: Mapped["TierRaiseEnding | None"] = relationship(lazy="joined")


class TierRaiseConfirmation(Base):
    """The second leader behind a tier raise; its key lets a raise be confirmed once."""

    __tablename__ = "tier_raise_confirmation"
    __table_args__ = (CheckConstraint("confirmed_by <> raised_by", name="second_leader"),)

    tier_raise_id: Mapped[int] = mapped_column(ForeignKey("tier_raise.id"), primary_key=True, autoincrement=False)
    raised_by: Mapped[str] = mapped_column(String(200))
    confirmed_by: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime]


class TierRaiseEnding(Base):
    """A tier raise that was refused by the second leader or called off; it never counts again."""

    __tablename__ = "tier_raise_ending"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    tier_raise_id: Mapped[int] = mapped_column(ForeignKey("tier_raise.id"), primary_key=True, autoincrement=False)
    ended_by: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(2000))
