"""Finds things by their number or name: bounded, and only what the actor may know of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, or_
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.rules import fold_name
from app.interop.sheets.name_index import NameIndex
from app.search.queries import SEARCHED, Searched
from app.search.types import FoundKind

ROWS_MAX = 10
"""Most rows of one kind in an answer."""
_SUGGESTED = (FoundKind.FACILITY, FoundKind.ITEM, FoundKind.PARTNER)
"""Kinds that are also found by names that sound or look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that was found; names are of the thing, else of the place, item or partner that it concerns."""

    kind: FoundKind
    code: str
    name_zh: str
    name_en: str
    state: str | None
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """What was found, by kind; `more` names kinds with more than is shown; `nearest`: only names that are alike."""

    found: Sequence[Found]
    more: Sequence[FoundKind] = ()
    nearest: bool = False

    def only_one(self, text: str) -> Found | None:
        """The thing whose number was typed or scanned as a whole, where there is just one."""
        exact = [one for one in self.found if one.code.casefold() == text.strip().casefold()]
        return exact[0] if len(exact) == 1 and len(self.found) == 1 else None


def search(session: Session, text: str, *, actor: Actor) -> SearchAnswer:
    """Everything whose number or name contains the text, else the places, items and partners with names like it."""
    wanted = text.strip()
    if not wanted:
        return SearchAnswer(found=())
    found: list[Found] = []
    more: list[FoundKind] = []
    for kind, searched in _allowed(actor):
        rows = session.execute(_matching(searched, wanted, actor).limit(ROWS_MAX + 1)).all()
        found += [_found(kind, searched, row, actor) for row in rows[:ROWS_MAX]]
        if len(rows) > ROWS_MAX:
            more.append(kind)
    if found:
        return SearchAnswer(found=found, more=more)
    return SearchAnswer(found=list(_nearest(session, wanted, actor)), nearest=True)


def _allowed(actor: Actor) -> Iterator[tuple[FoundKind, Searched]]:
    return ((kind, searched) for kind, searched in SEARCHED.items() if actor.may(searched.right))


def _matching(searched: Searched, text: str, actor: Actor) -> Select[Any]:
    conditions = [column.icontains(text, autoescape=True) for column in searched.texts]
    folded = fold_name(text)
    if searched.aliases is not None and folded:
        conditions.append(searched.aliases(folded))
    code = searched.texts[0]
    nearness = case((func.lower(code) == text.lower(), 0), (code.istartswith(text, autoescape=True), 1), else_=2)
    return searched.query(actor).where(or_(*conditions)).order_by(nearness, searched.key.desc())


def _found(kind: FoundKind, searched: Searched, row: Any, actor: Actor) -> Found:
    return Found(
        kind=kind,
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        state=None if row.state is None else str(row.state),
        address=searched.address(actor, row),
    )


def _nearest(session: Session, text: str, actor: Actor) -> Iterator[Found]:
    for kind, searched in _allowed(actor):
        if kind not in _SUGGESTED:
            continue
        rows = {row.code: row for row in session.execute(searched.query(actor))}
        names = {fold_name(name): code for code, row in rows.items() for name in (row.name_zh, row.name_en)}
        for code in NameIndex(names).nearest(text):
            yield _found(kind, searched, rows[code], actor)
