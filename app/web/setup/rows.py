"""Lists and forms of everything that the city workbook has a sheet for, one page for all kinds."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.work import Work
from app.interop.city.columns import Column as SheetColumn
from app.interop.city.columns import Form as CellForm
from app.interop.city.one_row import (
    city_around,
    enter_row,
    form_kind,
    form_values,
    row_of_key,
    shown_values,
)
from app.interop.city.present import CityRow
from app.interop.city.sheet_kind import SheetKind
from app.interop.sheets.name_index import sounds
from app.web.kit.columns import Column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed
from app.web.kit.rendering import Words
from app.web.kit.tables import Filter, Listing
from app.web.setup.addresses import entry_address, list_address

router = APIRouter(include_in_schema=False)

COLUMNS_MAX = 8
"""More do not fit on a page; the form and the workbook have all of them."""
Key = Annotated[list[str], Query(max_length=8)]
_Shown = tuple[CityRow, dict[str, str]]


@router.get("/city-setup/sheets/{kind_name}", dependencies=[needs(Right.CATALOG_WRITE)])
def show_rows(kind_name: str, page: Page, session: Reader) -> Response:
    """All rows of a kind; the first column leads to the form."""
    kind = form_kind(kind_name)
    city = city_around(session, kind)
    rows: list[_Shown] = [(row, shown_values(city, kind, row, page.language)) for row in city[kind.name]]
    filters = [Filter(key="q", title="Search", narrow=_containing)]
    listing = Listing(
        file_name=kind.title,
        rows=rows,
        columns=[_list_column(kind, column, n) for n, column in enumerate(kind.columns[:COLUMNS_MAX])],
        filters=filters,
        empty="Nothing here yet. Enter the first one, or load all of them with the city workbook.",
    )
    return page.render_list(session, listing, "setup/rows.html", kind=kind)


def _containing(rows: list[_Shown], text: str) -> list[_Shown]:
    """The rows in which the text stands, or Chinese that is written so in pinyin or by its initials."""
    wanted = text.casefold()
    return [
        row
        for row in rows
        if any(wanted in value.casefold() or _sounds_like(wanted, value) for value in row[1].values())
    ]


def _sounds_like(wanted: str, value: str) -> bool:
    plain = "".join(wanted.split())
    return len(plain) > 1 and plain.isascii() and not value.isascii() and any(plain in said for said in sounds(value))


def _list_column(kind: SheetKind, column: SheetColumn, position: int) -> Column[_Shown]:
    return Column(
        key=column.field,
        title=column.title,
        value=lambda row: row[1].get(column.field, ""),
        sortable=True,
        link=(lambda row: entry_address(kind, row[0])) if position == 0 else None,
    )


@router.get("/city-setup/sheets/{kind_name}/entry", dependencies=[needs(Right.CATALOG_WRITE)])
def show_row(kind_name: str, page: Page, session: Reader, key: Key = []) -> Response:  # noqa: B006 - FastAPI's way
    """The form of a row, or of a new one."""
    return _entry(page, session, form_kind(kind_name), tuple(key), None)


def _entry(page: PageContext, session: Session, kind: SheetKind, key: tuple[str, ...], form: Form | None) -> Response:
    city = city_around(session, kind)
    row = row_of_key(city, kind, key) if key else None
    shown = form or Form(values=form_values(city, kind, row, page.language) if row is not None else {})
    choices = {column.field: _choices(page.words, city, column) for column in kind.columns}
    stay = {*kind.key, *kind.fixed} if row is not None else set()
    return page.render(
        "setup/row.html",
        form=shown,
        kind=kind,
        row=row,
        texts=shown_values(city, kind, row, page.language) if row is not None else {},
        kept=form_values(city, kind, row, page.language) if row is not None else {},
        choices=choices,
        stay=stay,
        address=entry_address(kind, row) if row is not None else f"{list_address(kind)}/entry",
    )


def _choices(words: Words, city: dict[str, list[CityRow]], column: SheetColumn) -> list[tuple[str, str]]:
    if column.form is CellForm.CHOICE:
        return [(value, words(message)) for value, message in (column.words or {}).items()]
    if column.form is CellForm.YES_NO:
        return [("yes", words("yes")), ("no", words("no"))]
    if column.form is not CellForm.REFERENCE:
        return []
    name = "name_zh" if words.language == "zh-CN" else "name_en"
    kinds = (column.refers, "warehouses") if column.refers == "facilities" else (column.refers,)
    return [(str(row["code"]), str(row[name])) for kind in kinds for row in city[kind]]


@router.post("/city-setup/sheets/{kind_name}/entry", dependencies=[needs(Right.CATALOG_WRITE)])
def enter(kind_name: str, sent: SentForm, key: Key = []) -> Response:  # noqa: B006 - FastAPI's way
    """Enter a row, or change the one that the address names."""
    kind, page = form_kind(kind_name), sent.page

    def act(work: Work, typed: Typed) -> str:
        given = dict(typed)
        if key:
            city = city_around(work.session, kind)
            there = row_of_key(city, kind, tuple(key))
            kept = form_values(city, kind, there, page.language)
            given |= {name: kept[name] for name in (*kind.key, *kind.fixed) if name in kept}
        enter_row(work, kind, given, is_new=not key)
        return list_address(kind)

    return sent.run(act, lambda session, form: _entry(page, session, kind, tuple(key), form))
