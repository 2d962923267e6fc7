"""Units in which people count items besides the base unit: boxes, cartons, and how much each of them is."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from app.catalog.models import Item, ItemUnit
from app.catalog.rules import unit_name_faults
from app.catalog.schemas import ItemUnits, ItemUnitView
from app.catalog.service import lock_item
from app.core.errors import InvalidInputError
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work


def units_of(item: Item) -> Sequence[ItemUnit]:
    """The units of an item, the smallest first."""
    session = object_session(item)
    assert session is not None, "an item of a session"
    query = select(ItemUnit).where(ItemUnit.item_id == item.id).order_by(ItemUnit.base_units, ItemUnit.id)
    return session.scalars(query).unique().all()


def set_units(work: Work, code: str, given: ItemUnits, if_match: Precondition = ANY_VERSION) -> Item:
    """Give an item these units in the place of those that it had; all faults at once."""
    item = if_match.check(lock_item(work.session, code))
    InvalidInputError.raise_if(unit_name_faults(item.base_unit, [(one.name_zh, one.name_en) for one in given.units]))
    before = units_of(item)
    old = {"units": [ItemUnitView.snapshot(one) for one in before]}
    new = {"units": [ItemUnitView.snapshot(one) for one in sorted(given.units, key=lambda one: one.base_units)]}
    if new == old:
        return item
    for row in before:
        work.session.delete(row)
    work.session.flush()  # the old rows must be gone before rows of the same names come
    work.session.add_all(ItemUnit(item_id=item.id, **dict(one)) for one in given.units)
    item.touch()
    work.record_change("ITEM_UNITS_CHANGED", "item", code, before=old, after=new)
    return item


def all_units(session: Session) -> dict[str, list[ItemUnit]]:
    """The units of all active items by the item's code."""
    query = select(Item.code, ItemUnit).join(Item, ItemUnit.item_id == Item.id).where(Item.active.is_(True))
    units: dict[str, list[ItemUnit]] = defaultdict(list)
    for code, unit in session.execute(query.order_by(ItemUnit.base_units, ItemUnit.id)).unique():
        units[code].append(unit)
    return dict(units)
