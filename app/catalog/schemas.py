"""What the catalogue takes in and shows."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.catalog.models import SubstitutionFacilityType
from app.catalog.rules import without_blanks
from app.catalog.types import BaseUnit, NormBasis, Program
from app.core.http.payloads import (
    Change,
    Choice,
    Code,
    CodeOf,
    Label,
    Microyuan,
    Name,
    Payload,
    PositiveUnits,
    Reason,
    View,
    unchanged,
)

ShelfLifeDays = Annotated[int, Field(ge=1, le=36_600, description="Days from production to the last day of use.")]
VolumeMm3 = Annotated[int, Field(ge=0, le=10**12, description="Volume of one base unit in cubic millimetres.")]
RatioPermille = Annotated[
    int, Field(ge=1, le=1_000_000, description="Units of the need that 1,000 units of the substitute serve.")
]
DailyUse = Annotated[
    int, Field(ge=0, le=10**8, description="Thousandths of a base unit per day and bed, person or visit.")
]

GradeRank = Annotated[int, Field(ge=1, le=99, description="Rank among the items of its use; 1 is the best.")]


class NewItem(Payload):
    """An item to be entered in the catalogue."""

    code: Code
    program: Choice[Program]
    name_zh: Name
    name_en: Name
    product_grade: Label | None = None
    use_group: Code | None = Field(default=None, description="Items of one use have a rank among themselves.")
    grade_rank: GradeRank | None = None
    base_unit: Choice[BaseUnit]
    pack_units: PositiveUnits = 1
    shelf_life_days: ShelfLifeDays | None = None
    cold_chain: bool = False
    durable: bool = Field(default=False, description="Used again and again: a need for it does not lapse.")
    volume_mm3_per_unit: VolumeMm3 = 0
    value_microyuan_per_unit: Microyuan = 0
    active: bool = True


class ItemChange(Change):
    """What may be changed of an item; its code, program and base unit stay, since quantities were written in them."""

    name_zh: Name = unchanged()
    name_en: Name = unchanged()
    product_grade: Label | None = unchanged()
    use_group: Code | None = unchanged()
    grade_rank: GradeRank | None = unchanged()
    pack_units: PositiveUnits = unchanged()
    shelf_life_days: ShelfLifeDays | None = unchanged()
    cold_chain: bool = unchanged()
    durable: bool = unchanged()
    volume_mm3_per_unit: VolumeMm3 = unchanged()
    value_microyuan_per_unit: Microyuan = unchanged()
    active: bool = unchanged()


class ItemView(View):
    """An item of the catalogue."""

    code: str
    program: Program
    name_zh: str
    name_en: str
    product_grade: str | None
    use_group: str | None
    grade_rank: int | None
    base_unit: BaseUnit
    pack_units: int = Field(description="Base units in the smallest package that is issued.")
    shelf_life_days: int | None
    cold_chain: bool
    durable: bool
    volume_mm3_per_unit: int
    value_microyuan_per_unit: int = Field(description="Reference price of a base unit in millionths of a yuan.")
    active: bool
    merged_into: str | None = Field(description="The one that it became; it is never in use again.")


UnitName = Annotated[str, StringConstraints(min_length=1, max_length=32), AfterValidator(without_blanks)]


class NewItemUnit(Payload):
    """A unit in which people count an item, and how much it is."""

    name_zh: UnitName
    name_en: UnitName
    base_units: Annotated[int, Field(ge=1, le=10**9, description="Base units of the item in one.")]


class ItemUnits(Payload):
    """All units of an item besides its base unit."""

    units: Annotated[list[NewItemUnit], Field(max_length=20)]


class ItemUnitView(View):
    """A unit of an item."""

    name_zh: str
    name_en: str
    base_units: int


class ItemUnitsView(View):
    """The units of an item besides its base unit, the smallest first."""

    item: str
    base_unit: BaseUnit
    units: list[ItemUnitView]


class NewFacilityType(Payload):
    """A kind of facility to be entered."""

    code: Code
    name_zh: Name
    name_en: Name
    keeps_stock: bool = False


class FacilityTypeChange(Change):
    """What may be changed of a kind of facility; whether it keeps stock stays."""

    name_zh: Name = unchanged()
    name_en: Name = unchanged()


class FacilityTypeView(View):
    """A kind of facility."""

    code: str
    name_zh: str
    name_en: str
    keeps_stock: bool = Field(description="A warehouse: lots lie here and lanes start here.")


FacilityTypeCodes = Annotated[list[Code], Field(min_length=1, max_length=200)]


class NewSubstitution(Payload):
    """A rule that an item may serve the need for another, one way, at facilities of the kinds named."""

    item: Code
    serves_item: Code
    ratio_permille: RatioPermille = 1000
    penalty_microyuan_per_unit: Microyuan = 0
    facility_types: FacilityTypeCodes


class SubstitutionChange(Change):
    """What may be changed of a substitution."""

    ratio_permille: RatioPermille = unchanged()
    penalty_microyuan_per_unit: Microyuan = unchanged()
    facility_types: FacilityTypeCodes = unchanged()


def _codes_of(allowed: list[SubstitutionFacilityType]) -> list[str]:
    return sorted(row.facility_type.code for row in allowed)


class SubstitutionView(View):
    """A substitution with the kinds of facility at which it is allowed."""

    item: CodeOf
    serves_item: CodeOf
    ratio_permille: int
    penalty_microyuan_per_unit: int
    facility_types: Annotated[list[str], BeforeValidator(_codes_of)]


class NewNormSet(Payload):
    """A set of norms from one source."""

    code: Code
    name_zh: Name
    name_en: Name
    source: Reason


class NormSetChange(Change):
    """What may be changed of a norm set."""

    name_zh: Name = unchanged()
    name_en: Name = unchanged()
    source: Reason = unchanged()


class NormSetView(View):
    """A set of norms from one source."""

    code: str
    name_zh: str
    name_en: str
    source: str


class NewNorm(Payload):
    """Use of an item per day and basis at a kind of facility, with the source of the figure."""

    facility_type: Code
    item: Code
    basis: Choice[NormBasis]
    daily_use_milliunits: DailyUse
    source: Reason


class NormChange(Change):
    """What may be changed of a norm: the figure and where it comes from."""

    daily_use_milliunits: DailyUse = unchanged()
    source: Reason = unchanged()


class NormView(View):
    """A norm of a set."""

    norm_set: CodeOf
    facility_type: CodeOf
    item: CodeOf
    basis: NormBasis
    daily_use_milliunits: int
    source: str


class NewAlias(Payload):
    """A name by which people outside call an item."""

    alias: Name
    item: Code


class AliasView(View):
    """An outside name, folded, and the item that it means."""

    alias: str
    item: CodeOf


class NamesToResolve(Payload):
    """Free-text item names from outside."""

    names: Annotated[list[Name], Field(min_length=1, max_length=1000)]


class ResolvedName(View):
    """What a name was understood as."""

    name: str
    item: str
    matched: str = Field(description="The alternative of the name that was found.")
    other_items: list[str] = Field(description="Further items that other alternatives of the name mean.")


class NameResolution(View):
    """All names asked about: understood or not, in the order asked."""

    resolved: list[ResolvedName]
    unmapped: list[str]
