"""The columns of each table of a problem: the one place that says what a field may hold.

Every field has a JSON key, an attribute, a kind of value and, where it may be missing, a default. Both ways
to make a problem (``parse_problem`` and ``Problem.of``) are checked against these columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from . import facts

LARGEST = 10**12
"""No quantity, amount, price or volume may be larger: sums of millions of them stay exact in 64 bits."""

PERIODS_MAX = 3660
RATIO_MIN = 1e-6
RATIO_MAX = 1e6
ID_LENGTH_MAX = 200
REQUIRED: Any = object()
UNPRINTABLE = (
    r"\u0000-\u001f\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\uf8ff\ufeff"
    r"\ufff0-\ufffb"
)
"""Control, format, private and separating characters but the plain space, as a class of characters in a regular
expression: the same for the reader and the JSON Schema, and whatever letters Unicode may add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field of a table.

    ``kind`` is ``text``, ``whole``, ``number``, ``ref``, ``refs`` (a list of ids), ``periods`` (a list), ``choice``,
    ``caps`` or ``before``;
    ``refers_to`` names the table that must know the id. ``later``: the format got it after the first problems were
    written; the digest leaves it out where all rows have the default, so that theirs stay as they were.
    """

    key: str
    attribute: str
    kind: str
    default: Any = REQUIRED
    low: float = 0
    high: float = LARGEST
    refers_to: str | None = None
    choices: tuple[str, ...] = ()
    later: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A list of a problem: the class of its rows, its columns, and the columns that identify a row."""

    name: str
    row: type
    columns: tuple[Column, ...]
    identity: tuple[str, ...]


def _text(key: str) -> Column:
    return Column(key=key, attribute=key, kind="text")


def _whole(key: str, attribute: str = "", *, default: Any = REQUIRED, low: int = 0) -> Column:
    return Column(key=key, attribute=attribute or key, kind="whole", default=default, low=low)


def _number(key: str, *, default: Any = REQUIRED, low: float = 0.0, high: float = LARGEST) -> Column:
    return Column(key=key, attribute=key, kind="number", default=default, low=low, high=high)


def _ref(key: str, table: str, attribute: str = "", *, default: Any = REQUIRED) -> Column:
    return Column(key=key, attribute=attribute or key, kind="ref", default=default, refers_to=table)


def _refs(key: str, table: str) -> Column:
    return Column(key=key, attribute=key, kind="refs", default=None, refers_to=table)


def _later(column: Column) -> Column:
    return replace(column, later=True)


_ID = _text("id")

TABLES: tuple[Table, ...] = (
    Table(
        name="items",
        row=facts.Item,
        identity=("id",),
        columns=(
            _ID,
            _whole("pack", default=1, low=1),
            _number("volume", default=0.0),
            _number("value", default=0.0),
        ),
    ),
    Table(name="sites", row=facts.Site, identity=("id",), columns=(_ID,)),
    Table(name="facilities", row=facts.Facility, identity=("id",), columns=(_ID,)),
    Table(
        name="lanes",
        row=facts.Lane,
        identity=("site", "facility"),
        columns=(
            _ref("site", "sites"),
            _ref("facility", "facilities"),
            _whole("days", default=0),
            _number("cost", default=0.0),
            _later(Column(key="departures", attribute="departures", kind="periods", default=None)),
        ),
    ),
    Table(
        name="supplies",
        row=facts.Supply,
        identity=("id",),
        columns=(
            _ID,
            _ref("item", "items"),
            _ref("site", "sites"),
            _whole("quantity"),
            _whole("from", "start_period", default=0),
            _whole("until", "until_period", default=None),
            _refs("earmark", "facilities"),
        ),
    ),
    Table(
        name="offers",
        row=facts.Offer,
        identity=("id",),
        columns=(
            _ID,
            _ref("item", "items"),
            _ref("site", "sites"),
            _whole("quantity"),
            _whole("from", "start_period", default=0),
            _number("unit_price", default=0.0),
            _ref("fund", "funds", default=None),
            _later(_whole("until", "until_period", default=None)),
        ),
    ),
    Table(
        name="funds",
        row=facts.Fund,
        identity=("id",),
        columns=(
            _ID,
            _number("amount"),
            _later(Column(key="rounding", attribute="rounding", kind="choice", default=None, choices=("fen",))),
        ),
    ),
    Table(
        name="demands",
        row=facts.Demand,
        identity=("id",),
        columns=(
            _ID,
            _ref("facility", "facilities"),
            _ref("item", "items"),
            _whole("quantity", low=1),
            _whole("due"),
            _whole("tier"),
            _later(Column(key="before", attribute="before", kind="before", default=None)),
        ),
    ),
    Table(
        name="substitutions",
        row=facts.Substitution,
        identity=("item", "for"),
        columns=(
            _ref("item", "items"),
            _ref("for", "items", "serves"),
            _number("ratio", default=1.0, low=RATIO_MIN, high=RATIO_MAX),
            _number("penalty", default=0.0),
            _refs("facilities", "facilities"),
        ),
    ),
    Table(
        name="capacities",
        row=facts.Capacity,
        identity=("site", "period"),
        columns=(_ref("site", "sites"), _whole("period"), _number("volume")),
    ),
    Table(
        name="reserves",
        row=facts.Reserve,
        identity=("item",),
        columns=(_ref("item", "items"), _whole("quantity")),
    ),
    Table(
        name="bands",
        row=facts.Band,
        identity=("name",),
        columns=(_text("name"), Column(key="caps", attribute="caps", kind="caps", high=1)),
    ),
    Table(
        name="previous",
        row=facts.Shipment,
        identity=("source", "demand", "period"),
        columns=(_text("source"), _text("demand"), _whole("period"), _whole("quantity")),
    ),
)
