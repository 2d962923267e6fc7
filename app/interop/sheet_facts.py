"""What the catalogue knows for the reader of sheets: items with their units and names, facilities, headings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.aliases import known_names
from app.catalog.item_units import all_units
from app.catalog.models import Item
from app.catalog.rules import fold_name
from app.facilities.models import Facility, FacilityAlias
from app.interop.models import SheetHeading
from app.interop.names import catalogue_names
from app.interop.sheets.headings import Headings, SheetField, known_headings
from app.interop.sheets.name_index import NameIndex
from app.interop.sheets.need_rows import ItemFacts, NeedFacts
from app.interop.sheets.units import UNIT_WORDS, fold_unit


def item_facts(session: Session) -> dict[str, ItemFacts]:
    """Every active item by its code, with its own units."""
    units = all_units(session)
    rows = session.execute(select(Item.code, Item.program, Item.base_unit).where(Item.active.is_(True))).all()
    return {
        row.code: ItemFacts(
            code=row.code,
            program=row.program,
            base_unit=row.base_unit,
            units={
                fold_unit(name): one.base_units
                for one in units.get(row.code, ())
                for name in (one.name_zh, one.name_en)
            },
        )
        for row in rows
    }


def item_index(session: Session, facts: Mapping[str, ItemFacts], own: Mapping[str, str] | None = None) -> NameIndex:
    """All names of active items; `own` are an operator's aliases for one file, before all others."""
    names = session.execute(select(Item.code, Item.name_zh, Item.name_en).where(Item.active.is_(True))).all()
    table = catalogue_names(known_names(session), facts, own).table
    shared = _shared((name, row.code) for row in names for name in row)
    return NameIndex(table, {name: codes for name, codes in shared.items() if name not in table})


def facility_index(session: Session) -> NameIndex:
    """All names of facilities that ask for supplies: aliases first, then codes and names."""
    names = select(Facility.code, Facility.name_zh, Facility.name_en).where(Facility.merged_into.is_(None))
    rows = session.execute(names).all()
    aliases = session.execute(
        select(FacilityAlias.alias, Facility.code).join(Facility, FacilityAlias.facility_id == Facility.id)
    ).all()
    shared = _shared((name, row.code) for row in rows for name in row)
    table = {name: codes[0] for name, codes in shared.items() if len(codes) == 1}
    table.update((row.alias, row.code) for row in aliases)
    return NameIndex(table, {name: codes for name, codes in shared.items() if name not in table})


def _shared(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The codes that have each folded name, in order and each once."""
    owners: dict[str, list[str]] = defaultdict(list)
    for name, code in pairs:
        if code not in owners[fold_name(name)]:
            owners[fold_name(name)].append(code)
    return owners


def headings_of(
    session: Session,
    facts: Mapping[str, ItemFacts],
    *,
    kept: Mapping[str, SheetField] | None = None,
    answered: Mapping[str, SheetField] | None = None,
) -> Headings:
    """The operators' headings before the shipped ones, and the units of items that may stand in them."""
    own = session.execute(select(SheetHeading.heading, SheetHeading.field).order_by(SheetHeading.id)).all()
    units = {word for one in facts.values() for word in one.units}
    return Headings(
        known=known_headings([(row.heading, row.field) for row in own]),
        kept=kept or {},
        answered=answered or {},
        unit_words=UNIT_WORDS | units,
    )


def facts_for(session: Session, facility: str, items: Mapping[str, ItemFacts], *, near: date) -> NeedFacts:
    """What a sheet of one facility is read against."""
    return NeedFacts(
        items=item_index(session, items),
        item_facts=items,
        facilities=facility_index(session),
        near=near,
        own_facility=facility,
    )
