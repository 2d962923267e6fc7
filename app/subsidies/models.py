"""Tables of subsidies: regions with their index figures, people entitled, schemes, and runs with their lines."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.facilities.models import GeographicZone
from app.procurement.models import FundSource
from app.subsidies.types import EntitledGroup, SubsidyKind, SubsidyRunState


class IndexRegion(Base):
    """A region for which price indexes are published; `parent` is the province whose figures stand in for its own."""

    __tablename__ = "index_region"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("index_region.id"))
    parent: Mapped["IndexRegion | None"] = relationship(remote_side="IndexRegion.id", lazy="joined", join_depth=1)


class IndexFigure(Base):
    """Price indexes of a region and month; never changed: a correction is the next revision, with its reason."""

    __tablename__ = "index_figure"
    __table_args__ = (
        UniqueConstraint("region_id", "month", "revision"),
        CheckConstraint("(revision = 1) = (reason = '')", name="reason"),
        CheckConstraint("length(month) = 7", name="month"),
    )

    id: Mapped[Key]
    region_id: Mapped[int] = mapped_column(ForeignKey("index_region.id"))
    month: Mapped[str] = mapped_column(String(7))
    """Such as 2019-12."""
    revision: Mapped[int]
    cpi_permille: Mapped[int]
    """Rise of consumer prices on the year, in thousandths; so of food and of SCPI."""
    food_permille: Mapped[int]
    scpi_permille: Mapped[int | None]
    published_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(2000))
    reason: Mapped[str] = mapped_column(String(2000), default="")
    entered_by: Mapped[str] = mapped_column(String(200))
    entered_at: Mapped[datetime]
    region: Mapped[IndexRegion] = relationship(lazy="joined")


class EntitledCount(Base):
    """People of a group in a zone in a month; a correction is the next revision, with its reason."""

    __tablename__ = "entitled_count"
    __table_args__ = (
        UniqueConstraint("entitled_group", "zone_id", "month", "revision"),
        CheckConstraint("people >= 0", name="people"),
        CheckConstraint("(revision = 1) = (reason = '')", name="reason"),
        CheckConstraint("length(month) = 7", name="month"),
    )

    id: Mapped[Key]
    entitled_group: Mapped[EntitledGroup] = mapped_column(enum_column(EntitledGroup, "entitled_group"))
    zone_id: Mapped[int] = mapped_column(ForeignKey("geographic_zone.id"))
    month: Mapped[str] = mapped_column(String(7))
    revision: Mapped[int]
    people: Mapped[int]
    source: Mapped[str] = mapped_column(String(2000))
    reason: Mapped[str] = mapped_column(String(2000), default="")
    entered_by: Mapped[str] = mapped_column(String(200))
    entered_at: Mapped[datetime]
    zone: Mapped[GeographicZone] = relationship(lazy="joined")


class SubsidyScheme(Versioned, Base):
    """When subsidies are due, what they pay and from which fund."""

    __tablename__ = "subsidy_scheme"
    __table_args__ = (
        CheckConstraint("minimum_fen >= 0 AND factor_permille >= 1", name="amounts"),
        CheckConstraint("cpi_trigger_permille >= 1 AND food_trigger_permille >= 1", name="triggers"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    kind: Mapped[SubsidyKind] = mapped_column(enum_column(SubsidyKind, "subsidy_kind"))
    region_id: Mapped[int] = mapped_column(ForeignKey("index_region.id"))
    fund_source_id: Mapped[int] = mapped_column(ForeignKey("fund_source.id"))
    cpi_trigger_permille: Mapped[int]
    food_trigger_permille: Mapped[int]
    minimum_fen: Mapped[int]
    """A head and month, at least."""
    factor_permille: Mapped[int]
    """1,000: once what the rule gives; 2,000: twice."""
    source: Mapped[str] = mapped_column(String(2000), default="")
    region: Mapped[IndexRegion] = relationship(lazy="joined")
    fund_source: Mapped[FundSource] = relationship(lazy="joined")
    bases: Mapped[list["SubsidyBase"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="SubsidyBase.zone_id"
    )


class SubsidyBase(Base):
    """The local standard of a zone (minimum living, a head and month) that the SCPI's rise is taken of."""

    __tablename__ = "subsidy_base"
    __table_args__ = (CheckConstraint("base_fen >= 1", name="base"),)

    subsidy_scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"), primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("geographic_zone.id"), primary_key=True)
    base_fen: Mapped[int]
    zone: Mapped[GeographicZone] = relationship(lazy="joined")


