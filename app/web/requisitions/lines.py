"""The lines of a requisition in a form: people write kilograms where the payload has grams, and skip what they may.

A form has a row for every usual item (marked by the hidden field `usual`) and some blank ones. A row counts when
anything is written in it; a quantity of 0 says that nothing is needed.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.catalog.types import BaseUnit, Program
from app.core.errors import Fault, InvalidInputError, ServiceError
from app.core.http.payloads import FIRST_DAY
from app.requisitions.schemas import NewRequisition
from app.web.kit.forms import Typed, take_amount, validated

GRAMS_PER_KG = 1_000
BLANK_ROWS = 2
_MISSING = "This field is missing."


def program_of(typed: Typed) -> Program:
    """The program that a form names; medical supplies where it names none, or nothing known."""
    named = str(typed.get("program"))
    return next((one for one in Program if one.value == named), Program.MEDICAL)


def unit_key(unit: BaseUnit | str) -> str:
    """The word of the unit in which people write a quantity: of what is weighed, kilograms."""
    return "unit.kilogram" if unit == BaseUnit.GRAM else f"unit.{unit}"


def written(units: int | None, unit: BaseUnit | str) -> str:
    """Base units as people write them: plain digits, grams as kilograms."""
    if units is None:
        return ""
    return f"{Decimal(units) / GRAMS_PER_KG:f}" if unit == BaseUnit.GRAM else str(units)


def to_base_units(line: Typed, names: Sequence[str], unit: BaseUnit | None, where: str) -> list[Fault]:
    """Turn what was written into base units, in place; the faults, with a harmless 1 left in their places."""
    faults: list[Fault] = []
    if unit is not BaseUnit.GRAM:
        return faults
    for name in names:
        try:
            take_amount(line, name, into=name, per_unit=GRAMS_PER_KG)
        except InvalidInputError as refusal:
            faults += [one.at(f"{where}.{name}") for one in refusal.faults]
            line[name] = 1
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The payload of a form, and which row of the form each of its lines is."""

    new: NewRequisition
    positions: Sequence[int]
    without_day: frozenset[int]
    """Rows that take the day at the head of the form."""


def read_requisition(typed: Typed, units: Mapping[str, BaseUnit]) -> Asked:
    """The requisition that a form asks for; raises `InvalidInputError` with every fault at its field.

    `typed` is left as it is, to be shown again.
    """
    rows = typed.get("lines")
    lines = rows if isinstance(rows, list) else []
    kept = [(n, dict(line)) for n, line in enumerate(lines) if isinstance(line, dict) and _asks(line)]
    faults: list[Fault] = []
    without_day = set()
    for n, line in kept:
        line.pop("usual", None)
        unit = units.get(str(line.get("item")))
        faults += to_base_units(line, ("requested_units", "on_hand_units"), unit, f"lines.{n}")
        if "needed_by" in line:
            line["needed_by"] = day_text(str(line["needed_by"]), str(typed.get("reported_on", "")))
        else:
            without_day.add(n)
            line["needed_by"] = typed.get("needed_by", "2000-01-01")
    if not kept:
        faults.append(Fault("nothing_asked", "Say of at least one item how much is needed.", "lines"))
    if "needed_by" not in typed and without_day:
        faults.append(Fault("missing", _MISSING, "needed_by"))
    values: Typed = {name: typed[name] for name in ("facility", "program", "reported_on", "note") if name in typed}
    asked: Typed = {**values, "lines": [line for _, line in kept] or [_HARMLESS]}
    positions = [n for n, _ in kept]
    try:
        new = validated(NewRequisition, asked)
    except InvalidInputError as refusal:
        faults += at_their_rows(refusal, positions, frozenset(without_day)).faults
        raise InvalidInputError(*faults) from refusal
    InvalidInputError.raise_if(faults)
    return Asked(new=new, positions=positions, without_day=frozenset(without_day))


_HARMLESS: Typed = {"item": "none", "requested_units": 1, "needed_by": "2000-01-01"}
"""Stands in for lines where there are none, so that the other faults are found, too."""


_DAY = re.compile(r"(?:([0-9]{4})[-/.年])?([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


def day_text(text: str, reported_on: str) -> str:
    """A day as people type it (2020-2-6, 2/6, 2月6日) as 2020-02-06; text that is no day stays as it is.

    Without a year it is the first such day that is not before the report.
    """
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return text
    year, month, day = found.groups()
    try:
        first = date.fromisoformat(reported_on)
    except ValueError:
        first = FIRST_DAY
    for number in [int(year)] if year else [first.year, first.year + 1]:
        try:
            meant = date(number, int(month), int(day))
        except ValueError:
            continue
        if year or meant >= first:
            return meant.isoformat()
    return text


def _asks(line: Typed) -> bool:
    if str(line.get("requested_units", "")) == "0":
        return False
    return any(name not in ("usual", "item") for name in line) or "usual" not in line


def at_their_rows(refusal: ServiceError, positions: Sequence[int], without_day: frozenset[int]) -> ServiceError:
    """The same refusal with its faults at the rows of the form, each told once."""
    faults: list[Fault] = []
    for fault in refusal.faults:
        moved = _at_row(fault, positions, without_day)
        if moved not in faults:
            faults.append(moved)
    return type(refusal)(*faults)


def _at_row(fault: Fault, positions: Sequence[int], without_day: frozenset[int]) -> Fault:
    part, *path = fault.where.split(".")
    if part != "lines" or not path or not path[0].isdigit() or int(path[0]) >= len(positions):
        return fault
    row = positions[int(path[0])]
    field = path[1] if len(path) > 1 else "item"
    where = "needed_by" if field == "needed_by" and row in without_day else f"lines.{row}.{field}"
    params = dict(fault.params)
    line = params.get("line")
    if isinstance(line, int) and line <= len(positions):
        params["line"] = positions[line - 1] + 1
    return Fault(fault.code, fault.message, where, params)
