"""Lists: every table of the pages is filtered, sorted, paged and downloaded in the same way.

A page says what the rows are (a query, or rows that are computed), which columns and filters there are, and hands the
`Listing` to `show_list`. In the address: `sort=key` or `sort=-key`, `page=2`, one parameter for each filter, and
`download=xlsx` or `download=csv` for all rows of the list as it is filtered and sorted.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Generic, cast
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError
from app.core.http.payloads import Name
from app.core.http.problem_details import shape_fault
from app.partners.types import SupplyChannel
from app.web.kit.choices import Choices, item_choices, partner_choices, warehouse_choices, word_choices
from app.web.kit.columns import NUMBERS, Cell, Column, Kind, Order, Row, cell, file_cell
from app.web.kit.downloads import FileCell, FileFormat, table_file
from app.web.kit.rendering import Words, render, words_for
from app.web.kit.units import read_day

__all__ = ["Column", "Filter", "Kind", "Listing", "ShownList", "show_list", "shown_list"]

PAGE_ROWS = 50
_SEARCHED: TypeAdapter[str] = TypeAdapter(Name)
FILE_ROWS_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter: text to search for, a day, or one of several choices (value and its name in the page's language)."""

    key: str
    title: str
    narrow: Callable[[Any, str], Any]
    """Gets the query (or the sequence of rows) and the wanted value; raises `ServiceError` where it makes no sense."""
    choices: Sequence[tuple[str, str]] | None = None
    is_day: bool = False


def day_filter(key: str, title: str, narrow: Callable[[Any, date], Any]) -> Filter:
    """A filter by a day."""
    return Filter(key=key, title=title, is_day=True, narrow=lambda rows, text: narrow(rows, read_day(text)))


def choice_filter(key: str, title: str, choices: Choices, narrow: Callable[[Any, str], Any]) -> Filter:
    """A filter by one of several values."""
    return Filter(key=key, title=title, choices=choices, narrow=narrow)


def word_filter(
    words: Words, key: str, title: str, prefix: str, kinds: type[StrEnum], narrow: Callable[[Any, Any], Any]
) -> Filter:
    """A filter by a value of an enumeration, whose words stand in the catalogue as `prefix.VALUE`."""
    return choice_filter(key, title, word_choices(words, prefix, kinds), lambda rows, text: narrow(rows, kinds(text)))


def state_filter(words: Words, kinds: type[StrEnum], column: Any) -> Filter:
    """A filter by the state in a column."""
    return word_filter(words, "state", "State", "state", kinds, lambda rows, state: rows.where(column == state))


def program_filter(words: Words, narrow: Callable[[Any, Program], Any]) -> Filter:
    """A filter by the program."""
    return word_filter(words, "program", "Program", "program", Program, narrow)


def item_filter(session: Session, words: Words, narrow: Callable[[Any, str], Any]) -> Filter:
    """A filter by the item."""
    return choice_filter("item", "Item", item_choices(session, words), narrow)


def partner_filter(session: Session, words: Words, narrow: Callable[[Any, str], Any]) -> Filter:
    """A filter by who gives or sells."""
    return choice_filter("partner", "Partner", partner_choices(session, words), narrow)


def warehouse_filter(session: Session, words: Words, narrow: Callable[[Any, str], Any]) -> Filter:
    """A filter by the warehouse."""
    return choice_filter("warehouse", "Warehouse", warehouse_choices(session, words), narrow)


