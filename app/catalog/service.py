"""The catalogue: items, kinds of facility, substitutions, norms, and what outside names mean."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from app.audit import record, record_change
from app.auth import Actor
from app.catalog.models import (
    FacilityType,
    Item,
    ItemAlias,
    Norm,
    NormBasis,
    NormSet,
    Program,
    Substitution,
    SubstitutionFacilityType,
)
from app.catalog.rules import (
    NormRate,
    Resolution,
    alias_faults,
    fold_name,
    name_table,
    resolve_names,
    substitution_faults,
)
from app.catalog.schemas import (
    AliasView,
    FacilityTypeChange,
    FacilityTypeView,
    ItemChange,
    ItemView,
    NewAlias,
    NewFacilityType,
    NewItem,
    NewNorm,
    NewNormSet,
    NewSubstitution,
    NormChange,
    NormSetChange,
    NormSetView,
    NormView,
    SubstitutionChange,
    SubstitutionView,
)
from app.clock import Clock
from app.errors import Fault, InvalidInputError, NotFoundError, missing
from app.records import add_row, row_by_code, rows_by_code, set_fields, taken


def item_by_code(session: Session, code: str, *, lock: bool = False) -> Item:
    """The item with this code; raises `NotFoundError`."""
    return row_by_code(session, Item, "item", code, lock=lock)


def items_by_code(
    session: Session, codes: Iterable[str], *, where: str = "item", faults: list[Fault] | None = None
) -> dict[str, Item]:
    """The items with these codes; every unknown code is a fault (see `records.rows_by_code`)."""
    return rows_by_code(session, Item, "item", codes, where=where, faults=faults)


def facility_type_by_code(session: Session, code: str, *, lock: bool = False) -> FacilityType:
    """The kind of facility with this code; raises `NotFoundError`."""
    return row_by_code(session, FacilityType, "facility type", code, lock=lock)


def facility_types_by_code(
    session: Session, codes: Iterable[str], *, where: str = "facility_type", faults: list[Fault] | None = None
) -> dict[str, FacilityType]:
    """The kinds of facility with these codes; every unknown code is a fault (see `records.rows_by_code`)."""
    return rows_by_code(session, FacilityType, "facility type", codes, where=where, faults=faults)


def norm_set_by_code(session: Session, code: str, *, lock: bool = False) -> NormSet:
    """The norm set with this code; raises `NotFoundError`."""
    return row_by_code(session, NormSet, "norm set", code, lock=lock)


def select_items(
    *, program: Program | None = None, grade: str | None = None, active: bool | None = None, q: str | None = None
) -> Select[tuple[Item]]:
    """The items that all the filters given let pass; `q` is a part of the code or of a name."""
    query = select(Item)
    if program is not None:
        query = query.where(Item.program == program)
    if grade is not None:
        query = query.where(Item.product_grade == grade)
    if active is not None:
        query = query.where(Item.active == active)
    if q is not None:
        query = query.where(or_(*(part.icontains(q, autoescape=True) for part in (Item.code, Item.name_zh, Item.name_en))))
    return query


def create_item(session: Session, new: NewItem, *, actor: Actor, clock: Clock) -> Item:
    """Enter an item; raises `ConflictError` when its code is taken."""
    item = Item(**dict(new))
    add_row(session, item, taken("item", new.code))
    record(
        session, at=clock.now(), actor=actor.name, action="ITEM_CREATED", subject_kind="item", subject_key=item.code,
        after=ItemView.snapshot(item),
    )  # fmt: skip
    return item


def change_item(session: Session, code: str, change: ItemChange, *, actor: Actor, clock: Clock) -> Item:
    """Change the fields named of an item."""
    item = item_by_code(session, code, lock=True)
    before = ItemView.snapshot(item)
    set_fields(item, change.given())
    record_change(
        session, at=clock.now(), actor=actor.name, action="ITEM_CHANGED", subject_kind="item", subject_key=code,
        before=before, after=ItemView.snapshot(item),
    )  # fmt: skip
    return item


def create_facility_type(session: Session, new: NewFacilityType, *, actor: Actor, clock: Clock) -> FacilityType:
    """Enter a kind of facility; raises `ConflictError` when its code is taken."""
    facility_type = FacilityType(**dict(new))
    add_row(session, facility_type, taken("facility type", new.code))
    record(
        session, at=clock.now(), actor=actor.name, action="FACILITY_TYPE_CREATED", subject_kind="facility_type",
        subject_key=new.code, after=FacilityTypeView.snapshot(facility_type),
    )  # fmt: skip
    return facility_type


def change_facility_type(
    session: Session, code: str, change: FacilityTypeChange, *, actor: Actor, clock: Clock
) -> FacilityType:
    """Change the names of a kind of facility."""
    facility_type = facility_type_by_code(session, code, lock=True)
    before = FacilityTypeView.snapshot(facility_type)
    set_fields(facility_type, change.given())
    record_change(
        session, at=clock.now(), actor=actor.name, action="FACILITY_TYPE_CHANGED", subject_kind="facility_type",
        subject_key=code, before=before, after=FacilityTypeView.snapshot(facility_type),
    )  # fmt: skip
    return facility_type
