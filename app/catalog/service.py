"""The catalogue: items, kinds of facility and substitutions."""

from collections.abc import Iterable

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.catalog.models import FacilityType, Item, Substitution, SubstitutionFacilityType
from app.catalog.rules import grade_faults, repeated_faults, substitution_faults
from app.catalog.schemas import (
    FacilityTypeChange,
    FacilityTypeView,
    ItemChange,
    ItemView,
    NewFacilityType,
    NewItem,
    NewSubstitution,
    SubstitutionChange,
    SubstitutionView,
)
from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError
from app.core.records import (
    add_row,
    lock_one_row,
    lock_row_by_code,
    one_row,
    refuse_merged,
    row_by_code,
    rows_by_code,
    set_fields,
    taken,
)
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work


def item_by_code(session: Session, code: str) -> Item:
    """The item with this code; raises `NotFoundError`."""
    return row_by_code(session, Item, "item", code)


def lock_item(session: Session, code: str) -> Item:
    """As `item_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, Item, "item", code)


def items_by_code(
    session: Session, codes: Iterable[str], *, where: str = "item", faults: list[Fault] | None = None
) -> dict[str, Item]:
    """The items with these codes; every unknown code is a fault (see `records.rows_by_code`)."""
    return rows_by_code(session, Item, "item", codes, where=where, faults=faults)


def facility_type_by_code(session: Session, code: str) -> FacilityType:
    """The kind of facility with this code; raises `NotFoundError`."""
    return row_by_code(session, FacilityType, "facility type", code)


def lock_facility_type(session: Session, code: str) -> FacilityType:
    """As `facility_type_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, FacilityType, "facility type", code)


def facility_types_by_code(
    session: Session, codes: Iterable[str], *, where: str = "facility_type", faults: list[Fault] | None = None
) -> dict[str, FacilityType]:
    """The kinds of facility with these codes; every unknown code is a fault (see `records.rows_by_code`)."""
    return rows_by_code(session, FacilityType, "facility type", codes, where=where, faults=faults)


def select_items(
    *, program: Program | None = None, grade: str | None = None, active: bool | None = None, q: str | None = None
) -> Select[Item]:
    """The items that all the filters given let pass; `q` is a part of the code or of a name."""
    query = select(Item)
    if program is not None:
        query = query.where(Item.program == program)
    if grade is not None:
        query = query.where(Item.product_grade == grade)
    if active is not None:
        query = query.where(Item.active == active)
    if q is not None:
        parts = (Item.code, Item.name_zh, Item.name_en)
        query = query.where(or_(*(part.icontains(q, autoescape=True) for part in parts)))
    return query


def create_item(work: Work, new: NewItem) -> Item:
    """Enter an item; raises `ConflictError` when its code is taken."""
    InvalidInputError.raise_if(grade_faults(new.use_group, new.grade_rank))
    item = Item(**dict(new))
    add_row(work.session, item, taken("item", new.code))
    work.record("ITEM_CREATED", "item", item.code, after=ItemView.snapshot(item))
    return item


def change_item(work: Work, code: str, change: ItemChange, if_match: Precondition = ANY_VERSION) -> Item:
    """Change the fields named of an item."""
    item = if_match.check(lock_item(work.session, code))
    refuse_merged(item)
    before = ItemView.snapshot(item)
    set_fields(item, change.given())
    InvalidInputError.raise_if(grade_faults(item.use_group, item.grade_rank))
    work.record_change("ITEM_CHANGED", "item", code, before=before, after=ItemView.snapshot(item))
    return item


def select_facility_types(*, keeps_stock: bool | None = None) -> Select[FacilityType]:
    """All kinds of facility, or only those that do or do not keep stock."""
    query = select(FacilityType)
    return query if keeps_stock is None else query.where(FacilityType.keeps_stock == keeps_stock)


def create_facility_type(work: Work, new: NewFacilityType) -> FacilityType:
    """Enter a kind of facility; raises `ConflictError` when its code is taken."""
    facility_type = FacilityType(**dict(new))
    add_row(work.session, facility_type, taken("facility type", new.code))
    work.record("FACILITY_TYPE_CREATED", "facility_type", new.code, after=FacilityTypeView.snapshot(facility_type))
    return facility_type


def change_facility_type(
    work: Work, code: str, change: FacilityTypeChange, if_match: Precondition = ANY_VERSION
) -> FacilityType:
    """Change the names of a kind of facility."""
    facility_type = if_match.check(lock_facility_type(work.session, code))
    before = FacilityTypeView.snapshot(facility_type)
    set_fields(facility_type, change.given())
    work.record_change(
        "FACILITY_TYPE_CHANGED", "facility_type", code, before=before, after=FacilityTypeView.snapshot(facility_type)
    )
    return facility_type


def select_substitutions(
    *, item: str | None = None, serves_item: str | None = None, facility_type: str | None = None
) -> Select[Substitution]:
    """The substitutions by what serves, what is served and where it is allowed, as far as given."""
    query = select(Substitution)
    if item is not None:
        query = query.where(Substitution.item.has(Item.code == item))
    if serves_item is not None:
        query = query.where(Substitution.serves_item.has(Item.code == serves_item))
    if facility_type is not None:
        of_type = SubstitutionFacilityType.facility_type.has(FacilityType.code == facility_type)
        query = query.where(Substitution.facility_types.any(of_type))
    return query


def substitution_of(session: Session, item: str, serves_item: str) -> Substitution:
    """The substitution of one item for another; raises `NotFoundError`."""
    query = select_substitutions(item=item, serves_item=serves_item)
    return one_row(session, query, "substitution", _substitution_key(item, serves_item))


def lock_substitution(session: Session, item: str, serves_item: str) -> Substitution:
    """As `substitution_of`, with the row locked until the transaction ends; raises `NotFoundError`."""
    query = select_substitutions(item=item, serves_item=serves_item)
    return lock_one_row(session, Substitution, query, "substitution", _substitution_key(item, serves_item))


def _substitution_key(item: str, serves_item: str) -> str:
    return f"{item}>{serves_item}"


def _allowed_at(types: dict[str, FacilityType]) -> list[SubstitutionFacilityType]:
    return [SubstitutionFacilityType(facility_type=types[code]) for code in sorted(types)]


def create_substitution(work: Work, new: NewSubstitution) -> Substitution:
    """Allow an item to serve the need for another; all faults at once, `ConflictError` when it is allowed already."""
    faults = repeated_faults(new.facility_types, "facility_types")
    items = {
        **items_by_code(work.session, [new.item], where="item", faults=faults),
        **items_by_code(work.session, [new.serves_item], where="serves_item", faults=faults),
    }
    types = facility_types_by_code(work.session, new.facility_types, where="facility_types.{n}", faults=faults)
    if new.item in items and new.serves_item in items:
        faults += substitution_faults(
            item=new.item,
            item_program=items[new.item].program,
            serves_item=new.serves_item,
            serves_program=items[new.serves_item].program,
        )
    InvalidInputError.raise_if(faults)
    key = _substitution_key(new.item, new.serves_item)
    substitution = Substitution(
        item=items[new.item],
        serves_item=items[new.serves_item],
        ratio_permille=new.ratio_permille,
        penalty_microyuan_per_unit=new.penalty_microyuan_per_unit,
        facility_types=_allowed_at(types),
    )
    add_row(work.session, substitution, taken("substitution", key, where="serves_item"))
    work.record("SUBSTITUTION_CREATED", "substitution", key, after=SubstitutionView.snapshot(substitution))
    return substitution


def change_substitution(
    work: Work, item: str, serves_item: str, change: SubstitutionChange, if_match: Precondition = ANY_VERSION
) -> Substitution:
    """Change ratio, penalty or the kinds of facility of a substitution."""
    substitution = if_match.check(lock_substitution(work.session, item, serves_item))
    before = SubstitutionView.snapshot(substitution)
    values = change.given()
    if "facility_types" in values:
        faults = repeated_faults(change.facility_types, "facility_types")
        types = facility_types_by_code(work.session, change.facility_types, where="facility_types.{n}", faults=faults)
        InvalidInputError.raise_if(faults)
        del values["facility_types"]
        if sorted(change.facility_types) != sorted(before["facility_types"]):
            values["facility_types"] = _allowed_at(types)
            substitution.touch()
    set_fields(substitution, values)
    work.record_change(
        "SUBSTITUTION_CHANGED",
        "substitution",
        _substitution_key(item, serves_item),
        before=before,
        after=SubstitutionView.snapshot(substitution),
    )
    return substitution


def delete_substitution(work: Work, item: str, serves_item: str, if_match: Precondition = ANY_VERSION) -> None:
    """Forbid a substitution again."""
    substitution = if_match.check(lock_substitution(work.session, item, serves_item))
    before = SubstitutionView.snapshot(substitution)
    work.session.delete(substitution)
    work.record("SUBSTITUTION_DELETED", "substitution", _substitution_key(item, serves_item), before=before)
