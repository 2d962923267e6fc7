"""Norm sets, and the daily use that their norms state for kinds of facility and items."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.models import FacilityType, Item, Norm, NormSet
from app.catalog.rules import NormRate
from app.catalog.schemas import NewNorm, NewNormSet, NormChange, NormSetChange, NormSetView, NormView
from app.catalog.service import facility_types_by_code, items_by_code
from app.catalog.types import NormBasis
from app.core.errors import Fault, InvalidInputError
from app.core.records import add_row, lock_one_row, lock_row_by_code, one_row, row_by_code, set_fields, taken
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work


def norm_set_by_code(session: Session, code: str) -> NormSet:
    """The norm set with this code; raises `NotFoundError`."""
    return row_by_code(session, NormSet, "norm set", code)


def lock_norm_set(session: Session, code: str) -> NormSet:
    """As `norm_set_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, NormSet, "norm set", code)


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
