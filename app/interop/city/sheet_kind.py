"""What a sheet of the city workbook is: its columns, its key, who may read and write it; and shared columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.auth import Right
from app.catalog.types import BaseUnit, Program
from app.interop.city.columns import Column, Form

DEGREE = 1_000_000
YUAN = 1_000_000
MM3 = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetKind:
    """One sheet: its columns, what makes two rows the same, and who may read and write it."""

    name: str
    title: str
    """An English message: the name of the sheet."""
    columns: Sequence[Column]
    key: tuple[str, ...] = ("code",)
    prefix: str = ""
    """Begins the codes that are made where a row has none."""
    weighed_by: str = ""
    """The field that says whether quantities are kilograms: a base unit, or an item."""
    fixed: frozenset[str] = frozenset()
    """Fields that stay once the row exists."""
    reads: Right = Right.CATALOG_READ
    writes: Right = Right.CATALOG_WRITE

    def column(self, field: str) -> Column | None:
        """The column of a field."""
        return next((one for one in self.columns if one.field == field), None)

    @property
    def required(self) -> list[Column]:
        """The columns that a sheet cannot do without."""
        return [one for one in self.columns if one.required]


def words_of(kind: type[StrEnum], prefix: str) -> dict[str, str]:
    return {one.value: f"{prefix}.{one.value}" for one in kind}


PROGRAMS = words_of(Program, "program")
UNITS = {one.value: "unit.kilogram" if one is BaseUnit.GRAM else f"unit.{one.value}" for one in BaseUnit}

CODE = Column(field="code", title="Code", note="May be left empty: one is made.", width=20)
NAMES = (
    Column(field="name_zh", title="Name in Chinese", required=True, width=24),
    Column(field="name_en", title="Name in English", note="May be left empty.", width=28),
)
LONGITUDE = Column(field="longitude_e6", title="Longitude", form=Form.NUMBER, scale=DEGREE, note="Degrees east.")
LATITUDE = Column(field="latitude_e6", title="Latitude", form=Form.NUMBER, scale=DEGREE, note="Degrees north.")
ACTIVE = Column(field="active", title="In use", form=Form.YES_NO)
SYNTHETIC = Column(field="synthetic", title="Made up", form=Form.YES_NO, note="An example, not a real one.")
SOURCE = Column(field="source", title="Source", required=True, width=40)


def item_column(title: str = "Item", field: str = "item") -> Column:
    return Column(field=field, title=title, form=Form.REFERENCE, refers="items", required=True, width=24)


def warehouse_column(title: str = "Warehouse") -> Column:
    return Column(field="warehouse", title=title, form=Form.REFERENCE, refers="warehouses", required=True, width=24)


def program_column() -> Column:
    return Column(field="program", title="Program", form=Form.CHOICE, words=PROGRAMS, required=True)


def type_column(*, required: bool = True) -> Column:
    return Column(
        field="facility_type", title="Facility type", form=Form.REFERENCE, refers="facility_types", required=required
    )


PER_UNIT = "For each unit; of weighed goods for each kilogram."
