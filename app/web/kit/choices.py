"""The things that forms name: choices for people, and what they type for a name as its code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from app.catalog.aliases import known_names
from app.catalog.models import Item
from app.catalog.rules import fold_name, name_table
from app.catalog.service import select_items
from app.core.http.payloads import Code
from app.facilities.models import Facility
from app.facilities.service import select_facilities
from app.partners.models import Partner
from app.partners.service import select_partners
from app.procurement.funds import select_funds
from app.procurement.models import FundSource
from app.web.kit.rendering import Words

Choices = Sequence[tuple[str, str]]
"""Pairs of a value and its name in the page's language."""


_CODE = TypeAdapter[str](Code)


def is_code(text: object) -> bool:
    """Can this be the code of something? What cannot is not looked for in the database."""
    try:
        _CODE.validate_python(text)
    except ValidationError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people type for a thing (its code, a name in either language, a part of one), as its code."""

    codes: frozenset[str]
    table: Mapping[str, str]
    """Codes by folded name."""

    def code(self, text: str) -> str | None:
        """The code of the one thing that the text can mean; None where it is none or several."""
        if text in self.codes:
            return text
        wanted = fold_name(text)
        if wanted in self.table:
            return self.table[wanted]
        meant = {code for name, code in self.table.items() if wanted and wanted in name}
        return meant.pop() if len(meant) == 1 else None


def item_names(session: Session) -> Names:
    """The items in use, with the aliases that operators keep."""
    items = session.scalars(select_items(active=True))
    return Names(codes=frozenset(item.code for item in items), table=known_names(session))


def _names_of(things: Iterable[Any]) -> Names:
    rows = list(things)
    pairs = [(name, row.code) for row in rows for name in (row.code, row.name_zh, row.name_en)]
    return Names(codes=frozenset(row.code for row in rows), table=name_table((), pairs))


def partner_names(session: Session) -> Names:
    """The partners in use."""
    return _names_of(session.scalars(select_partners(active=True)))


def facility_names(session: Session) -> Names:
    """The facilities in use."""
    return _names_of(session.scalars(select_facilities(session, active=True)).unique())


def items_in_use(session: Session) -> Mapping[str, Item]:
    """The items in use by code, medical ones first."""
    query = select_items(active=True).order_by(Item.program.desc(), Item.id)
    return {item.code: item for item in session.scalars(query)}


def _choices(words: Words, rows: Iterable[Any]) -> Choices:
    return [(row.code, words.name(row)) for row in rows]


def item_choices(session: Session, words: Words) -> Choices:
    """The items in use."""
    return _choices(words, items_in_use(session).values())


def partner_choices(session: Session, words: Words) -> Choices:
    """The partners in use."""
    return _choices(words, session.scalars(select_partners(active=True).order_by(Partner.id)))


def facility_choices(session: Session, words: Words) -> Choices:
    """The facilities in use that use supplies."""
    query = select_facilities(session, active=True, keeps_stock=False).order_by(Facility.id)
    return _choices(words, session.scalars(query).unique())


def warehouse_choices(session: Session, words: Words, within: frozenset[str] | None = None) -> Choices:
    """The warehouses in use; where `within` is given, only these."""
    query = select_facilities(session, active=True, keeps_stock=True).order_by(Facility.id)
    rows = session.scalars(query).unique()
    return _choices(words, [row for row in rows if within is None or row.code in within])


def place_choices(session: Session, words: Words) -> Choices:
    """The facilities and warehouses in use."""
    return _choices(words, session.scalars(select_facilities(session, active=True).order_by(Facility.id)).unique())


def fund_choices(session: Session, words: Words) -> Choices:
    """The funds, each with what is left of it."""
    return [
        (
            fund.code,
            words("{name}: {left} left", name=words.name(fund), left=words.money(fund.amount_fen - fund.committed_fen)),
        )
        for fund in session.scalars(select_funds().order_by(FundSource.id))
    ]


def word_choices(words: Words, prefix: str, kinds: Iterable[Any]) -> Choices:
    """The values of an enumeration, with their words in the catalogue."""
    return [(kind.value, words(f"{prefix}.{kind.value}")) for kind in kinds]
