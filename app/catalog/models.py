"""Tables of the catalogue: items, facility types, substitutions, norms, and names used outside."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.types import BaseUnit, NormBasis, Program
from app.core.database import Base, Key, enum_column
from app.core.versioned import NEVER_REUSES_IDS, Versioned


class Item(Versioned, Base):
    """A thing that can be asked for; a grade of a thing is an item of its own."""

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("pack_units >= 1", name="pack"),
        CheckConstraint("volume_mm3_per_unit >= 0", name="volume"),
        CheckConstraint("value_microyuan_per_unit >= 0", name="value"),
        CheckConstraint("shelf_life_days IS NULL OR shelf_life_days >= 1", name="shelf_life"),
        CheckConstraint("(use_group IS NULL) = (grade_rank IS NULL)", name="grade"),
        CheckConstraint("grade_rank IS NULL OR grade_rank BETWEEN 1 AND 99", name="grade_rank"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    program: Mapped[Program] = mapped_column(enum_column(Program, "program"))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    product_grade: Mapped[str | None] = mapped_column(String(64))
    use_group: Mapped[str | None] = mapped_column(String(64))
    """Items of one use have a rank among themselves: respirators and masks, for instance."""
    grade_rank: Mapped[int | None]
    """1 is the best of its use."""
    base_unit: Mapped[BaseUnit] = mapped_column(enum_column(BaseUnit, "base_unit"))
    pack_units: Mapped[int] = mapped_column(default=1)
    shelf_life_days: Mapped[int | None]
    cold_chain: Mapped[bool] = mapped_column(default=False)
    durable: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Used again and again: a need for it does not lapse with its days."""
    volume_mm3_per_unit: Mapped[int] = mapped_column(default=0)
    value_microyuan_per_unit: Mapped[int] = mapped_column(default=0)
    """Reference price, and what a spoilt unit is worth."""
    active: Mapped[bool] = mapped_column(default=True)
    merged_into: Mapped[str | None] = mapped_column(String(64))
    """Code of the one that it became when the two were found to be the same; it is never in use again."""


class ItemAlias(Versioned, Base):
    """A name by which people outside call an item; operators add to it."""

    __tablename__ = "item_alias"
    __table_args__ = NEVER_REUSES_IDS

    id: Mapped[Key]
    alias: Mapped[str] = mapped_column(String(200), unique=True)
    """Folded as `catalog.rules.fold_name` does."""
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    item: Mapped[Item] = relationship(lazy="joined")


class ItemUnit(Base):
    """A unit in which people count an item besides its base unit: a box, a carton."""

    __tablename__ = "item_unit"
    __table_args__ = (
        UniqueConstraint("item_id", "name_zh"),
        UniqueConstraint("item_id", "name_en"),
        CheckConstraint("base_units >= 1", name="base_units"),
    )

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    name_zh: Mapped[str] = mapped_column(String(32))
    name_en: Mapped[str] = mapped_column(String(32))
    base_units: Mapped[int]
    """Base units of the item in one: 50 masks a box."""
    item: Mapped[Item] = relationship(lazy="joined")


class FacilityType(Versioned, Base):
    """A kind of facility; the policy gives tiers to kinds."""

    __tablename__ = "facility_type"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    keeps_stock: Mapped[bool] = mapped_column(default=False)
    """A warehouse: lots lie here and lanes start here."""


class Substitution(Versioned, Base):
    """`item` may serve a need for `serves_item`, one way, only at facilities of the types named."""

    __tablename__ = "substitution"
    __table_args__ = (
        UniqueConstraint("item_id", "serves_item_id"),
        CheckConstraint("item_id <> serves_item_id", name="other_item"),
        CheckConstraint("ratio_permille BETWEEN 1 AND 1000000", name="ratio"),
        CheckConstraint("penalty_microyuan_per_unit >= 0", name="penalty"),
        NEVER_REUSES_IDS,
    )

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    serves_item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    ratio_permille: Mapped[int] = mapped_column(default=1000)
    """Units of the need that 1,000 units of the substitute serve."""
    penalty_microyuan_per_unit: Mapped[int] = mapped_column(default=0)
    item: Mapped[Item] = relationship(foreign_keys=[item_id], lazy="joined")
    serves_item: Mapped[Item] = relationship(foreign_keys=[serves_item_id], lazy="joined")
    facility_types: Mapped[list["SubstitutionFacilityType"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="SubstitutionFacilityType.facility_type_id"
    )


class SubstitutionFacilityType(Base):
    """A kind of facility at which a substitution is allowed."""

    __tablename__ = "substitution_facility_type"

    substitution_id: Mapped[int] = mapped_column(ForeignKey("substitution.id"), primary_key=True)
    facility_type_id: Mapped[int] = mapped_column(ForeignKey("facility_type.id"), primary_key=True)
    facility_type: Mapped[FacilityType] = relationship(lazy="joined")


class NormSet(Versioned, Base):
    """A set of norms from one source, for instance WHO ESFT or Wuhan practice."""

    __tablename__ = "norm_set"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(2000))


class Norm(Versioned, Base):
    """Use of an item per day and per bed, staff member, resident or visit at a kind of facility."""

    __tablename__ = "norm"
    __table_args__ = (
        UniqueConstraint("norm_set_id", "facility_type_id", "item_id", "basis"),
        CheckConstraint("daily_use_milliunits >= 0", name="daily_use"),
        NEVER_REUSES_IDS,
    )

    id: Mapped[Key]
    norm_set_id: Mapped[int] = mapped_column(ForeignKey("norm_set.id"))
    facility_type_id: Mapped[int] = mapped_column(ForeignKey("facility_type.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    basis: Mapped[NormBasis] = mapped_column(enum_column(NormBasis, "norm_basis"))
    daily_use_milliunits: Mapped[int]
    """Thousandths of a base unit per day and basis: 2.42 gowns a bed and day are 2420."""
    source: Mapped[str] = mapped_column(String(2000))
    """Where the figure comes from; an assumption says so."""
    norm_set: Mapped[NormSet] = relationship(lazy="joined")
    facility_type: Mapped[FacilityType] = relationship(lazy="joined")
    item: Mapped[Item] = relationship(lazy="joined")
