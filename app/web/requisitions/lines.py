"""The lines of a requisition in a form: a row for every usual item, and some blank ones.

A row of a usual item is marked by the hidden field `usual`. A row counts when anything is written in it; a quantity of
0 says that nothing is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError, ServiceError
from app.requisitions.schemas import NewRequisition
from app.web.kit.forms import FormReader, Typed, rows_of, validated

BLANK_ROWS = 2
_MISSING = "This field is missing."


def program_of(typed: Typed) -> Program:
    """The program that a form names; medical supplies where it names none, or nothing known."""
    named = str(typed.get("program"))
    return next((one for one in Program if one.value == named), Program.MEDICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The payload of a form, and which row of the form each of its lines is."""

    new: NewRequisition
    positions: Sequence[int]
    without_day: frozenset[int]
    """Rows that take the day at the head of the form."""


_HEAD = ("facility", "program", "reported_on", "note", "kind", "extra_reason")


def read_requisition(session: Session, typed: Typed) -> Asked:
    """The requisition that a form asks for; raises `InvalidInputError` with every fault at its field.

    `typed` is left as it is, to be shown again.
    """
    reader = FormReader(session)
    values: Typed = {name: typed[name] for name in _HEAD if name in typed}
    common: Typed = {name: typed[name] for name in ("needed_by",) if name in typed}
    reported_on = reader.day(values, "reported_on")
    reader.day(common, "needed_by", since=reported_on)
    kept = [(n, dict(line)) for n, line in enumerate(rows_of(typed, "lines")) if _asks(line)]
    without_day = frozenset(n for n, line in kept if "needed_by" not in line)
    for n, line in kept:
        at = f"lines.{n}."
        line.pop("usual", None)
        item = reader.items.get(str(line.get("item")))
        reader.quantity(line, item, "requested_units", at)
        reader.quantity(line, item, "on_hand_units", at)
        reader.day(line, "needed_by", at, since=reported_on)
        line.setdefault("needed_by", common.get("needed_by", "2000-01-01"))
    if not kept:
        reader.faults.append(Fault("nothing_asked", "Say of at least one item how much is needed.", "lines"))
    if without_day and not common:
        reader.faults.append(Fault("missing", _MISSING, "needed_by"))
    positions = [n for n, _ in kept]
    try:
        new = validated(NewRequisition, {**values, "lines": [line for _, line in kept] or [_HARMLESS]})
    except InvalidInputError as refusal:
        told = {fault.where for fault in reader.faults}
        faults = at_their_rows(refusal, positions, without_day).faults
        raise InvalidInputError(*reader.faults, *(one for one in faults if one.where not in told)) from refusal
    InvalidInputError.raise_if(reader.faults)
    return Asked(new=new, positions=positions, without_day=without_day)


_HARMLESS: Typed = {"item": "none", "requested_units": 1, "needed_by": "2000-01-01"}
"""Stands in for lines where there are none, so that the other faults are found, too."""


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
    return fault.at(where).with_params(params)