def channel_filter(words: Words, narrow: Callable[[Any, SupplyChannel], Any]) -> Filter:
    """A filter by the channel."""
    return word_filter(words, "channel", "Channel", "channel", SupplyChannel, narrow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Row]):
    """What a list shows; `key` is the unique column that breaks ties, so that pages neither repeat nor skip rows."""

    file_name: str
    """An English message: the name of the downloaded file and of its sheet."""
    rows: Select[Any] | Sequence[Row]
    columns: Sequence[Column[Row]]
    filters: Sequence[Filter] = ()
    key: Order = None
    sort: str = ""
    """The order that nobody asked for; as in the address."""
    chosen_by: Callable[[Row], str | None] | None = None
    """The value of the box before a row, in the form with the id `bulk`; no box where it is None."""
    empty: str = "Nothing here yet."
    """An English message that says what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The heading of a column, with the address that sorts by it."""

    title: str
    is_number: bool
    link: str | None
    sorted: str
    """`ascending`, `descending` or nothing, as in aria-sort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownList:
    """One page of a list, ready for the template."""

    headings: Sequence[Heading]
    rows: Sequence[tuple[str | None, Sequence[Cell]]]
    filters: Sequence[tuple[Filter, str]]
    total: int
    page: int
    pages: int
    sort: str
    first: int
    """Position of the first row shown, from 1."""
    has_boxes: bool
    empty: str
    is_filtered: bool
    faults: Sequence[Fault]
    address: Callable[..., str] = field(repr=False)
    """The address of this list with other parameters."""


def show_list(
    request: Request, session: Session, language: str, listing: Listing[Any], template: str, **values: Any
) -> Response:
    """The page of the list, or the file where one is asked for; the template finds the list as `list`."""
    words = words_for(request, language)
    wanted = request.query_params.get("download")
    shown = shown_list(request, session, words, listing)
    if wanted in ("xlsx", "csv") and not shown.faults:
        zone: ZoneInfo = request.app.state.settings.city_zone
        return _download(request, session, words, listing, cast(FileFormat, wanted), zone)
    return render(request, template, language, status=422 if shown.faults else 200, list=shown, **values)


def shown_list(request: Request, session: Session, words: Words, listing: Listing[Any]) -> ShownList:
    """The page of the list that the request asks for; a filter that makes no sense shows its fault and no rows."""
    query, faults = _narrowed(request, listing)
    sort = _sort(request, listing)
    total = 0 if faults else _count(session, query)
    pages = max(1, -(-total // PAGE_ROWS))
    asked = request.query_params.get("page", "1")
    page = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    rows = [] if faults else _rows(session, _sorted(query, listing, sort), (page - 1) * PAGE_ROWS, PAGE_ROWS)
    zone: ZoneInfo = request.app.state.settings.city_zone
    filters = [(one, request.query_params.get(one.key, "")) for one in listing.filters]

    def address(**parameters: str | int | None) -> str:
        url = request.url.remove_query_params(["page", "download", *parameters])
        return "?" + url.include_query_params(**{k: v for k, v in parameters.items() if v is not None}).query

    return ShownList(
        headings=[_heading(words, column, sort, address) for column in listing.columns],
        rows=[
            (
                listing.chosen_by(row) if listing.chosen_by else None,
                [cell(words, column, row, zone) for column in listing.columns],
            )
            for row in rows
        ],
        filters=filters,
        total=total,
        page=page,
        pages=pages,
        sort=sort,
        first=(page - 1) * PAGE_ROWS + 1,
        has_boxes=listing.chosen_by is not None,
        empty=listing.empty,
        is_filtered=any(value for _, value in filters),
        faults=faults,
        address=address,
    )


def _narrowed(request: Request, listing: Listing[Any]) -> tuple[Any, list[Fault]]:
    query: Any = listing.rows
    faults: list[Fault] = []
    for one in listing.filters:
        value = request.query_params.get(one.key, "").strip()
        if not value:
            continue
        if one.choices is not None and value not in {choice for choice, _ in one.choices}:
            faults.append(Fault("unknown_choice", "“{value}” is not one of the choices.", one.key, {"value": value}))
            continue
        try:
            _SEARCHED.validate_python(value)
            query = one.narrow(query, value)
        except ValidationError as error:
            wrong = map(shape_fault, error.errors(include_url=False))
            faults += [fault.at(one.key) for fault in wrong]
        except InvalidInputError as refusal:
            faults += [fault.at(one.key) for fault in refusal.faults]
    return query, faults


def _is_sortable(column: Column[Any], listing: Listing[Any]) -> bool:
    return column.order is not None if isinstance(listing.rows, Select) else column.sortable


def _sort(request: Request, listing: Listing[Any]) -> str:
    known = {column.key for column in listing.columns if _is_sortable(column, listing)}
    asked = request.query_params.get("sort", "")
    return asked if asked.removeprefix("-") in known else listing.sort


def _sorted(query: Any, listing: Listing[Any], sort: str) -> Any:
    column = next((one for one in listing.columns if one.key == sort.removeprefix("-")), None)
    is_descending = sort.startswith("-")
    if not isinstance(query, Select):
        if column is None:
            return query
        known = [row for row in query if column.value(row) is not None]
        known.sort(key=column.value, reverse=is_descending)
        return [*known, *(row for row in query if column.value(row) is None)]
    ordered = query
    if column is not None and column.order is not None:
        # NULLs last on both databases, whichever way the column is sorted.
        order = column.order.desc() if is_descending else column.order.asc()
        ordered = ordered.order_by(column.order.is_(None), order)
    return (
        ordered.order_by(listing.key.desc() if is_descending else listing.key) if listing.key is not None else ordered
    )


def _count(session: Session, query: Any) -> int:
    if not isinstance(query, Select):
        return len(query)
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def _rows(session: Session, query: Any, offset: int, limit: int) -> Sequence[Any]:
    if not isinstance(query, Select):
        return list(query[offset : offset + limit])
    result = session.execute(query.offset(offset).limit(limit)).unique()
    return result.scalars().all() if len(query.column_descriptions) == 1 else result.all()


def _heading(words: Words, column: Column[Any], sort: str, address: Callable[..., str]) -> Heading:
    is_sortable = column.order is not None or column.sortable
    order = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort, "")
    link = address(sort=f"-{column.key}" if order == "ascending" else column.key) if is_sortable else None
    return Heading(title=words(column.title), is_number=column.kind in NUMBERS, link=link, sorted=order)


def _download(
    request: Request, session: Session, words: Words, listing: Listing[Any], file_format: FileFormat, zone: ZoneInfo
) -> Response:
    query, _ = _narrowed(request, listing)
    rows = _rows(session, _sorted(query, listing, _sort(request, listing)), 0, FILE_ROWS_MAX + 1)
    if len(rows) > FILE_ROWS_MAX:
        message = "That is more than {rows_max} rows; please filter the list first."
        raise InvalidInputError.of(message, code="too_many_rows", rows_max=FILE_ROWS_MAX)
    titles = [words(column.title) for column in listing.columns]
    with_units = {column.key for column in listing.columns if column.unit is not None}
    for position, column in reversed(list(enumerate(listing.columns))):
        if column.key in with_units:
            titles.insert(position + 1, words("Unit"))

    def cells(row: Any) -> Iterable[FileCell]:
        for column in listing.columns:
            value = column.value(row)
            yield file_cell(words, column, value, zone)
            if column.unit is not None:
                yield words(f"unit.{column.unit(row)}")

    return table_file(file_format, words(listing.file_name), titles, ([*cells(row)] for row in rows))
