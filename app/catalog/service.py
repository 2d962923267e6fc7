"""The catalogue: items, kinds of facility, substitutions and norms."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.catalog.models import FacilityType, Item, Norm, NormSet, Substitution, SubstitutionFacilityType
from app.catalog.rules import NormRate, grade_faults, repeated_faults, substitution_faults
from app.catalog.schemas import (
    FacilityTypeChange,
    FacilityTypeView,
    ItemChange,
    ItemView,
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
from app.catalog.types import NormBasis, Program
from app.core.errors import Fault, InvalidInputError
from app.core.records import (
    add_row,
    lock_one_row,
    lock_row_by_code,
    one_row,
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


def norm_set_by_code(session: Session, code: str) -> NormSet:
    """The norm set with this code; raises `NotFoundError`."""
    return row_by_code(session, NormSet, "norm set", code)


def lock_norm_set(session: Session, code: str) -> NormSet:
    """As `norm_set_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, NormSet, "norm set", code)


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


def create_norm_set(work: Work, new: NewNormSet) -> NormSet:
    """Enter a norm set, empty; raises `ConflictError` when its code is taken."""
    norm_set = NormSet(**dict(new))
    add_row(work.session, norm_set, taken("norm set", new.code))
    work.record("NORM_SET_CREATED", "norm_set", new.code, after=NormSetView.snapshot(norm_set))
    return norm_set


def change_norm_set(work: Work, code: str, change: NormSetChange, if_match: Precondition = ANY_VERSION) -> NormSet:
    """Change the names or the source of a norm set."""
    norm_set = if_match.check(lock_norm_set(work.session, code))
    before = NormSetView.snapshot(norm_set)
    set_fields(norm_set, change.given())
    work.record_change("NORM_SET_CHANGED", "norm_set", code, before=before, after=NormSetView.snapshot(norm_set))
    return norm_set


def select_norms(
    norm_set: NormSet, *, facility_type: str | None = None, item: str | None = None, basis: NormBasis | None = None
) -> Select[Norm]:
    """The norms of a set by kind of facility, item and basis, as far as given."""
    query = select(Norm).where(Norm.norm_set_id == norm_set.id)
    if facility_type is not None:
        query = query.where(Norm.facility_type.has(FacilityType.code == facility_type))
    if item is not None:
        query = query.where(Norm.item.has(Item.code == item))
    if basis is not None:
        query = query.where(Norm.basis == basis)
    return query


def _norm_key(facility_type: str, item: str, basis: NormBasis) -> str:
    return f"{facility_type}/{item}/{basis}"


def norm_of(session: Session, norm_set: str, facility_type: str, item: str, basis: NormBasis) -> Norm:
    """One norm; raises `NotFoundError`."""
    query = select_norms(norm_set_by_code(session, norm_set), facility_type=facility_type, item=item, basis=basis)
    return one_row(session, query, "norm", _norm_key(facility_type, item, basis))


def lock_norm(session: Session, norm_set: str, facility_type: str, item: str, basis: NormBasis) -> Norm:
    """As `norm_of`, with the row locked until the transaction ends; raises `NotFoundError`."""
    query = select_norms(norm_set_by_code(session, norm_set), facility_type=facility_type, item=item, basis=basis)
    return lock_one_row(session, Norm, query, "norm", _norm_key(facility_type, item, basis))


def create_norm(work: Work, norm_set: str, new: NewNorm, if_match: Precondition = ANY_VERSION) -> Norm:
    """Enter a norm in a set; all faults at once, `ConflictError` when the set has this norm already."""
    owner = if_match.check(lock_norm_set(work.session, norm_set))
    faults: list[Fault] = []
    types = facility_types_by_code(work.session, [new.facility_type], faults=faults)
    items = items_by_code(work.session, [new.item], faults=faults)
    InvalidInputError.raise_if(faults)
    norm = Norm(
        norm_set=owner,
        facility_type=types[new.facility_type],
        item=items[new.item],
        basis=new.basis,
        daily_use_milliunits=new.daily_use_milliunits,
        source=new.source,
    )
    key = _norm_key(new.facility_type, new.item, new.basis)
    add_row(work.session, norm, taken("norm", key, where="basis"))
    work.record("NORM_CREATED", "norm", key, after=NormView.snapshot(norm))
    return norm


def change_norm(work: Work, norm: Norm, change: NormChange) -> Norm:
    """Change the figure or the source of a norm that `norm_of` has locked."""
    before = NormView.snapshot(norm)
    set_fields(norm, change.given())
    work.record_change(
        "NORM_CHANGED",
        "norm",
        _norm_key(norm.facility_type.code, norm.item.code, norm.basis),
        before=before,
        after=NormView.snapshot(norm),
    )
    return norm


def delete_norm(work: Work, norm: Norm) -> None:
    """Take a norm that `norm_of` has locked out of its set."""
    before = NormView.snapshot(norm)
    key = _norm_key(norm.facility_type.code, norm.item.code, norm.basis)
    work.session.delete(norm)
    work.record("NORM_DELETED", "norm", key, before=before)


def norms_for(
    session: Session, norm_set: str, facility_type_ids: Iterable[int], item_ids: Sequence[int] | None = None
) -> dict[tuple[int, int], tuple[NormRate, ...]]:
    """The norms of a set for these kinds of facility and items (all where None), in one query.

    Keyed by facility type id and item id; a pair without a norm is left out. Raises `NotFoundError`.
    """
    query = select(Norm.facility_type_id, Norm.item_id, Norm.basis, Norm.daily_use_milliunits, Norm.source).where(
        Norm.norm_set_id == norm_set_by_code(session, norm_set).id,
        Norm.facility_type_id.in_(sorted(set(facility_type_ids))),
    )
    if item_ids is not None:
        query = query.where(Norm.item_id.in_(sorted(set(item_ids))))
    rates: dict[tuple[int, int], list[NormRate]] = defaultdict(list)
    for type_id, item_id, basis, milliunits, source in session.execute(query.order_by(Norm.id)):
        rates[type_id, item_id].append(NormRate(basis=basis, daily_use_milliunits=milliunits, source=source))
    return {key: tuple(of_pair) for key, of_pair in rates.items()}
