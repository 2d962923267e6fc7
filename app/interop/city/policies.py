"""Policies in the city workbook: four sheets make one policy a program; a new version only where it differs."""

from typing import Any

from pydantic import ValidationError

from app.catalog.types import Program
from app.core.errors import Fault, ServiceError
from app.core.http.problem_details import shape_fault
from app.core.work import Work
from app.interop.city.kinds import POLICY_KINDS
from app.interop.city.kinds_supply import POLICIES, POLICY_BANDS, POLICY_RESERVES, POLICY_TIERS
from app.interop.city.outcome import SheetOutcome, ToldRow
from app.interop.city.present import City, CityRow
from app.interop.city.reading import ReadCity
from app.interop.city.sheet_kind import SheetKind
from app.interop.city.understanding import Understanding, UnderstoodRow, by_key
from app.planning.policies.schemas import NewPolicy
from app.planning.policies.service import create_policy

_OPTIONAL = ("firm_days", "max_age_hours", "history_days", "allows_partial", "norm_set")
_DEFAULTS = {name: field.default for name, field in NewPolicy.model_fields.items() if name in _OPTIONAL}
_ENGLISH = (("name_en", "name_zh"), ("title_en", "title_zh"))


def load_policies(work: Work, city: ReadCity, rows: Understanding, there: City) -> list[SheetOutcome]:
    """Enter a new version of each program's policy that the sheets change; a sheet that is missing stays as it is."""
    sheets = {kind.name: rows.rows_of(kind) for kind in POLICY_KINDS if kind.name in city.rows}
    outcomes = {kind.name: _compared(kind, sheets[kind.name], there) for kind in POLICY_KINDS if kind.name in sheets}
    wanted = {kind.name: _wanted(kind, sheets, there) for kind in POLICY_KINDS}
    named = {row.values["program"] for of_sheet in sheets.values() for row in of_sheet}
    for program in [one.value for one in Program if one.value in named]:
        place = next((row for of in sheets.values() for row in of if row.values["program"] == program), None)
        assert place is not None
        new, old = _payload(program, wanted), _payload(program, there)
        if new is None:
            message = "The sheet of policies has no row for this program."
            rows.faults.append(Fault("no_policy", message, place.read.place("program")))
        elif new != old and work.actor.may(POLICIES.writes):
            rows.faults += _enter(work, new, place)
    if not work.actor.may(POLICIES.writes):
        for outcome in outcomes.values():
            outcome.left, outcome.right = len(outcome.new) + len(outcome.changed), POLICIES.writes
            outcome.new, outcome.changed, outcome.removed = [], [], 0
    return list(outcomes.values())


def _compared(kind: SheetKind, rows: list[UnderstoodRow], there: City) -> SheetOutcome:
    outcome, known = SheetOutcome(kind=kind.name, title=kind.title), by_key(kind, list(there[kind.name]))
    for row in rows:
        told = ToldRow(number=row.read.number, name=" / ".join(str(part) for part in row.key))
        if row.key not in known:
            outcome.new.append(told)
        elif _complete(kind, row.values) == known[row.key]:
            outcome.unchanged += 1
        else:
            outcome.changed.append(told)
    programs = {row.values["program"] for row in rows}
    gone = [key for key in known.keys() - {row.key for row in rows} if key[0] in programs]
    outcome.removed, outcome.not_named = len(gone), len(known.keys() - {row.key for row in rows}) - len(gone)
    return outcome


def _complete(kind: SheetKind, values: CityRow) -> CityRow:
    whole = {column.field: values.get(column.field, _DEFAULTS.get(column.field)) for column in kind.columns}
    for english, chinese in _ENGLISH:
        if english in whole:
            whole[english] = whole[english] or whole[chinese]
    return whole


def _wanted(kind: SheetKind, sheets: dict[str, list[UnderstoodRow]], there: City) -> list[CityRow]:
    """The rows as they shall be: those of the sheet, and those of programs that it does not name."""
    given = [_complete(kind, row.values) for row in sheets.get(kind.name, ())]
    programs = {row["program"] for row in given}
    return given + [row for row in there[kind.name] if row["program"] not in programs]


def _payload(program: str, city: City) -> dict[str, Any] | None:
    """The policy of a program put together from its sheets; None where it has no row in the sheet of policies."""
    head = next((row for row in city[POLICIES.name] if row["program"] == program), None)
    if head is None:
        return None
    bands: dict[int, dict[str, Any]] = {}
    rows = sorted(_of(program, city, POLICY_BANDS), key=lambda row: (row["position"], row["tier"]))
    for row in rows:
        names = {"name_zh": row["name_zh"], "name_en": row["name_en"], "caps": []}
        band = bands.setdefault(row["position"], names)
        band["caps"].append({"tier": row["tier"], "cap_permille": row["cap_permille"]})
    tiers = sorted(_of(program, city, POLICY_TIERS), key=lambda row: (row["tier"], row["facility_type"]))
    reserves = sorted(_of(program, city, POLICY_RESERVES), key=lambda row: str(row["item"]))
    return head | {
        "bands": list(bands.values()),
        "tiers": [{"facility_type": row["facility_type"], "tier": row["tier"]} for row in tiers],
        "reserves": [{"item": row["item"], "quantity": row["quantity"]} for row in reserves],
    }


def _of(program: str, city: City, kind: SheetKind) -> list[CityRow]:
    return [row for row in city[kind.name] if row["program"] == program]


def _enter(work: Work, new: dict[str, Any], place: UnderstoodRow) -> list[Fault]:
    try:
        create_policy(work, NewPolicy.model_validate(new))
    except ValidationError as error:
        return [fault.at(place.read.place()) for fault in map(shape_fault, error.errors(include_url=False))]
    except ServiceError as refusal:
        return [fault.at(place.read.place()) for fault in refusal.faults]
    return []