_LIVE = text("state <> 'REJECTED'")


class SubsidyRun(Versioned, Base):
    """What a scheme pays for a month, frozen when it was drafted; at most one not rejected per scheme and month."""

    __tablename__ = "subsidy_run"
    __table_args__ = (
        Index(
            "uq_subsidy_run_live", "subsidy_scheme_id", "month", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
        CheckConstraint("total_fen >= 1 AND people >= 1", name="amounts"),
        CheckConstraint("due_by_cpi OR due_by_food", name="due"),
        CheckConstraint("approved_by IS NULL OR approved_by <> drafted_by", name="second_person"),
        CheckConstraint("state NOT IN ('APPROVED', 'COMMITTED', 'PAID') OR approved_by IS NOT NULL", name="approved"),
        CheckConstraint("(state = 'PAID') = (paid_on IS NOT NULL)", name="paid"),
        CheckConstraint("(state = 'REJECTED') = (rejection_reason <> '')", name="rejected"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    subsidy_scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"), index=True)
    month: Mapped[str] = mapped_column(String(7))
    state: Mapped[SubsidyRunState] = mapped_column(enum_column(SubsidyRunState, "subsidy_run_state"), index=True)
    index_figure_id: Mapped[int] = mapped_column(ForeignKey("index_figure.id"))
    due_by_cpi: Mapped[bool]
    due_by_food: Mapped[bool]
    cpi_trigger_permille: Mapped[int]
    food_trigger_permille: Mapped[int]
    minimum_fen: Mapped[int]
    factor_permille: Mapped[int]
    people: Mapped[int]
    total_fen: Mapped[int]
    pay_by: Mapped[date]
    drafted_by: Mapped[str] = mapped_column(String(200))
    drafted_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(200))
    approved_at: Mapped[datetime | None]
    committed_at: Mapped[datetime | None]
    paid_on: Mapped[date | None]
    paid_by: Mapped[str | None] = mapped_column(String(200))
    evidence: Mapped[str] = mapped_column(String(2000), default="")
    """The paper that proves the payment: the bank's list, the treasury's order."""
    rejected_by: Mapped[str | None] = mapped_column(String(200))
    rejection_reason: Mapped[str] = mapped_column(String(2000), default="")
    scheme: Mapped[SubsidyScheme] = relationship(lazy="joined")
    figure: Mapped[IndexFigure] = relationship(lazy="joined")
    lines: Mapped[list["SubsidyLine"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="SubsidyLine.id"
    )


class SubsidyLine(Base):
    """What a group of a zone gets in a run."""

    __tablename__ = "subsidy_line"
    __table_args__ = (
        UniqueConstraint("subsidy_run_id", "entitled_group", "zone_id"),
        CheckConstraint("amount_fen = people * a_head_fen", name="amount"),
        CheckConstraint("people >= 1 AND a_head_fen >= 0", name="people"),
    )

    id: Mapped[Key]
    subsidy_run_id: Mapped[int] = mapped_column(ForeignKey("subsidy_run.id"))
    entitled_group: Mapped[EntitledGroup] = mapped_column(enum_column(EntitledGroup, "entitled_group"))
    zone_id: Mapped[int] = mapped_column(ForeignKey("geographic_zone.id"))
    count_month: Mapped[str] = mapped_column(String(7))
    people: Mapped[int]
    base_fen: Mapped[int]
    a_head_fen: Mapped[int]
    amount_fen: Mapped[int]
    zone: Mapped[GeographicZone] = relationship(lazy="joined")
